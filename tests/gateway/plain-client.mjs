// The least a client can be, for the tests of the gateway itself: no retries, no redirects, no cleverness.
import http from 'node:http';

/** Asks for a token the way the profile wants it; the raw `Response`. */
export function askForToken(gateway, { fields = {}, client, path } = {}) {
  const { username, password, clientId, clientSecret } = gateway.credentials;
  const { auth } = gateway.profile;
  const url = `${gateway.url}${path ?? (auth === 'oauth-token' ? '/backend/oauth/token' : '/backend/login')}`;
  if (auth === 'v2-header') {
    const body = JSON.stringify({ username, password, ...fields });
    return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }
  const basic = Buffer.from(client ?? `${clientId}:${clientSecret}`).toString('base64');
  const body = new URLSearchParams({ grant_type: 'password', username, password, ...fields });
  return fetch(url, { method: 'POST', headers: { authorization: `Basic ${basic}` }, body });
}

/** A token; throws when the login is refused. */
export async function logIn(gateway) {
  const response = await askForToken(gateway);
  if (!response.ok) throw new Error(`login: ${response.status}`);
  return gateway.profile.auth === 'v2-header'
    ? response.headers.get('authorization').replace(/^Bearer /, '')
    : (await response.json()).access_token;
}

/** One GET with a token (a new one when none is given); redirects are shown, not followed. */
export async function get(gateway, path, { token, ...options } = {}) {
  const authorization = `Bearer ${token ?? (await logIn(gateway))}`;
  return fetch(`${gateway.url}${path}`, { redirect: 'manual', ...options, headers: { authorization } });
}

export const getJson = async (gateway, path, options) => (await get(gateway, path, options)).json();

/**
 * A GET by hand that keeps what came before a failure: `{ status, headers, bytes, error }`.
 * `idle` ends the wait after so many milliseconds without news, with the error code `IDLE`.
 */
export async function getRaw(gateway, path, { token, idle = 10_000, onData = () => {} } = {}) {
  const authorization = `Bearer ${token ?? (await logIn(gateway))}`;
  return new Promise((done) => {
    let bytes = 0;
    let response;
    const end = (error) => done({ status: response?.statusCode, headers: response?.headers, bytes, error });
    const request = http.get(`${gateway.url}${path}`, { headers: { authorization }, agent: false }, (res) => {
      response = res;
      res.on('data', (chunk) => {
        bytes += chunk.length;
        onData(chunk);
      });
      res.on('end', () => end());
      res.on('error', (error) => end(error.code));
    });
    request.setTimeout(idle, () => {
      end('IDLE');
      request.destroy();
    });
    request.on('error', (error) => end(error.code));
  });
}
