// One request to an S3-compatible server: its address, its signature, and what its refusals mean.
import { StoreError } from './error.js';
import { dialect, hex } from './s3-dialect.js';
import { text } from './s3-xml.js';

/** Milliseconds until an answer has come in whole. */
const TIMEOUT = 120_000;
/** Codes and statuses after which the same request may go well. A conditional put that ran into another one is among them. */
const PASSING = new Set(['ConditionalRequestConflict', 'OperationAborted', 'RequestTimeout', 'SlowDown', 'ServiceUnavailable', 'InternalError', 'TooManyRequests']);

/**
 * @typedef {object} Place
 * @property {string} bucket
 * @property {string} [prefix] what every key in the bucket begins with, `team/lakes`, say; none if it is left out
 * @property {string} [endpoint] of a server that is not AWS: `https://ACCOUNT.r2.cloudflarestorage.com`, `http://127.0.0.1:9000`
 * @property {string} [region] `us-east-1`, or `auto` with an endpoint, if it is left out
 * @property {'path' | 'virtual'} [style] where the bucket stands: in the path (the default with an endpoint) or in the host name
 *
 * @typedef {object} Credentials
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 * @property {string} [sessionToken] of keys that somebody lent
 *
 * @typedef {object} Sending
 * @property {string} [key]
 * @property {Record<string, string>} [query]
 * @property {Record<string, string>} [headers]
 * @property {Uint8Array} [body]
 *
 * @typedef {{ status: number, headers: Headers, bytes: Uint8Array }} Answer
 */

/** Sends signed requests to one bucket. */
export class Wire {
  #credentials;
  #base;
  #region;
  #fetch;
  #signal;
  /** Signing keys, which hold for a day. @type {Map<string, ArrayBuffer>} */
  #keys = new Map();

  /** @param {Place & { credentials: Credentials, fetch?: typeof globalThis.fetch, signal?: AbortSignal }} options */
  constructor({ bucket, endpoint, region, style, credentials, fetch = globalThis.fetch, signal }) {
    if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i.test(bucket)) throw new StoreError('bad_bucket', 'that is no name of a bucket', { at: JSON.stringify(bucket) });
    this.#credentials = credentials;
    this.#fetch = fetch;
    this.#signal = signal;
    this.#region = region ?? (endpoint ? 'auto' : 'us-east-1');
    this.#base = base(bucket, endpoint ?? `https://s3.${this.#region}.amazonaws.com`, style ?? (endpoint ? 'path' : 'virtual'));
    this.dialect = dialect(this.#base);
  }

  /**
   * The answer of a status that is among `expected`, or a 2xx; anything else is thrown.
   * @param {string} method
   * @param {Sending} sending
   * @param {number[]} [expected]
   * @returns {Promise<Answer>}
   */
  async send(method, { key = '', query = {}, headers = {}, body }, expected = []) {
    const url = new URL(this.#base);
    if (key.split('/').some((part) => part === '.' || part === '..')) throw new StoreError('unsafe_key', 'the key cannot be part of a URL', { at: JSON.stringify(key) });
    url.pathname += key.split('/').map(encodeURIComponent).join('/');
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const sha256 = hex(await crypto.subtle.digest('SHA-256', /** @type {Uint8Array<ArrayBuffer>} */ (body ?? new Uint8Array())));
    const signer = new this.dialect.Signer({
      ...this.#credentials,
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': sha256 },
      service: 's3',
      region: this.#region,
      cache: this.#keys,
    });
    const signed = await signer.sign();
    const answer = await this.#ask(signed.url, { method, headers: signed.headers, ...(body && { body: /** @type {Uint8Array<ArrayBuffer>} */ (body) }) }, key);
    if ((answer.status >= 200 && answer.status < 300) || expected.includes(answer.status)) return answer;
    throw refusal(answer, this.#base.host, key);
  }

  /** @param {URL} url @param {RequestInit} init @param {string} key @returns {Promise<Answer>} */
  async #ask(url, init, key) {
    const signals = [AbortSignal.timeout(TIMEOUT), ...(this.#signal ? [this.#signal] : [])];
    try {
      const response = await this.#fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.any(signals) });
      return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw new StoreError('store_unreachable', `no answer from ${url.host}: ${reason(error)}`, {
        at: key,
        help: 'Check the endpoint and the network',
        transient: true,
        cause: error,
      });
    }
  }
}

/** @param {string} bucket @param {string} endpoint @param {'path' | 'virtual'} style */
function base(bucket, endpoint, style) {
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new StoreError('bad_endpoint', 'the endpoint is no URL', { at: JSON.stringify(endpoint), help: 'It looks like https://ACCOUNT.r2.cloudflarestorage.com' });
  }
  const url = new URL(endpoint);
  url.pathname = url.pathname.replace(/\/*$/, '/');
  if (style === 'virtual') url.host = `${bucket}.${url.host}`;
  else url.pathname += `${bucket}/`;
  return url;
}

/** What fetch failed of, without its stack. @param {unknown} error */
function reason(error) {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** @param {Uint8Array} bytes */
export const decode = (bytes) => new TextDecoder().decode(bytes);

/**
 * The error of an answer that is none of those expected. Also of a 200 with an error inside, as the end of a multipart upload has it.
 * @param {Answer} answer
 * @param {string} host
 * @param {string} key
 */
export function refusal({ status, headers, bytes }, host, key) {
  const xml = decode(bytes.subarray(0, 64 << 10));
  const code = text(xml, 'Code') ?? '';
  // A conflict of two requests, whatever the server calls it.
  const transient = PASSING.has(code) || (status === 409 && code === '') || status === 408 || status === 429 || (status >= 500 && status !== 501);
  const [known, help] = MEANINGS[code] ?? MEANINGS[String(status)] ?? ['store_failed'];
  const says = [code, text(xml, 'Message')].filter(Boolean).join(': ');
  return new StoreError(transient ? 'store_failed' : known, `${host} refuses (${status}${says ? `, ${says}` : ''})`, {
    at: key,
    help: transient ? undefined : regional(headers) ?? help,
    transient,
  });
}

/** @param {Headers} headers */
function regional(headers) {
  const region = headers.get('x-amz-bucket-region');
  return headers.has('location') && region ? `The bucket is in the region ${region}: name that` : undefined;
}

const KEYS = 'Check the access key and its secret';
const REGION = 'Name the region that the bucket is in';

/** Of a code, or of a status: our code, and what to do. @type {Record<string, [string, string?]>} */
const MEANINGS = {
  NoSuchBucket: ['no_such_bucket', 'Create the bucket, or correct its name'],
  InvalidAccessKeyId: ['store_denied', KEYS],
  SignatureDoesNotMatch: ['store_denied', KEYS],
  RequestTimeTooSkewed: ['store_denied', "Set this machine's clock"],
  ExpiredToken: ['store_denied', 'The keys that were lent have expired: get new ones'],
  AuthorizationHeaderMalformed: ['store_denied', REGION],
  PermanentRedirect: ['store_denied', REGION],
  NotImplemented: ['store_unfit', 'This server cannot do what a lake needs; docs/cli.md lists those that can'],
  301: ['store_denied', REGION],
  307: ['store_denied', REGION],
  401: ['store_denied', KEYS],
  403: ['store_denied', 'Allow this key to read, list and write objects of the bucket'],
};
