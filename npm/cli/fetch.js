// `fetch` over Node's own HTTP, for servers whose certificate no public authority has signed. Certificates are checked in every case:
// against the known authorities, against more of them, or against the fingerprint of the very certificate.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import * as tls from 'node:tls';
import { createGunzip } from 'node:zlib';
import { EXIT, Failure, usage } from './failure.js';

/**
 * @typedef {object} Trust
 * @property {string[]} authorities certificates in PEM, beside those that Node knows
 * @property {string[]} pins SHA-256 of certificates in hex, one of which the server must have
 */

/** The options of commands that connect to a gateway. @type {Record<string, import('./arguments.js').Option>} */
export const TRUST_OPTIONS = {
  cacert: { value: 'FILE', multiple: true, help: 'trust this certificate, or authority, in PEM, beside those that Node knows; names are still checked' },
  'pin-sha256': { value: 'HEX', multiple: true, help: "trust exactly the certificate with this SHA-256 fingerprint, whatever its name; several may be given" },
};

/**
 * @param {Record<string, any>} values of the command line
 * @returns {Promise<Trust>}
 */
export async function trust({ cacert = [], 'pin-sha256': pins = [] }) {
  const authorities = await Promise.all(
    cacert.map(async (/** @type {string} */ path) => {
      const pem = await readFile(path, 'utf8').catch((error) => {
        throw new Failure('bad_usage', `--cacert: ${error.message}`, { exit: EXIT.USAGE });
      });
      if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw usage(`--cacert: ${path} holds no certificate in PEM`, 'openssl x509 -inform DER -in FILE turns one in DER into PEM');
      return pem;
    }),
  );
  return { authorities, pins: pins.map(pin) };
}

/** @param {string} given */
function pin(given) {
  const digits = given.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw usage('--pin-sha256 takes the 64 hex digits of a certificate’s SHA-256, with or without colons', 'openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE shows them');
}

/**
 * A `fetch` that follows no redirect. `close` ends what is left of its connections.
 * @param {Trust} trust
 * @returns {typeof globalThis.fetch & { close(): void }}
 */
export function nodeFetch(trust) {
  const http = new HttpAgent({ keepAlive: true });
  const https = secureAgent(trust);
  /** @param {string | URL | Request} input @param {RequestInit} [init] */
  async function fetch(input, init) {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const secure = url.protocol === 'https:';
    const body = request.body ? Buffer.from(await request.arrayBuffer()) : undefined;
    const headers = { ...Object.fromEntries(request.headers), 'accept-encoding': 'gzip', ...(body && { 'content-length': String(body.length) }) };
    request.signal.throwIfAborted();
    return new Promise((/** @type {(response: Response) => void} */ resolve, reject) => {
      const send = secure ? httpsRequest : httpRequest;
      const outgoing = send(url, { method: request.method, headers, agent: secure ? https : http, signal: request.signal });
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => resolve(response(incoming)));
      outgoing.end(body);
    });
  }
  return Object.assign(fetch, {
    close() {
      http.destroy();
      https.destroy();
    },
  });
}

/** @param {import('node:http').IncomingMessage} incoming */
function response(incoming) {
  const status = incoming.statusCode ?? 0;
  const headers = new Headers();
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '');
  if (status === 204 || status === 205 || status === 304) {
    incoming.resume();
    return new Response(null, { status, headers });
  }
  /** @type {Readable} */
  let body = incoming;
  if (headers.get('content-encoding') === 'gzip') {
    headers.delete('content-encoding');
    headers.delete('content-length');
    const unpacked = createGunzip();
    incoming.on('error', (error) => unpacked.destroy(error));
    unpacked.on('close', () => incoming.destroy());
    body = incoming.pipe(unpacked);
  }
  return new Response(/** @type {ReadableStream} */ (Readable.toWeb(body)), { status, headers });
}

/**
 * What connections are made with.
 * @param {string[]} authorities
 */
function context(authorities) {
  // A list of authorities takes the place of Node's own, which therefore stand in it.
  return tls.createSecureContext({ ca: authorities.length ? [...tls.rootCertificates, ...authorities] : undefined });
}

/** @param {Trust} trust */
function secureAgent({ authorities, pins }) {
  // Said outright, so that no variable of the environment can switch it off. A pin alone stands in for the authorities.
  const rejectUnauthorized = pins.length === 0 || authorities.length > 0;
  const agent = new HttpsAgent({ keepAlive: true, secureContext: context(authorities), rejectUnauthorized });
  if (pins.length === 0) return agent;
  /** Hands the connection over when the certificate has been looked at: nothing is sent before. */
  const connect = (/** @type {tls.ConnectionOptions} */ options, /** @type {(error: Error | null, socket?: tls.TLSSocket) => void} */ done) => {
    const socket = tls.connect(options);
    socket.once('error', done);
    socket.once('secureConnect', () => {
      socket.off('error', done);
      const shown = fingerprint(socket);
      if (pins.includes(shown)) return done(null, socket);
      socket.destroy();
      done(new Error(`the certificate is none of those that are pinned: its SHA-256 is ${colons(shown)}`));
    });
  };
  return Object.assign(agent, { createConnection: connect });
}

/**
 * Shakes hands and goes: what certificate is shown there, and what speaks against it under that trust (nothing: `undefined`).
 * @param {URL} url
 * @param {Trust} trust
 * @param {AbortSignal} signal
 * @returns {Promise<{ fingerprint: string, until: Date, problem: string | undefined }>}
 */
export function handshake(url, { authorities, pins }, signal) {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const servername = isIP(host) ? '' : host;
  const socket = tls.connect({ host, port: Number(url.port || 443), servername, secureContext: context(authorities), rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    const stop = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', stop);
      const shown = fingerprint(socket);
      const until = new Date(socket.getPeerCertificate().valid_to);
      // Node hands out a code, or an error whose message is for people.
      const refused = socket.authorized ? undefined : String(socket.authorizationError);
      const other = pins.length && !pins.includes(shown) ? 'it is none of those that are pinned' : undefined;
      socket.destroy();
      resolve({ fingerprint: shown, until, problem: other ?? (pins.length && !authorities.length ? undefined : refused) });
    });
  });
}

/** SHA-256, in hex, of the certificate that the other side has shown. @param {tls.TLSSocket} socket */
function fingerprint(socket) {
  return createHash('sha256').update(socket.getPeerCertificate().raw).digest('hex');
}

/** A fingerprint as certificate tools show it. @param {string} digits */
export const colons = (digits) => (digits.match(/../g) ?? []).join(':').toUpperCase();
