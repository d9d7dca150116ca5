// The Worker in workerd with a local R2, pointed at an emulated gateway.
import { createTestHarness } from 'wrangler';
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
 * Starts it with the text of a gatelake.toml, secrets (binding → value) and the API's token. The bucket is empty and goes with it.
 * `api(path, options)` answers parsed JSON, and throws what the API says is wrong.
 */
export async function startLocal({ toml, secrets = {}, token }) {
  // workerd asks for the place that requests come from; there is nobody to tell it.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
  process.env.WRANGLER_SEND_METRICS ??= 'false';
  const server = createTestHarness({
    root: ROOT,
    workers: [{ configPath: './wrangler.toml', vars: { GATELAKE_CONFIG: toml }, secrets: { ...secrets, GATELAKE_TOKEN: token } }],
  });
  const { url } = await server.listen();
  const api = async (path, options = {}) => {
    const response = await server.fetch(path, { ...options, headers: { authorization: `Bearer ${token}` } });
    const answer = await response.json();
    if (answer.error) throw new Error(`${path}: ${answer.error.message}. ${answer.error.help ?? ''}`);
    return answer;
  };
  return { server, url, api, worker: server.getWorker(), close: () => server.close() };
}
