// The emulated gateway as a server: state, sockets, and what a test or the command line holds of it.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tokens } from './auth.mjs';
import { controlRoute, CONTROL_PATH } from './control.mjs';
import { world as makeWorld } from './data/index.mjs';
import { SECRET_MARKER } from './data/secrets.mjs';
import { deliver } from './deliver.mjs';
import { faultList } from './faults.mjs';
import { journal } from './journal.mjs';
import { parseSwitches, resolve } from './profile.mjs';
import { responder } from './respond.mjs';
import { guarded, listen } from './sockets.mjs';
import { selfSigned } from './tls.mjs';

export { SECRET_MARKER };

const CORS = {
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-expose-headers': 'authorization, retry-after, x-total-count',
};

/**
 * Starts a gateway with any of the switches (see profile.mjs) and `faults: [...]` (see fault-kinds.mjs). It offers:
 * - `url`, `credentials` (`username`, `password`, `clientId`, `clientSecret`), `certificate` (PEM, if tls), `profile`;
 * - `requests`, the latest 10,000: `{ method, path, query, authorized, status, fault, origin }`, never a secret;
 * - `counts`: logins, refreshes, refusedLogins, data, unauthorized, faults, decoy;
 * - `decoyUrl`: the other origin to which `redirect-origin` leads; its visitors are `requests` with `origin: 'decoy'`;
 * - `set({ ...switches, faults, fault })` and `fault({ kind, on, times, after, … })` at run time; `close()`.
 *
 * Throws a SwitchError for an unknown switch, value or fault, and the system's error for a port that is taken.
 */
export async function startGateway({ faults: armed = [], ...switches } = {}) {
  let given = parseSwitches(switches);
  let profile = resolve(given);
  let world = makeWorld(profile);
  let serial = 0;
  const faults = faultList();
  faults.change({ faults: armed });
  const log = journal();
  const store = tokens(() => profile, Date.now);
  const respond = responder({ store, faults, log });

  function set({ faults: list, fault, ...change }) {
    const next = { ...given, ...parseSwitches(change, { running: true }) };
    const resolved = resolve(next);
    faults.change({ faults: list, fault });
    [given, profile, world] = [next, resolved, makeWorld(resolved)];
  }

  const control = controlRoute({ set, faults, log, profile: () => profile });

  async function atDecoy(req, res) {
    const [path, search] = req.url.split('?');
    log.note(req, path, new URLSearchParams(search), 'decoy').status = 200;
    log.counts.decoy += 1;
    await deliver(res, { status: 200, headers: { 'content-type': 'application/json' }, body: '[]' });
  }

  async function atGateway(req, res) {
    const [path, search] = req.url.split('?');
    if (path === CONTROL_PATH) return deliver(res, await control(req));
    const query = new URLSearchParams(search);
    const entry = log.note(req, path, query, 'gateway');
    serial += 1;
    res.setHeader('server', 'nginx');
    const allowed = profile.cors === '*' ? '*' : req.headers.origin === profile.cors ? profile.cors : undefined;
    if (allowed) res.setHeaders(new Map(Object.entries({ ...CORS, 'access-control-allow-origin': allowed, vary: 'origin' })));
    const context = { allowed, req, path, query, profile, world, entry, now: Date.now(), decoy: decoy.url, serial };
    const { wire, shape, ...answer } = await respond(context);
    if (wire) return wire(res);
    entry.status = answer.status;
    return deliver(res, answer, shape);
  }

  const { host, port, tls } = profile;
  const keys = tls ? selfSigned(host) : undefined;
  const server = tls ? createTlsServer(keys, guarded(atGateway)) : createServer(guarded(atGateway));
  const decoy = await listen(createServer(guarded(atDecoy)), 'http', host, 0);
  const main = await listen(server, tls ? 'https' : 'http', host, port).catch(async (error) => {
    await decoy.close();
    throw error;
  });

  return {
    url: main.url,
    decoyUrl: decoy.url,
    certificate: keys?.cert,
    get profile() {
      return { ...profile };
    },
    get credentials() {
      const { username, password, clientId, clientSecret } = profile;
      return { username, password, clientId, clientSecret };
    },
    requests: log.requests,
    counts: log.counts,
    set,
    fault: (fault) => set({ fault }),
    close: async () => {
      await Promise.all([main.close(), decoy.close()]);
    },
  };
}
