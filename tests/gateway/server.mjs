// The emulated gateway as a server: one request from the socket to the answer.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { bearer, isLogin, login, tokens } from './auth.mjs';
import { controlRoute, CONTROL_PATH } from './control.mjs';
import { world as makeWorld } from './data/index.mjs';
import { SECRET_MARKER } from './data/secrets.mjs';
import { deliver, settle } from './deliver.mjs';
import { listAnswer } from './envelope.mjs';
import { accessDenied, failure, unauthorized } from './errors.mjs';
import { faultList, LOGIN_PAGE, WEB_UI } from './faults.mjs';
import { journal } from './journal.mjs';
import { parseSwitches, resolve } from './profile.mjs';
import { read } from './routes.mjs';
import { guarded, listen, readText } from './sockets.mjs';
import { selfSigned } from './tls.mjs';

export { SECRET_MARKER };

const JSON_TYPE = { 'content-type': 'application/json' };
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-expose-headers': 'authorization, retry-after, x-total-count',
};

/**
 * Starts a gateway with any of the switches (see profile.mjs) and `faults: [...]` (see faults.mjs).
 * The answer: `url`, `decoyUrl` (where redirect-origin leads), `credentials`, `certificate` (PEM, with tls), `profile`,
 * `requests`, `counts`, `set({ ...switches, faults, fault })`, `fault({ kind, on, times, … })`, `close()`.
 * Throws a SwitchError for an unknown switch, value or fault.
 */
export async function startGateway({ faults: armed = [], ...switches } = {}) {
  let given = parseSwitches(switches);
  let profile = resolve(given);
  let world = makeWorld(profile);
  let serial = 0;
  const faults = faultList();
  faults.change({ faults: armed });
  const store = tokens(() => profile, Date.now);
  const log = journal();

  function set({ faults: list, fault, ...change }) {
    const next = { ...given, ...parseSwitches(change, { running: true }) };
    const resolved = resolve(next);
    faults.change({ faults: list, fault });
    [given, profile, world] = [next, resolved, makeWorld(resolved)];
  }

  async function decoy(req, res) {
    const [path, search] = req.url.split('?');
    const entry = log.note(req, path, new URLSearchParams(search), 'decoy');
    log.counts.decoy += 1;
    entry.status = 200;
    await deliver(res, { status: 200, headers: JSON_TYPE, body: '[]' });
  }

  async function gateway(req, res) {
    const [path, search] = req.url.split('?');
    if (path === CONTROL_PATH) return deliver(res, await control(req));
    const query = new URLSearchParams(search);
    const entry = log.note(req, path, query, 'gateway');
    const context = { req, path, query, profile, world, entry, now: Date.now(), decoy: decoyListener.url, serial: (serial += 1) };
    res.setHeader('server', 'nginx');
    if (profile.cors) for (const [name, value] of Object.entries(CORS)) res.setHeader(name, value);
    const { wire, shape, ...answer } = await respond(context);
    if (wire) return wire(res);
    entry.status = answer.status;
    return deliver(res, answer, shape);
  }

  function strike(phase, { path, entry }, when) {
    const fault = faults.take(phase, path, when);
    if (fault) {
      entry.fault = fault.kind;
      log.counts.faults += 1;
    }
    return fault;
  }

  async function respond(context) {
    const { req, path } = context;
    if (req.method === 'OPTIONS') return { status: profile.cors ? 204 : 403, headers: {}, body: '' };
    if (!path.startsWith('/backend/')) return path === '/login' ? LOGIN_PAGE : WEB_UI;
    const edge = strike('edge', context);
    if (edge) return edge.spec.wire ? { wire: edge.spec.wire } : edge.spec.answer(context, edge.options);
    const answer = path === '/backend/login' || path === '/backend/oauth/token' ? await logIn(context) : data(context);
    if (answer.status !== 200) return answer;
    const fault = strike('body', context);
    return settle(answer, fault ? fault.spec.spoil(fault.options) : {});
  }

  async function logIn(context) {
    const { req, path } = context;
    if (!isLogin(profile, path)) return failure(profile, 404, path);
    if (req.method !== 'POST') return failure(profile, 405, path, { allow: 'POST' });
    const text = await readText(req);
    const deny = strike('login', context) !== undefined;
    const { outcome, ...answer } = login(profile, store, { path, headers: req.headers, text, deny });
    log.counts[{ login: 'logins', refresh: 'refreshes', refused: 'refusedLogins' }[outcome]] += 1;
    return answer;
  }

  function data(context) {
    const { req, path, query } = context;
    const token = bearer(req.headers);
    const entry = token === undefined ? undefined : store.find(token);
    if (entry) entry.calls += 1;
    const ended = ({ after, afterSeconds }) =>
      afterSeconds === undefined ? entry.calls > after : context.now - entry.issued >= afterSeconds * 1000;
    if (entry && strike('token', context, ended)) store.revoke(token);
    else if (entry) return resource(context, path, query);
    log.counts.unauthorized += 1;
    return unauthorized(profile, path, token);
  }

  function resource(context, path, query) {
    if (context.req.method !== 'GET') return failure(profile, 405, path, { allow: 'GET' });
    if (strike('denied', context)) return accessDenied(profile, path);
    const found = read(profile.api, path, world, query);
    if (!found) return failure(profile, 404, path);
    log.counts.data += 1;
    const list = found.list && listAnswer(found.list, profile, query, context.serial);
    return { status: 200, ...found, ...list, headers: { ...JSON_TYPE, ...list?.headers } };
  }

  const control = controlRoute({ set, faults, log, profile: () => profile });
  const certificate = profile.tls ? selfSigned(profile.host) : undefined;
  const decoyListener = await listen(createServer(guarded(decoy)), 'http', profile.host, 0);
  const main = profile.tls ? createTlsServer(certificate, guarded(gateway)) : createServer(guarded(gateway));
  const listener = await listen(main, profile.tls ? 'https' : 'http', profile.host, profile.port);

  return {
    url: listener.url,
    decoyUrl: decoyListener.url,
    certificate: certificate?.cert,
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
      await Promise.all([listener.close(), decoyListener.close()]);
    },
  };
}
