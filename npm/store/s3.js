// An S3-compatible bucket as the lake's store: AWS S3, Cloudflare R2, Google Cloud Storage, MinIO and others that honour conditional puts.
// Runs wherever there are `fetch` and Web Crypto.
import { StoreError } from './error.js';
import { unquoted } from './s3-dialect.js';
import { decode, refusal, Wire } from './s3-wire.js';
import { elements, text } from './s3-xml.js';

/** Large objects are put in parts of so many bytes, some at a time. Servers want at least 5 MiB in a part. */
const PART = 16 << 20;
const AT_ONCE = 4;

/**
 * @typedef {import('./store.js').Store} Store
 * @typedef {import('./s3-wire.js').Place} Place
 * @typedef {import('./s3-wire.js').Credentials} Credentials
 */

/**
 * Opens a bucket; nothing is sent yet. `fetch`: another way to the server than the global one. `signal` ends what is under way.
 * @param {Place & { credentials: Credentials, fetch?: typeof globalThis.fetch, signal?: AbortSignal }} options
 * @returns {Store}
 */
export function s3Store(options) {
  return new S3Store(options);
}

/**
 * Credentials and place as the tools of AWS take them from the environment.
 * @param {Record<string, string | undefined>} env
 * @returns {{ credentials?: Credentials, endpoint?: string, region?: string }}
 */
export function s3Environment(env) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL;
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  return {
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }),
    ...(endpoint && { endpoint }),
    ...(region && { region }),
  };
}

/** @implements {Store} */
class S3Store {
  #wire;
  #host;
  #prefix;

  /** @param {Parameters<typeof s3Store>[0]} options */
  constructor(options) {
    this.#wire = new Wire(options);
    this.#host = options.endpoint ?? 'the server';
    this.#prefix = options.prefix ? `${options.prefix.replace(/\/+$/, '')}/` : '';
  }

  /** @param {string} key */
  async get(key) {
    const answer = await this.#found('GET', key);
    return answer && { bytes: answer.bytes, etag: this.#wire.dialect.version(answer.headers), meta: this.#metadata(answer.headers) };
  }

  /** @param {string} key */
  async head(key) {
    const answer = await this.#found('HEAD', key);
    return answer && { etag: this.#wire.dialect.version(answer.headers), size: Number(answer.headers.get('content-length')), meta: this.#metadata(answer.headers) };
  }

  /**
   * @param {string} key
   * @param {Uint8Array} bytes
   * @param {{ create?: true, match?: string, meta?: Record<string, string> }} [options]
   */
  async put(key, bytes, { create, match, meta = {} } = {}) {
    const { condition: conditional, meta: attribute, single } = this.#wire.dialect;
    const condition = conditional({ create, match });
    if (condition === null) return null;
    // As the Worker stores them: the pointer is asked for each time, all else never changes.
    const caching = key.split('/').at(-1) === 'current.json' ? 'no-store' : 'public, max-age=31536000, immutable';
    const headers = Object.fromEntries(Object.entries(meta).map(([name, value]) => [attribute + name, value]));
    const attached = { ...headers, 'cache-control': caching };
    if (bytes.length > single) return this.#putInParts(key, bytes, condition, attached);
    const answer = await this.#wire.send('PUT', { key: this.#prefix + key, body: bytes, headers: { ...attached, ...condition } }, [404, 412]);
    return this.#outcome(answer, key, match);
  }

  /**
   * @param {string} prefix
   * @param {{ cursor?: string, limit: number }} options
   */
  async list(prefix, { cursor, limit }) {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      'max-keys': String(limit),
      prefix: this.#prefix + prefix,
      ...(cursor !== undefined && { 'continuation-token': cursor }),
    };
    const xml = decode((await this.#wire.send('GET', { query })).bytes);
    const objects = elements(xml, 'Contents').map((one) => ({
      key: decodeURIComponent((text(one, 'Key') ?? '').replaceAll('+', ' ')).slice(this.#prefix.length),
      etag: this.#wire.dialect.listed(one),
      size: Number(text(one, 'Size')),
    }));
    const next = text(xml, 'IsTruncated') === 'true' ? text(xml, 'NextContinuationToken') : undefined;
    return { objects, ...(next !== undefined && { cursor: next }) };
  }

  /** One by one: not every server removes several at once. @param {string[]} keys */
  async delete(keys) {
    await some(keys, (key) => this.#wire.send('DELETE', { key: this.#prefix + key }, [404]));
  }

  /** @param {Headers} headers */
  #metadata(headers) {
    const { meta } = this.#wire.dialect;
    return Object.fromEntries([...headers].flatMap(([name, value]) => (name.startsWith(meta) ? [[name.slice(meta.length), value]] : [])));
  }

  /** @param {string} method @param {string} key */
  async #found(method, key) {
    const answer = await this.#wire.send(method, { key: this.#prefix + key }, [404]);
    if (answer.status !== 404) return answer;
    // A bucket that is not there is no object that is not there. The answer to HEAD has no body to tell them apart.
    if (text(decode(answer.bytes), 'Code') === 'NoSuchBucket') throw refusal(answer, this.#host, key);
    return null;
  }

  /**
   * @param {import('./s3-wire.js').Answer} answer
   * @param {string} key
   * @param {string} [match]
   */
  #outcome(answer, key, match) {
    if (answer.status === 412) return null;
    if (answer.status !== 404) return this.#wire.dialect.version(answer.headers);
    // Nothing is there that could be that version.
    if (match !== undefined && text(decode(answer.bytes), 'Code') !== 'NoSuchBucket') return null;
    throw refusal(answer, this.#host, key);
  }

  /**
   * The condition is met, or not, when the parts become an object.
   * @param {string} name
   * @param {Uint8Array} bytes
   * @param {Record<string, string>} condition
   * @param {Record<string, string>} attached
   */
  async #putInParts(name, bytes, condition, attached) {
    const key = this.#prefix + name;
    const begun = decode((await this.#wire.send('POST', { key, query: { uploads: '' }, headers: attached })).bytes);
    const uploadId = text(begun, 'UploadId');
    if (!uploadId) throw new StoreError('store_unfit', `${this.#host} begins no multipart upload`, { at: name });
    try {
      const numbers = Array.from({ length: Math.ceil(bytes.length / PART) }, (_, part) => part + 1);
      /** @type {string[]} */
      const etags = [];
      await some(numbers, async (number) => {
        const body = bytes.subarray((number - 1) * PART, number * PART);
        const { headers } = await this.#wire.send('PUT', { key, query: { partNumber: String(number), uploadId }, body });
        etags[number - 1] = unquoted(headers.get('etag') ?? '');
      });
      const parts = etags.map((one, part) => `<Part><PartNumber>${part + 1}</PartNumber><ETag>"${one}"</ETag></Part>`);
      const body = new TextEncoder().encode(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
      const answer = await this.#wire.send('POST', { key, query: { uploadId }, headers: condition, body }, [404, 412]);
      const xml = decode(answer.bytes);
      // The status goes out before the work is done.
      if (answer.status === 200 && xml.includes('<Error>')) throw refusal(answer, this.#host, name);
      if (answer.status === 200) return unquoted(text(xml, 'ETag') ?? '');
      if (answer.status === 404 && text(xml, 'Code') === 'NoSuchUpload') throw refusal(answer, this.#host, name);
      const outcome = this.#outcome(answer, name, condition['if-match']);
      await this.#abandon(key, uploadId);
      return outcome;
    } catch (error) {
      await this.#abandon(key, uploadId);
      throw error;
    }
  }

  /** Parts that became nothing would be paid for. @param {string} key @param {string} uploadId */
  async #abandon(key, uploadId) {
    await this.#wire.send('DELETE', { key, query: { uploadId } }, [404]).catch(() => {});
  }
}

/**
 * Does it for each, some at a time.
 * @template T
 * @param {T[]} all
 * @param {(one: T) => Promise<unknown>} work
 */
async function some(all, work) {
  const left = [...all];
  const hand = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, hand));
}
