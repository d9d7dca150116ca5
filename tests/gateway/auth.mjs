// Logins and tokens. Tokens are derived from the seed and a counter, so a run can be repeated exactly.
import { hash } from './data/random.mjs';
import { fakeSecret } from './data/secrets.mjs';
import { refusedLogin } from './errors.mjs';

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The token store of one server. `now()` is in milliseconds; `profile()` the switches of the moment. */
export function tokens(profile, now) {
  const access = new Map(); // token → { issued, expires, calls }
  const refresh = new Set();
  let serial = 0;

  function issue(kind) {
    serial += 1;
    const id = `${kind}-${hash(profile().seed, serial, 901).toString(16).padStart(8, '0')}-${serial}-`;
    if (profile().token === 'opaque' || kind === 'refresh') return fakeSecret(id);
    const claims = {
      sub: profile().username,
      scope: ['read'],
      jti: id,
      exp: Math.floor(now() / 1000) + (profile().expiresIn ?? 86_400),
    };
    return `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}.${fakeSecret(`sig${id}`)}`;
  }

  const secondsLeft = (entry) => (entry.expires === null ? undefined : Math.ceil((entry.expires - now()) / 1000));
  const valid = (entry) => entry !== undefined && (entry.expires === null || now() < entry.expires);

  function grant() {
    const { expiresIn, refreshToken, reuseToken } = profile();
    let pair = reuseToken ? [...access].find(([, entry]) => valid(entry)) : undefined;
    if (!pair) {
      const entry = { issued: now(), expires: expiresIn === null ? null : now() + expiresIn * 1000, calls: 0 };
      pair = [issue('access'), entry];
      access.set(...pair);
    }
    const [token, entry] = pair;
    const body = { access_token: token, token_type: 'bearer', expires_in: secondsLeft(entry), scope: 'read' };
    if (refreshToken) {
      body.refresh_token = issue('refresh');
      refresh.add(body.refresh_token);
    }
    return body;
  }

  return {
    grant,
    /** Uses up a refresh token; false if it is none of ours. */
    redeem: (token) => refresh.delete(token),
    /** The entry of a valid token, or undefined. */
    find: (token) => (valid(access.get(token)) ? access.get(token) : undefined),
    revoke: (token) => access.delete(token),
  };
}

/** The token of an `Authorization: Bearer` header, or undefined. */
export const bearer = (headers) => /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];

/** Where each kind of login lives. */
export const LOGIN_PATHS = {
  login: '/backend/login',
  'oauth-token': '/backend/oauth/token',
  'v2-header': '/backend/login',
};

/** Is this the path where the profile's kind of login lives? */
export const isLogin = (profile, path) => path === LOGIN_PATHS[profile.auth];

const mediaType = (headers) => (headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();

/**
 * Answers a login: `{ status, headers, body }` plus `outcome` (`login`, `refresh` or `refused`) for the counts.
 * `text` is the request's body, `deny` forces the answer to a wrong password.
 */
export function login(profile, store, { path, headers, text, deny }) {
  const refuse = (code) => ({ ...refusedLogin(profile, path, code), outcome: 'refused' });
  return profile.auth === 'v2-header'
    ? jsonLogin(profile, store, { headers, text, deny, refuse })
    : formLogin(profile, store, { headers, text, deny, refuse });
}

const unsupported = { status: 415, headers: {}, body: '', outcome: 'refused' };

function jsonLogin(profile, store, { headers, text, deny, refuse }) {
  if (mediaType(headers) !== 'application/json') return unsupported;
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    return {
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: '{"message":"Bad Request"}',
      outcome: 'refused',
    };
  }
  if (deny || given?.username !== profile.username || given?.password !== profile.password)
    return refuse('invalid_grant');
  return {
    status: 200,
    headers: { authorization: `Bearer ${store.grant().access_token}` },
    body: '',
    outcome: 'login',
  };
}

function formLogin(profile, store, { headers, text, deny, refuse }) {
  if (mediaType(headers) !== 'application/x-www-form-urlencoded') return unsupported;
  const pair = Buffer.from(/^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '', 'base64').toString();
  if (pair !== `${profile.clientId}:${profile.clientSecret}`) return refuse('invalid_client');
  const form = new URLSearchParams(text);
  const granted = (outcome) => ({
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8', 'cache-control': 'no-store' },
    body: JSON.stringify(store.grant()),
    outcome,
  });
  switch (form.get('grant_type')) {
    case 'password': {
      const right = form.get('username') === profile.username && form.get('password') === profile.password;
      return right && !deny ? granted('login') : refuse('invalid_grant');
    }
    case 'refresh_token':
      return profile.refreshToken && !deny && store.redeem(form.get('refresh_token'))
        ? granted('refresh')
        : refuse('invalid_grant');
    default:
      return refuse('unsupported_grant_type');
  }
}
