// One Worker in workerd over any number of emulated gateways, each a dataset of its own.
import assert from 'node:assert/strict';
import { SECRET_MARKER, startGateway } from '../gateway/server.mjs';
import { emulated, startLocal } from '../../tools/lib/local.mjs';

export const TOKEN = 'the-token-of-the-end-to-end-tests';
/** Patient enough for a busy machine. */
const LIMITS = '[limits]\ntimeout_seconds = 10\ndeadline_seconds = 60\nretries = 1\n';

/**
 * `gateways`: dataset → switches of the emulated gateway; a switch `toml` holds lines for its section of gatelake.toml,
 * `section(gateway)` makes another one. `close` also looks for secrets in everything that the Worker said and stored.
 */
export async function world(gateways, { limits = LIMITS, token = TOKEN } = {}) {
  const running = {};
  // A gateway that goes on listening would keep a test that could not begin from ending.
  const closeGateways = () => Promise.all(Object.values(running).map((gateway) => gateway.close()));
  const local = await begin(gateways, running, { limits, token }).catch(async (error) => {
    await closeGateways();
    throw error;
  });
  const said = [];

  /** Status, headers and body (parsed where it is JSON) of a call to the API. */
  async function call(path, { headers, ...options } = {}) {
    const response = await local.fetch(path, { ...options, headers: { authorization: `Bearer ${token}`, ...headers } });
    const bytes = Buffer.from(await response.arrayBuffer());
    said.push(bytes.toString('latin1'));
    const json = bytes.length && response.headers.get('content-type') === 'application/json' ? JSON.parse(bytes.toString()) : undefined;
    return { status: response.status, headers: response.headers, bytes, json };
  }

  return {
    gateways: running,
    local,
    call,
    /** A run of one dataset: the API's status and the run's record. */
    async run(dataset, scheduledTime) {
      const body = scheduledTime === undefined ? undefined : JSON.stringify({ scheduled_time: scheduledTime });
      const { status, json } = await call(`/api/runs?dataset=${dataset}`, { method: 'POST', body });
      assert.ok(json.runs, JSON.stringify(json));
      return { status, record: json.runs[0] };
    },
    /** Rows of a table as readers see them now, all of them. */
    async rows(dataset, table) {
      const { json, status } = await call(`/api/tables/${table}?dataset=${dataset}&limit=10000`);
      assert.equal(status, 200, JSON.stringify(json));
      return json.rows;
    },
    async current(dataset) {
      return (await call(`/api/snapshots/current?dataset=${dataset}`)).json;
    },
    async keys() {
      return (await (await local.bucket()).list()).objects.map(({ key }) => key);
    },
    async close() {
      const bucket = await local.bucket();
      const { objects } = await bucket.list();
      for (const { key } of objects) said.push(Buffer.from(await (await bucket.get(key)).arrayBuffer()).toString('latin1'));
      said.push(...local.logs);
      await local.close();
      await closeGateways();
      assert.ok(said.length > 0);
      for (const text of said) assert.equal(text.indexOf(SECRET_MARKER), -1, text.slice(Math.max(text.indexOf(SECRET_MARKER) - 200, 0)).slice(0, 300));
    },
  };
}

/** The Worker over gateways that `running` is told of as they start. */
async function begin(gateways, running, { limits, token }) {
  let toml = limits;
  const secrets = {};
  for (const [dataset, { toml: lines = '', section, ...switches }] of Object.entries(gateways)) {
    const gateway = (running[dataset] = await startGateway({ users: 40, ...switches }));
    const made = section ? section(gateway) : emulated(gateway, dataset);
    toml += `${made.toml}${lines}\n`;
    Object.assign(secrets, made.secrets);
  }
  return startLocal({ toml, secrets, token });
}
