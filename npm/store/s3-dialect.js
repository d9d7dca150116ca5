// What servers of S3's API say in different words. Google Cloud Storage takes conditions on a put in its own words alone: headers `x-goog-…` in the
// place of all `x-amz-…` ones, which it refuses to see mixed, and the same signature under another name. An object's version is its generation.
import { AwsV4Signer } from 'aws4fetch';
import { text } from './s3-xml.js';

/** Larger objects are put in parts, where a server takes no more at once. */
const SINGLE = 64 << 20;

/**
 * @typedef {object} Dialect
 * @property {typeof AwsV4Signer} Signer
 * @property {number} single bytes that can be put at once
 * @property {string} meta what the headers of metadata begin with
 * @property {(headers: Headers) => string} version of an object, in an answer about it
 * @property {(xml: string) => string} listed its version in a listing
 * @property {(condition: { create?: true | undefined, match?: string | undefined }) => Record<string, string> | null} condition headers of a put;
 * `null` for a version that no object can have
 */

/** @param {string} quoted */
export const unquoted = (quoted) => quoted.replace(/^(?:W\/)?"|"$/g, '');

/** @type {Dialect} */
const AMAZON = {
  Signer: AwsV4Signer,
  single: SINGLE,
  meta: 'x-amz-meta-',
  version: (headers) => unquoted(headers.get('etag') ?? ''),
  listed: (xml) => unquoted(text(xml, 'ETag') ?? ''),
  condition: ({ create, match }) => (create ? { 'if-none-match': '*' } : match === undefined ? {} : { 'if-match': `"${match}"` }),
};

/** Signs as aws4fetch does, under Google's names. */
class GoogleSigner extends AwsV4Signer {
  /** @param {ConstructorParameters<typeof AwsV4Signer>[0]} options */
  constructor(options) {
    super(options);
    const renamed = (/** @type {string} */ name) => name.replace(/^x-amz-/, 'x-goog-');
    for (const [name, value] of [...this.headers].filter(([one]) => one !== renamed(one))) {
      this.headers.delete(name);
      this.headers.set(renamed(name), value);
    }
    this.signableHeaders = this.signableHeaders.map(renamed).sort();
    this.signedHeaders = this.signableHeaders.join(';');
    const value = (/** @type {string} */ name) => (name === 'host' ? this.url.host : (this.headers.get(name) ?? ''));
    this.canonicalHeaders = this.signableHeaders.map((name) => `${name}:${value(name).replace(/\s+/g, ' ')}`).join('\n');
    this.credentialString = [this.datetime.slice(0, 8), this.region, 'storage', 'goog4_request'].join('/');
  }

  /** @override */
  async authHeader() {
    return (await super.authHeader()).replace(/^AWS4-/, 'GOOG4-');
  }

  /** @override */
  async stringToSign() {
    return (await super.stringToSign()).replace(/^AWS4-/, 'GOOG4-');
  }

  /** @override */
  async hexBodyHash() {
    return this.headers.get('x-goog-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  }

  /** @override */
  async signature() {
    const encoder = new TextEncoder();
    /** @type {BufferSource} */
    let key = encoder.encode(`GOOG4${this.secretAccessKey}`);
    for (const part of [...this.credentialString.split('/'), await this.stringToSign()]) {
      const made = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      key = await crypto.subtle.sign('HMAC', made, encoder.encode(part));
    }
    return hex(key);
  }
}

/** @type {Dialect} */
const GOOGLE = {
  Signer: GoogleSigner,
  single: Infinity,
  meta: 'x-goog-meta-',
  version: (headers) => headers.get('x-goog-generation') ?? '',
  listed: (xml) => text(xml, 'Generation') ?? '',
  condition({ create, match }) {
    if (create) return { 'x-goog-if-generation-match': '0' };
    if (match === undefined) return {};
    // 0 would mean that there is none.
    return /^[1-9]\d*$/.test(match) ? { 'x-goog-if-generation-match': match } : null;
  },
};

/** @param {URL} server */
export const dialect = (server) => (/(^|\.)storage\.googleapis\.com$/.test(server.hostname) ? GOOGLE : AMAZON);

/** @param {BufferSource} bytes */
export const hex = (bytes) => Array.from(new Uint8Array(/** @type {ArrayBuffer} */ (bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
