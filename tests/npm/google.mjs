// Google Cloud Storage's XML API, as far as a lake goes, by its documents: requests signed with GOOG4-HMAC-SHA256, generations, conditions in
// `x-goog-if-generation-match`. As others report, `x-amz-…` and `x-goog-…` headers in one request are refused (ExcessHeaderValues). Nothing here is
// shared with the store.
import { createHash, createHmac } from 'node:crypto';
import { KEYS } from './support.mjs';

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const hmac = (key, data) => createHmac('sha256', key).update(data).digest();
const said = (status, code) => new Response(`<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>words</Message></Error>`, { status });

/** A `fetch` that leads to it, with an empty bucket `lake`. */
export function google() {
  /** @type {Map<string, { bytes: Buffer, generation: string, meta: [string, string][] }>} */
  const objects = new Map();
  let generation = 1_791_390_110_617_942n;

  return async (url, { method, headers: given, body }) => {
    const { hostname, pathname, searchParams } = new URL(url);
    const headers = new Headers(given);
    const bytes = Buffer.from(body ?? '');
    if ([...headers.keys()].some((name) => name.startsWith('x-amz-'))) return said(400, [...headers.keys()].some((name) => name.startsWith('x-goog-')) ? 'ExcessHeaderValues' : 'InvalidArgument');
    if (!signed(method, hostname, pathname, searchParams, headers, bytes)) return said(403, 'SignatureDoesNotMatch');
    const [, bucket, ...rest] = pathname.split('/');
    if (bucket !== 'lake') return said(404, 'NoSuchBucket');
    const key = decodeURIComponent(rest.join('/'));
    if (key === '') return listing(searchParams);
    const found = objects.get(key);
    if (method === 'PUT') {
      const wanted = headers.get('x-goog-if-generation-match');
      if (wanted !== null && wanted !== (found?.generation ?? '0')) return said(412, 'PreconditionFailed');
      generation += 7n;
      objects.set(key, { bytes, generation: String(generation), meta: [...headers].filter(([name]) => name.startsWith('x-goog-meta-')) });
      return new Response(null, { status: 200, headers: { etag: `"${createHash('md5').update(bytes).digest('hex')}"`, 'x-goog-generation': String(generation), 'x-goog-metageneration': '1' } });
    }
    if (!found) return said(404, 'NoSuchKey');
    if (method === 'DELETE') {
      objects.delete(key);
      return new Response(null, { status: 204 });
    }
    const told = { 'x-goog-generation': found.generation, 'content-length': String(found.bytes.length), ...Object.fromEntries(found.meta) };
    return new Response(method === 'HEAD' ? null : found.bytes, { status: 200, headers: told });
  };

  function listing(query) {
    if (query.get('list-type') !== '2' || query.get('encoding-type') !== 'url') return said(400, 'InvalidArgument');
    const after = query.get('continuation-token') ?? '';
    const all = [...objects.keys()].toSorted().filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after);
    const page = all.slice(0, Number(query.get('max-keys')));
    const items = page.map((key) => {
      const { bytes, generation: number } = objects.get(key);
      return `<Contents><Key>${encodeURIComponent(key)}</Key><Generation>${number}</Generation><MetaGeneration>1</MetaGeneration><LastModified>2026-11-27T10:00:00.000Z</LastModified><ETag>"x"</ETag><Size>${bytes.length}</Size></Contents>`;
    });
    const more = all.length > page.length;
    return new Response(`<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'><Name>lake</Name><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''}${items.join('')}</ListBucketResult>`);
  }
}

/** By "V4 signing process" and "canonical requests" of its documents. */
function signed(method, host, path, query, headers, bytes) {
  const [, id, scope, names, signature] = /^GOOG4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/[\w-]+\/storage\/goog4_request), SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(headers.get('authorization') ?? '') ?? [];
  if (id !== KEYS.accessKeyId || headers.get('x-goog-content-sha256') !== sha256(bytes)) return false;
  const list = names.split(';');
  // The host, and every header of Google's own.
  const needed = ['host', ...[...headers.keys()].filter((name) => name.startsWith('x-goog-'))];
  if (!needed.every((name) => list.includes(name)) || list.join() !== list.toSorted().join()) return false;
  const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  const canonical = [
    method,
    decodeURIComponent(path).split('/').map(encode).join('/'),
    [...query].map(([name, value]) => `${encode(name)}=${encode(value)}`).toSorted().join('&'),
    ...list.map((name) => `${name}:${name === 'host' ? host : headers.get(name).trim()}`),
    '',
    names,
    sha256(bytes),
  ].join('\n');
  const date = headers.get('x-goog-date');
  if (!date.startsWith(`${scope.slice(0, 8)}T`)) return false;
  const key = scope.split('/').reduce(hmac, `GOOG4${KEYS.secretAccessKey}`);
  return hmac(key, `GOOG4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString('hex') === signature;
}
