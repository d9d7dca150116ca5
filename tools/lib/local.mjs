// The Worker in workerd with a local R2, pointed at an emulated gateway.
import { join } from 'node:path';
import { unstable_startWorker as startWorker } from 'wrangler';
import { ROOT } from './execute.mjs';

/** The configuration of one emulated gateway, and the secrets that it names. */
export function emulated(gateway, dataset = 'sftp') {
  const { username, password, clientId, clientSecret } = gateway.credentials;
  const name = dataset.toUpperCase();
  return {
    toml: `
[gateway.${dataset}]
base_url = "${gateway.url}"
username = "${username}"
password_secret = "${name}_PASSWORD"
client_id = "${clientId}"
client_secret_secret = "${name}_CLIENT_SECRET"
`,
    secrets: { [`${name}_PASSWORD`]: password, [`${name}_CLIENT_SECRET`]: clientSecret },
  };
}

/**
 * Starts it with the text of a gatelake.toml, secrets (binding → value) and the API's token (none: the API stays closed). The
 * bucket is empty and goes with it. `entry`: another one than the Worker's own. workerd reaches the gateway by itself: what happens on the wire is what it makes of it.
 */
export async function startLocal({ toml, secrets = {}, token, port = 0, entry }) {
  // workerd asks for the place that requests come from; there is nobody to tell it.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
  process.env.WRANGLER_SEND_METRICS ??= 'false';
  process.env.WRANGLER_LOG ??= 'error';
  const secret = { ...secrets, ...(token && { GATELAKE_TOKEN: token }) };
  const bindings = Object.fromEntries(Object.entries(secret).map(([name, value]) => [name, { type: 'secret_text', value }]));
  const logs = [];
  const worker = await startWorker({
    config: join(ROOT, 'wrangler.toml'),
    ...(entry && { entrypoint: entry }),
    // Whoever comes here has built it.
    build: { custom: { command: '' } },
    bindings: { ...bindings, GATELAKE_CONFIG: { type: 'plain_text', value: toml } },
    dev: {
      server: { hostname: '127.0.0.1', port },
      logLevel: 'none',
      watch: false,
      persist: false,
      inspector: false,
      structuredLogsHandler: (log) => logs.push(log.message),
    },
  });
  await worker.ready;
  const url = await worker.url;
  const fetch = (path, options = {}) => worker.fetch(new URL(path, url), options);
  return {
    url,
    /** What the Worker logged, line by line. */
    logs,
    fetch,
    /** Parsed JSON of the API; throws what the API says is wrong. */
    async api(path, options = {}) {
      const answer = await (await fetch(path, { ...options, headers: { authorization: `Bearer ${token}` } })).json();
      if (answer.error) throw new Error(`${path}: ${answer.error.message}. ${answer.error.help ?? ''}`);
      return answer;
    },
    /** Fires the cron for a time (milliseconds); `ok`, or how the run ended otherwise. */
    async cron(time) {
      const response = await fetch(`/cdn-cgi/local/scheduled?format=json&cron=${encodeURIComponent('0 * * * *')}&time=${time}`);
      return (await response.json()).outcome;
    },
    /** The local R2 bucket. */
    bucket: async () => (await worker.raw.runtimes[0].mf.getBindings()).LAKE,
    close: () => worker.dispose(),
  };
}
