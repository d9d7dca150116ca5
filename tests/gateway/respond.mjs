// One request to one answer: faults, login, token, resource, in the order in which a real gateway would meet them.
import { bearer, isLogin, login } from './auth.mjs';
import { settle } from './deliver.mjs';
import { listAnswer } from './envelope.mjs';
import { accessDenied, failure, unauthorized } from './errors.mjs';
import { LOGIN_PAGE, WEB_UI } from './pages.mjs';
import { read } from './routes.mjs';
import { readText } from './sockets.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const LOGINS = ['/backend/login', '/backend/oauth/token'];
const COUNTED = { login: 'logins', refresh: 'refreshes', refused: 'refusedLogins' };

/**
 * The handler over a token store, a list of armed faults and a journal. It takes a context (`req`, `path`, `query`,
 * `profile`, `world`, the journal's `entry`, `now` in ms, the `decoy` URL, the request's `serial` number) and answers
 * `{ status, headers, body | chunks, shape }`, or `{ wire }` when the connection itself is to suffer.
 */
export function responder({ store, faults, log }) {
  function strike(phase, { path, entry }, when) {
    const fault = faults.take(phase, path, when);
    if (fault) {
      entry.fault = fault.kind;
      log.counts.faults += 1;
    }
    return fault;
  }

  async function logIn(context) {
    const { req, path, profile } = context;
    if (!isLogin(profile, path)) return failure(profile, 404, path);
    if (req.method !== 'POST') return failure(profile, 405, path, { allow: 'POST' });
    const text = await readText(req);
    const deny = strike('login', context) !== undefined;
    const { outcome, ...answer } = login(profile, store, { path, headers: req.headers, text, deny });
    log.counts[COUNTED[outcome]] += 1;
    return answer;
  }

  function data(context) {
    const { req, path, profile, now } = context;
    const token = bearer(req.headers);
    const held = token === undefined ? undefined : store.find(token);
    if (held) held.calls += 1;
    const ended = ({ after, afterSeconds }) =>
      afterSeconds === undefined ? held.calls > after : now - held.issued >= afterSeconds * 1000;
    if (held && strike('token', context, ended)) store.revoke(token);
    else if (held) return resource(context);
    log.counts.unauthorized += 1;
    return unauthorized(profile, path, token);
  }

  function resource(context) {
    const { req, path, query, profile, world, serial } = context;
    if (req.method !== 'GET') return failure(profile, 405, path, { allow: 'GET' });
    if (strike('denied', context)) return accessDenied(profile, path);
    const found = read(profile.api, path, world, query);
    if (!found) return failure(profile, 404, path);
    log.counts.data += 1;
    const list = found.list && listAnswer(found.list, profile, query, serial);
    return { status: 200, ...found, ...list, headers: { ...JSON_TYPE, ...list?.headers } };
  }

  return async (context) => {
    const { req, path, profile } = context;
    if (req.method === 'OPTIONS') return { status: context.allowed ? 204 : 403, headers: {}, body: '' };
    if (!path.startsWith('/backend/')) return path === '/login' ? LOGIN_PAGE : WEB_UI;
    const edge = strike('edge', context);
    if (edge) return edge.spec.wire ? { wire: edge.spec.wire } : edge.spec.answer(context, edge.options);
    const answer = LOGINS.includes(path) ? await logIn(context) : data(context);
    if (answer.status !== 200) return answer;
    const fault = strike('body', context);
    return settle(answer, fault ? fault.spec.spoil(fault.options) : {});
  };
}
