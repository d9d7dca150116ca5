// The stores: one suite for all of them, and what each promises beside.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { folderStore } from '../../npm/store/folder.js';
import { lock } from '../../npm/store/lock.js';
import { memoryStore } from '../../npm/store/memory.js';
import { s3Environment, s3Store } from '../../npm/store/s3.js';
import { trial } from '../../npm/store/trial.js';
import { conformance } from './conformance.mjs';
import { google } from './google.mjs';
import { KEYS, startS3, temporary } from './support.mjs';

const bytes = (text) => new TextEncoder().encode(text);
const run = promisify(execFile);
const SWAP = fileURLToPath(new URL('swap.mjs', import.meta.url));

let s3;
before(async () => {
  s3 = await startS3();
});
after(() => s3.close?.());

for (const prefix of ['', 'deep/er/']) {
  test(`memory is a store (${prefix || 'no prefix'})`, () => conformance(memoryStore(), prefix));
  test(`a folder is a store (${prefix || 'no prefix'})`, (t) => conformance(folderStore(join(temporary(t), 'not', 'there', 'yet')), prefix));
  test(`S3 is a store (${prefix || 'no prefix'})`, async (t) => {
    if (s3.missing) return t.skip(s3.missing);
    await conformance(s3.store(), prefix);
    await conformance(s3.store({ prefix: 'a team/lakes' }), prefix);
  });
}

/** Google Cloud Storage, played. */
const cloud = (options) => s3Store({ bucket: 'lake', endpoint: 'https://storage.googleapis.com', credentials: KEYS, fetch: google(), ...options });

for (const prefix of ['', 'deep/er/']) {
  test(`Google Cloud Storage is a store (${prefix || 'no prefix'})`, async () => {
    await conformance(cloud(), prefix);
    await conformance(cloud({ prefix: 'a team/lakes', region: 'europe-west3' }), prefix);
  });
}

// --- folders ---

test('a folder: a swap is won by one of many at once', async (t) => {
  const store = folderStore(temporary(t));
  const etag = await store.put('pointer', bytes('0'));
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => store.put('pointer', bytes(`${n + 1}`), { match: etag })));
  assert.equal(answers.filter(Boolean).length, 1);
  const created = await Promise.all(Array.from({ length: 20 }, (_, n) => store.put('new', bytes(`${n}`), { create: true })));
  assert.equal(created.filter(Boolean).length, 1);
});

test('a folder: ten processes swap one object, and no swap is lost', async (t) => {
  const folder = temporary(t);
  const names = Array.from({ length: 10 }, (_, n) => `p${n}`);
  const ended = await Promise.all(names.map((name) => run(process.execPath, [SWAP, folder, 'sub/pointer', '12', name])));
  const lost = ended.reduce((sum, { stdout }) => sum + JSON.parse(stdout).lost, 0);
  const lines = readFileSync(join(folder, 'sub', 'pointer'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(lines.toSorted(), names.flatMap((name) => Array.from({ length: 12 }, (_, turn) => `${name} ${turn}`)).toSorted(), 'each swap is there once');
  for (const name of names) assert.deepEqual(lines.filter((line) => line.startsWith(`${name} `)), Array.from({ length: 12 }, (_, turn) => `${name} ${turn}`), 'in its order');
  assert.equal((await folderStore(folder).head('sub/pointer')).meta.writer, lines.at(-1).split(' ')[0], 'the metadata are those of the winner');
  t.diagnostic(`120 swaps by 10 processes, ${lost} lost races`);
});

test('a folder: processes that are killed at any moment leave it whole, and hold up nobody', async (t) => {
  const folder = temporary(t);
  const pointer = join(folder, 'pointer');
  for (let round = 0; round < 25; round += 1) {
    const children = ['a', 'b', 'c'].map((name) => spawn(process.execPath, [SWAP, folder, 'pointer', '100000', `${name}${round}`], { stdio: 'ignore' }));
    const from = existsSync(pointer) ? statSync(pointer).mtimeMs : 0;
    while (!existsSync(pointer) || statSync(pointer).mtimeMs === from) await new Promise((done) => setTimeout(done, 2));
    await new Promise((done) => setTimeout(done, Math.random() * 40));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => child.signalCode ?? once(child, 'exit')));
    const began = Date.now();
    const store = folderStore(folder);
    const found = await store.get('pointer');
    const lines = new TextDecoder().decode(found.bytes).trimEnd().split('\n');
    // Each line's writer counts from nought: a line that was lost, or came twice, breaks its row.
    const next = {};
    for (const line of lines) {
      const [writer, turn] = line.split(' ');
      assert.equal(Number(turn), next[writer] ?? 0, `${writer} in round ${round}`);
      next[writer] = Number(turn) + 1;
    }
    assert.equal(found.meta.writer, lines.at(-1).split(' ')[0]);
    assert.ok(await store.put('pointer', bytes(''), { match: found.etag }), 'the next one writes');
    assert.ok(Date.now() - began < 5000, 'and did not wait for the dead');
  }
});

test('a folder: a turn whose owner is dead is over, one whose owner lives is not', async (t) => {
  const folder = temporary(t);
  const turn = await lock(folder);
  const [name] = readdirSync(folder);
  const owner = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  assert.equal(owner.pid, process.pid);
  const waiting = lock(folder);
  assert.equal(await Promise.race([waiting.then(() => 'taken'), new Promise((done) => setTimeout(done, 300, 'waits'))]), 'waits');
  await turn.release();
  const second = await waiting;
  // A process of that number lives, but it is not the one that took the turn.
  const held = readdirSync(folder).find((one) => /^\d+$/.test(one));
  if (owner.started !== null) {
    writeFileSync(join(folder, held), JSON.stringify({ ...owner, started: '1' }));
    const third = await lock(folder);
    await assert.rejects(second.check(), { code: 'store_locked', transient: true });
    await third.release();
  }
});

test('a folder: a turn of another machine is over after a minute', async (t) => {
  const folder = temporary(t);
  writeFileSync(join(folder, '7'), JSON.stringify({ pid: 1, started: '1', machine: 'elsewhere', at: 0 }));
  const waiting = lock(folder);
  assert.equal(await Promise.race([waiting.then(() => 'taken'), new Promise((done) => setTimeout(done, 300, 'waits'))]), 'waits');
  const old = new Date(Date.now() - 61_000);
  utimesSync(join(folder, '7'), old, old);
  await (await waiting).release();
});

test('a folder: its objects are plain files, and a copy of them is the same lake', async (t) => {
  const folder = temporary(t);
  const store = folderStore(join(folder, 'lake'));
  await store.put('lake/data/users/1-a.parquet', bytes('PAR1'), { create: true, meta: { sha256: 'x' } });
  const etag = await store.put('lake/current.json', bytes('{}'), { meta: { writer: 'w' } });
  const files = readdirSync(join(folder, 'lake'), { recursive: true }).filter((name) => !name.startsWith('.gatelake') && !statSync(join(folder, 'lake', name)).isDirectory());
  assert.deepEqual(files.toSorted(), ['lake/current.json', 'lake/data/users/1-a.parquet']);
  assert.deepEqual(readdirSync(join(folder, 'lake', '.gatelake', 'tmp')), [], 'nothing is left over');
  // With all of it, without what is ours, and with a file changed by hand.
  cpSync(join(folder, 'lake'), join(folder, 'whole'), { recursive: true });
  const whole = folderStore(join(folder, 'whole'));
  assert.deepEqual(await whole.head('lake/current.json'), { etag, size: 2, meta: { writer: 'w' } });
  cpSync(join(folder, 'lake', 'lake'), join(folder, 'bare', 'lake'), { recursive: true });
  const bare = folderStore(join(folder, 'bare'));
  assert.deepEqual(await bare.head('lake/current.json'), { etag, size: 2, meta: {} });
  assert.deepEqual(await bare.get('lake/current.json').then(({ meta }) => meta), {});
  writeFileSync(join(folder, 'lake', 'lake', 'current.json'), '[]');
  assert.notEqual((await store.head('lake/current.json')).etag, etag, 'a change by hand is another version');
  assert.equal(await store.put('lake/current.json', bytes('{"a":1}'), { match: etag }), null);
});

test('a folder: a crash between any two steps of a put leaves the version before, or the one after, with its metadata', async (t) => {
  const folder = temporary(t);
  const store = folderStore(folder);
  const first = await store.put('pointer', bytes('one'), { meta: { writer: 'first' } });
  const remembered = readFileSync(join(folder, '.gatelake', 'meta', 'pointer.json'));
  renameSync(join(folder, 'pointer'), join(folder, 'kept'));
  writeFileSync(join(folder, 'pointer'), 'one');
  const second = await store.put('pointer', bytes('two'), { match: first, meta: { writer: 'second' } });
  // It died before the object took its place: what is remembered is newer than the object.
  rmSync(join(folder, 'pointer'));
  renameSync(join(folder, 'kept'), join(folder, 'pointer'));
  assert.deepEqual(await store.head('pointer'), { etag: first, size: 3, meta: { writer: 'first' } });
  assert.equal(await store.put('pointer', bytes('x'), { match: second }), null);
  assert.ok(await store.put('pointer', bytes('three'), { match: first, meta: { writer: 'third' } }));
  assert.deepEqual((await store.head('pointer')).meta, { writer: 'third' });
  // What is remembered is of another object, or cannot be read: the object counts.
  writeFileSync(join(folder, '.gatelake', 'meta', 'pointer.json'), remembered);
  assert.deepEqual((await store.get('pointer')).meta, {});
  writeFileSync(join(folder, '.gatelake', 'meta', 'pointer.json'), '{"vers');
  assert.deepEqual((await store.get('pointer')).meta, {});
});

test('a folder: keys that would leave it, or are its own, are refused; its limits are said', async (t) => {
  const folder = temporary(t);
  const store = folderStore(folder);
  for (const key of ['../x', 'a/../../x', '/x', 'a//b', '', '.', 'a\\b', 'c:d', '.gatelake/x', 'a\0b']) {
    await assert.rejects(store.put(key, bytes('x')), { code: 'unsafe_key' }, key);
    await assert.rejects(store.get(key), { code: 'unsafe_key' }, key);
  }
  await assert.rejects(store.list('../', { limit: 1 }), { code: 'unsafe_key' });
  await store.put('a', bytes('x'));
  await assert.rejects(store.put('a/b', bytes('x')), { code: 'store_failed', transient: false, help: /A file lies where a folder is needed/ });
  assert.equal(await store.get('a/b'), null);
  // Neither the own folder nor what is no plain file is listed.
  symlinkSync(join(folder, 'a'), join(folder, 'link'));
  mkdirSync(join(folder, 'empty'));
  assert.deepEqual((await store.list('', { limit: 10 })).objects.map(({ key }) => key), ['a']);
});

test('a folder that may not be written to is no failure that passes', { skip: process.getuid?.() === 0 && 'root may write anywhere' }, async (t) => {
  const folder = temporary(t);
  chmodSync(folder, 0o500);
  await assert.rejects(folderStore(folder).put('a', bytes('x')), { code: 'store_failed', transient: false, help: /right to write/ });
});

test('a folder lists in the order of bytes, with folders among files', async (t) => {
  const store = folderStore(temporary(t));
  const keys = ['a-b', 'a/b', 'a/c/d', 'a0', 'ab/x', 'é', 'z', '\u{1f600}', '\u{fffd}'];
  for (const key of keys) await store.put(key, bytes(key));
  const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const all = async (prefix, limit) => {
    const found = [];
    for (let cursor, first = true; first || cursor; first = false) {
      const page = await store.list(prefix, { limit, cursor });
      found.push(...page.objects.map(({ key }) => key));
      cursor = page.cursor;
    }
    return found;
  };
  for (const limit of [1, 2, 100]) assert.deepEqual(await all('', limit), sorted);
  assert.deepEqual(await all('a', 1), sorted.filter((key) => key.startsWith('a')));
  assert.deepEqual(await all('a/', 1), ['a/b', 'a/c/d']);
});

// --- S3 ---

test('S3: a large object goes in parts, and comes back whole', async (t) => {
  if (s3.missing) return t.skip(s3.missing);
  const store = s3.store();
  const large = new Uint8Array((64 << 20) + 5).fill(7);
  large[large.length - 1] = 9;
  const meta = { sha256: 'abc', writer: 'w' };
  const etag = await store.put('large', large, { create: true, meta });
  assert.deepEqual(await store.head('large'), { etag, size: large.length, meta });
  assert.ok(Buffer.from((await store.get('large')).bytes).equals(large));
  assert.equal(await store.put('large', large, { create: true }), null);
  assert.equal((await (await fetch(`${s3.endpoint}/lake?uploads`)).text()).includes('<Upload>'), false, 'no upload is left open');
  await store.delete(['large']);
});

test('S3: both styles, the region, the signature', async () => {
  const sent = [];
  const answer = async (url, init) => {
    sent.push({ url: String(url), headers: Object.fromEntries(new Headers(init.headers)) });
    return new Response(null, { status: 404 });
  };
  const ask = async (options) => {
    await s3Store({ credentials: KEYS, fetch: answer, ...options }).head('a b/ü~+(1).json');
    return sent.at(-1);
  };
  const key = 'a%20b/%C3%BC~%2B(1).json';
  assert.equal((await ask({ bucket: 'b-1', region: 'eu-west-1' })).url, `https://b-1.s3.eu-west-1.amazonaws.com/${key}`);
  assert.equal((await ask({ bucket: 'b-1', style: 'path' })).url, `https://s3.us-east-1.amazonaws.com/b-1/${key}`);
  assert.equal((await ask({ bucket: 'b-1', endpoint: 'http://127.0.0.1:9000/' })).url, `http://127.0.0.1:9000/b-1/${key}`);
  const last = await ask({ bucket: 'b-1', endpoint: 'https://acc.r2.cloudflarestorage.com', style: 'virtual', prefix: 'p/' });
  assert.equal(last.url, `https://b-1.acc.r2.cloudflarestorage.com/p/${key}`);
  assert.match(last.headers.authorization, /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/auto\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/);
  const lent = await ask({ bucket: 'b-1', credentials: { ...KEYS, sessionToken: 'lent' } });
  assert.equal(lent.headers['x-amz-security-token'], 'lent');
  assert.throws(() => s3Store({ bucket: 'a/b', credentials: KEYS }), { code: 'bad_bucket' });
  assert.throws(() => s3Store({ bucket: 'b-1', endpoint: 'example.com', credentials: KEYS }), { code: 'bad_endpoint' });
  await assert.rejects(s3Store({ bucket: 'b-1', credentials: KEYS, fetch: answer }).get('a/../b'), { code: 'unsafe_key' });
  const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c', AWS_DEFAULT_REGION: 'r', AWS_ENDPOINT_URL: 'https://e' };
  assert.deepEqual(s3Environment(env), { credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' }, endpoint: 'https://e', region: 'r' });
  assert.deepEqual(s3Environment({}), {});
});

/** A server that answers each request with the next of these. */
async function canned(t, answers) {
  const server = createServer((request, response) => {
    request.resume();
    const { status = 200, headers = {}, body = '' } = answers.shift() ?? {};
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close() && server.closeAllConnections());
  return s3Store({ bucket: 'lake', endpoint: `http://127.0.0.1:${server.address().port}`, credentials: KEYS });
}

const said = (code, message = 'words') => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

test('Google Cloud Storage: a name of any letters, a large object at once, wrong keys', async () => {
  const store = cloud();
  const key = 'a b/ü~+(1)*!.json';
  const version = await store.put(key, bytes('x'), { create: true, meta: { writer: 'w' } });
  assert.match(version, /^\d{16}$/, 'a generation');
  assert.deepEqual(await store.head(key), { etag: version, size: 1, meta: { writer: 'w' } });
  assert.deepEqual((await store.list('a b/', { limit: 10 })).objects, [{ key, etag: version, size: 1 }]);
  const large = new Uint8Array((64 << 20) + 5).fill(7);
  assert.ok(await store.put('large', large));
  assert.equal((await store.head('large')).size, large.length);
  await assert.rejects(cloud({ credentials: { ...KEYS, secretAccessKey: 'another' } }).get(key), { code: 'store_denied' });
  await assert.rejects(cloud({ bucket: 'other' }).get(key), { code: 'no_such_bucket' });
});

test('S3: what is refused, is lost, or may go well at the next try', async (t) => {
  const cases = [
    [{ status: 412, body: said('PreconditionFailed') }, 'lost'],
    [{ status: 404, body: said('NoSuchKey') }, 'lost'],
    [{ status: 409, body: said('ConditionalRequestConflict') }, { code: 'store_failed', transient: true }],
    [{ status: 409, body: said('OperationAborted') }, { code: 'store_failed', transient: true }],
    [{ status: 500, body: said('InternalError') }, { transient: true }],
    [{ status: 503, body: said('SlowDown') }, { transient: true }],
    [{ status: 429 }, { transient: true }],
    [{ status: 400, body: said('RequestTimeout') }, { transient: true }],
    [{ status: 404, body: said('NoSuchBucket') }, { code: 'no_such_bucket', transient: false, help: /Create the bucket/ }],
    [{ status: 403, body: said('SignatureDoesNotMatch') }, { code: 'store_denied', transient: false, help: /access key/ }],
    [{ status: 403, body: said('AccessDenied', 'a &amp; b &#60;c&#x3e;') }, { code: 'store_denied', message: /AccessDenied: a & b <c>/ }],
    [{ status: 403, body: said('RequestTimeTooSkewed') }, { help: /clock/ }],
    [{ status: 301, headers: { location: '/', 'x-amz-bucket-region': 'eu-west-3' }, body: said('PermanentRedirect') }, { help: /eu-west-3/ }],
    [{ status: 501, body: said('NotImplemented') }, { code: 'store_unfit', transient: false }],
  ];
  for (const [answer, expected] of cases) {
    const store = await canned(t, [answer]);
    const put = store.put('key', bytes('x'), { match: 'abc' });
    if (expected === 'lost') assert.equal(await put, null);
    else await assert.rejects(put, (error) => assert.ok(Object.entries(expected).every(([name, value]) => (value instanceof RegExp ? value.test(error[name]) : error[name] === value)), JSON.stringify([error.code, error.message, error.help, error.transient])) ?? true);
  }
  const gone = s3Store({ bucket: 'lake', endpoint: 'http://127.0.0.1:1', credentials: KEYS });
  await assert.rejects(gone.get('key'), { code: 'store_unreachable', transient: true });
  const stopped = AbortSignal.abort(new Error('stopped'));
  await assert.rejects(s3Store({ bucket: 'lake', endpoint: 'http://127.0.0.1:1', credentials: KEYS, signal: stopped }).get('key'), { message: 'stopped' });
});

test('S3: an upload in parts that fails is given up, also when the error comes with a good status', async (t) => {
  const begun = { body: '<InitiateMultipartUploadResult><UploadId>u 1</UploadId></InitiateMultipartUploadResult>' };
  const part = { headers: { etag: '"p"' } };
  const large = new Uint8Array((64 << 20) + 1);
  const failing = await canned(t, [begun, part, part, part, part, part, { body: said('InternalError') }, { status: 204 }]);
  await assert.rejects(failing.put('key', large), { transient: true });
  const lost = await canned(t, [begun, part, part, part, part, part, { status: 412, body: said('PreconditionFailed') }, { status: 204 }]);
  assert.equal(await lost.put('key', large, { create: true }), null);
});

test('a store that ignores conditions, or loses what it is told, is found out', async (t) => {
  const spoilt = (change) => {
    const store = memoryStore();
    return { store, spoilt: { ...store, ...change(store) } };
  };
  const cases = [
    [(store) => ({ put: (key, content, options) => store.put(key, content, { meta: options?.meta }) }), /If-None-Match/],
    [(store) => ({ put: (key, content, { match, ...options } = {}) => store.put(key, content, options) }), /If-Match/],
    [(store) => ({ put: (key, content, { match, ...options } = {}) => store.put(key, content, { ...options, ...(match && /^0*$/.test(match) && { match }) }) }), /was replaced/],
    [(store) => ({ put: (key, content, { meta, ...options } = {}) => store.put(key, content, options) }), /metadata/],
    [(store) => ({ head: async (key) => ({ ...(await store.head(key)), etag: 'other' }) }), /another version/],
  ];
  for (const [change, message] of cases) {
    const { store, spoilt: bad } = spoilt(change);
    await assert.rejects(trial(bad, 'it'), { code: 'store_unfit', message });
    assert.equal(store.objects.size, 0, 'nothing is left over');
  }
  await trial(memoryStore(), 'memory');
  await trial(folderStore(temporary(t)), 'a folder');
  if (!s3.missing) await trial(s3.store(), 's3://lake');
  await trial(cloud(), 's3://lake at Google');
});
