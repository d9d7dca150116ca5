// The module's client of a gateway: its ways, what it lists, loads and streams, and how it ends.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, GatelakeError, normalize } from '../../npm/module/node.js';
import { SECRET_MARKER, startGateway } from '../gateway/server.mjs';

let gateway;
before(async () => {
  gateway = await startGateway({ users: 60, envelope: 'page', secrets: 'echoed' });
});
after(() => gateway.close());

const settings = ({ url, credentials: { username, password, clientId, clientSecret } } = gateway) => ({ base_url: url, username, password, client_id: clientId, client_secret: clientSecret });
const PAGED = { resources: { users: { page_size: 10 } } };
const paths = (requests) => requests.map(({ url }) => new URL(url)).map(({ pathname, search }) => pathname + search);

/** A `fetch` that keeps what was asked of it, and whether somebody let go of a body before its end. */
function watched(answer = fetch) {
  const seen = { requests: [], cancelled: 0 };
  seen.letGo = new Promise((resolve) => (seen.let = resolve));
  seen.fetch = async (request) => {
    seen.requests.push(request);
    const response = await answer(request);
    const reader = response.body.getReader();
    const body = new ReadableStream({
      async pull(control) {
        const { done, value } = await reader.read();
        if (done) control.close();
        else control.enqueue(value);
      },
      cancel(reason) {
        seen.cancelled += 1;
        seen.let();
        return reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
    return new Response(body, response);
  };
  return seen;
}

/** Answers a login by the gateway, and everything else with these bodies, one for each request. */
const instead = (...bodies) => async (request) => (request.method === 'POST' ? fetch(request) : new Response(bodies.shift(), { headers: { 'content-type': 'application/json' } }));

/** Rows without what is another one in each load. */
const rows = (table) => [...table.records()].map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_dlt_'))));

async function all(records) {
  const found = [];
  for await (const record of records) found.push(record);
  return found;
}

test('every request goes the way that the caller gave, with the headers of the settings', async (t) => {
  const own = watched(globalThis.fetch);
  t.mock.method(globalThis, 'fetch', () => assert.fail('the global fetch was used'));
  const client = await connect({ ...settings(), headers: { 'cf-access-client-id': 'the id' } }, own);
  assert.deepEqual(await client.login(), { api: 3 });
  assert.equal((await client.load('users')).table('users').rows, 60);
  assert.deepEqual(paths(own.requests).slice(0, 3), ['/backend/login', '/backend/login', '/backend/3.0.0/users']);
  for (const { headers } of own.requests) assert.equal(headers.get('cf-access-client-id'), 'the id');
});

test('what is tried again is told to who asks for it, and nobody else', async (t) => {
  const said = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug']) t.mock.method(console, method, (...words) => said.push(words));
  const lines = [];
  for (const options of [{}, { progress: (line) => lines.push(line) }]) {
    gateway.fault({ kind: 'token-expired', times: 1 });
    const client = await connect(settings(), options);
    assert.equal((await client.load('folders')).table('folders').rows > 0, true);
  }
  assert.deepEqual(said, []);
  assert.match(lines.join('\n'), /the token was refused, one new login/);
});

test('the resources of each generation, by names that can be loaded', async (t) => {
  const old = await startGateway({ api: 'v2', users: 20 });
  t.after(() => old.close());
  const { username, password } = old.credentials;
  const [three, two] = [await connect({ ...settings(), resources: { backup: true } }), await connect({ base_url: old.url, username, password })];
  const names = [];
  for (const client of [three, two]) {
    const found = await client.resources();
    for (const { name, table, path } of found) {
      assert.match(path, /^\/backend\//);
      const loaded = await client.load(name);
      assert.equal(loaded.tables[0].name, table);
    }
    names.push(found.map(({ name }) => name));
  }
  assert.deepEqual(names, [['cloud_connections', 'folders', 'users', 'diagnostics', 'backup'], ['users', 'diagnostics', 's3_encryption_levels']]);
  await assert.rejects(two.load('folders'), { code: 'not_offered', message: /folders/ });
  await assert.rejects(all(two.records('folders')), { name: 'GatelakeError', code: 'not_offered' });
  await assert.rejects(three.load('nothing'), { code: 'not_configured' });
  // A list of plain values, as it is.
  const levels = await connect({ base_url: old.url, username, password }, { fetch: instead('["AES256", "NONE", "AES256"]') });
  assert.deepEqual(await all(levels.records('s3_encryption_levels')), ['AES256', 'NONE', 'AES256']);
});

test('a stream is a body for `normalize`: the tables are those of a load, of all pages', async () => {
  const client = await connect({ ...settings(), ...PAGED });
  for (const { name } of await client.resources()) {
    const [loaded, streamed] = [await client.load(name), await normalize(client.stream(name), { table: name })];
    assert.deepEqual(streamed.tables.map((table) => [table.name, rows(table)]), loaded.tables.map((table) => [table.name, rows(table)]), name);
    assert.deepEqual(streamed.warnings.map(({ code, column }) => [code, column]), loaded.warnings.map(({ code, column }) => [code, column]), name);
  }
  const records = await all(client.records('users'));
  assert.deepEqual(records.map(({ id }) => id), rows((await client.load('users')).table('users')).map(({ id }) => id));
  assert.equal(records.length, 60);
});

test('what tables redact is redacted in records', async () => {
  const client = await connect({ ...settings(), resources: { backup: true } });
  for (const { name, path } of await client.resources()) {
    const text = await new Response(client.stream(name)).text();
    assert.doesNotMatch(text, new RegExp(SECRET_MARKER), path);
    assert.deepEqual(JSON.parse(text), await all(client.records(name)), 'there are no large numbers here');
  }
  assert.match(await new Response(client.stream('cloud_connections')).text(), /"\*\*\*"/);
});

test('integers stay what they are: in a stream digit by digit, in records as texts where a number could not', async () => {
  const body = '[{"id": 9007199254740993, "least": -9007199254740993, "safe": 9007199254740991, "half": 0.1234567890123456789, "far": 12345678901234567e3, "text": "9007199254740993 \\" 9007199254740993", "9007199254740993": [1234567890123456789012]}]';
  const client = await connect(settings(), { fetch: instead(body, body) });
  const text = await new Response(client.stream('users')).text();
  for (const number of ['9007199254740993', '-9007199254740993', '1234567890123456789012']) assert.ok(text.includes(number), number);
  assert.deepEqual(await all(client.records('users')), [
    { id: '9007199254740993', least: '-9007199254740993', safe: 9007199254740991, half: 0.12345678901234568, far: 12345678901234567e3, text: '9007199254740993 " 9007199254740993', '9007199254740993': ['1234567890123456789012'] },
  ]);
});

test('a stream goes as far as it is read, and who stops reading ends the request', async () => {
  const pages = Array.from({ length: 6 }, (_, page) => JSON.stringify({ content: Array.from({ length: 10 }, (_, id) => ({ id: 10 * page + id })), last: page === 5, number: page }));
  const own = watched(instead(...pages));
  const client = await connect({ ...settings(), ...PAGED }, own);
  const stream = client.stream('users');
  await new Promise(setImmediate);
  assert.equal(own.requests.length, 0, 'nothing is asked for before the first read');
  const reader = stream.getReader();
  assert.equal(JSON.parse(`${new TextDecoder().decode((await reader.read()).value)}]`).length, 10);
  await new Promise(setImmediate);
  assert.deepEqual(paths(own.requests), ['/backend/login', '/backend/3.0.0/users?page=0&size=10']);
  await reader.read();
  await new Promise(setImmediate);
  assert.equal(paths(own.requests).at(-1), '/backend/3.0.0/users?page=1&size=10');
  await reader.cancel();
  assert.equal(own.requests.length, 3);
  assert.equal(own.cancelled, 1, 'the second page was let go of');

  const few = watched(instead(...pages));
  for await (const { id } of (await connect({ ...settings(), ...PAGED }, few)).records('users')) if (id === 12) break;
  await few.letGo;
  assert.deepEqual([few.requests.length, few.cancelled], [3, 1]);
});

test('a body that breaks off begins a load anew, but not a stream of which something was read', async () => {
  const cut = () => gateway.fault({ kind: 'cut-chunked', on: '/users', after: 1, times: 1, bytes: 3000 });
  const lines = [];
  const client = await connect({ ...settings(), ...PAGED }, { progress: (line) => lines.push(line) });
  cut();
  assert.equal((await client.load('users')).table('users').rows, 60);
  cut();
  const read = [];
  await assert.rejects(async () => {
    for await (const { id } of client.records('users')) read.push(id);
  }, { name: 'GatelakeError', code: 'cut_body' });
  assert.equal(new Set(read).size, read.length, 'no record came twice');
  assert.ok(read.length >= 10 && read.length < 20, String(read.length));
  // Before anything was read it may.
  gateway.fault({ kind: 'cut-chunked', on: '/users', times: 1, bytes: 10 });
  assert.equal((await all(client.records('users'))).length, 60);
});

test('signals and `close` end what is under way, with their reasons', async () => {
  const reason = new Error('enough');
  const hanging = () => new Promise(() => {});
  const client = await connect(settings(), { fetch: hanging });
  const stop = new AbortController();
  const calls = [client.login({ signal: stop.signal }), client.resources({ signal: stop.signal }), client.load('users', { signal: stop.signal }), all(client.records('users', { signal: stop.signal })), new Response(client.stream('users', { signal: stop.signal })).text()];
  stop.abort(reason);
  for (const { status, reason: why } of await Promise.allSettled(calls)) assert.deepEqual([status, why], ['rejected', reason]);
  await assert.rejects(all(client.records('users', { signal: AbortSignal.abort(reason) })), reason);

  const open = client.login();
  client[Symbol.dispose]();
  for (const call of [open, client.login(), all(client.records('users'))]) {
    await assert.rejects(call, (error) => error instanceof GatelakeError && error.code === 'gateway_closed');
  }
});

test('loads go on from each other', async () => {
  const [first, second] = ['[{"id": 1, "name": "a"}, {"id": 2}]', '[{"id": 2, "name": "b"}, {"id": 3}]'];
  const client = await connect(settings(), { fetch: instead(first, second) });
  const before = await client.load('users', { primary_key: 'id' });
  const after = await client.load('users', { primary_key: 'id', write_disposition: 'merge', before });
  assert.deepEqual(rows(after.table('users')).toSorted((a, b) => a.id - b.id), [{ id: 1, name: 'a' }, { id: 2, name: 'b' }, { id: 3, name: null }]);
  before[Symbol.dispose]();
  assert.deepEqual(before.tables, []);
});
