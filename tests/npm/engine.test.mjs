// What the engine makes of stores, configurations and lakes that JavaScript gives it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { engine } from '../../npm/cli/engine.js';
import { StoreError } from '../../npm/store/error.js';
import { memoryStore } from '../../npm/store/memory.js';
import { emulated } from '../../tools/lib/local.mjs';
import { startGateway } from '../gateway/server.mjs';

const TIME = Date.UTC(2026, 10, 27, 10);
const METHODS = ['get', 'head', 'put', 'list', 'delete'];

let gateway;
let glue;
before(async () => {
  gateway = await startGateway({ users: 20 });
  glue = await engine();
});
after(() => gateway.close());

/** A store whose calls go through `around(method, call)`. */
const wrapped = (store, around) => Object.fromEntries(METHODS.map((method) => [method, (...args) => around(method, () => store[method](...args), args)]));

async function run(store, { time = TIME, ...means } = {}) {
  const { toml, secrets } = emulated(gateway);
  const [record] = await glue.runGateways(toml, time, store, { secrets, ...means });
  return record;
}

test('what a store says will pass is tried again, also when the put took effect; anything else ends the run', async () => {
  const passing = () => new StoreError('store_failed', 'a passing failure', { transient: true });
  for (const late of [false, true]) {
    const failed = new Map();
    const store = memoryStore();
    const flaky = wrapped(store, async (method, call, [key]) => {
      const times = failed.get(`${method} ${key}`) ?? 0;
      failed.set(`${method} ${key}`, times + 1);
      if (late && times === 0 && method === 'put') await call();
      if (times < 1) throw passing();
      return call();
    });
    const { outcome, error, operations } = await run(flaky);
    assert.equal(outcome, 'published', JSON.stringify(error));
    assert.ok(operations.put > store.objects.size, 'puts were tried again');
    assert.equal((await run(store, { time: TIME + 1000 })).outcome, 'unchanged', 'the lake is whole');
  }

  for (const [thrown, code, message] of [
    [new StoreError('store_denied', 'the key may not', { at: 'x', help: 'Ask somebody' }), 'store_denied', /the store's get failed: the key may not .*current\.json.*Ask somebody/],
    [new TypeError('a bug'), 'store_failed', /a bug/],
    ['a text', 'store_failed', /a text/],
    [undefined, 'store_failed', /no reason given/],
    [Object.assign(new Error('m'), { code: 'made_up' }), 'store_failed', /m/],
  ]) {
    let calls = 0;
    const bad = wrapped(memoryStore(), (method, call) => {
      if (method !== 'get') return call();
      calls += 1;
      throw thrown;
    });
    const { outcome, error } = await run(bad);
    assert.deepEqual([outcome, error.code, calls], ['failed', code, 1]);
    assert.match(error.message, message);
  }
});

test('a store that answers otherwise than it should is found out', async () => {
  const answers = { get: { etag: 'e' }, put: 7 };
  for (const [method, answer] of Object.entries(answers)) {
    const odd = wrapped(memoryStore(), (name, call) => (name === method ? answer : call()));
    const { outcome, error, resources } = await run(odd);
    assert.equal(outcome, 'failed');
    assert.equal((error ?? resources.find((one) => one.error).error).code, 'store_unfit');
  }
});

test('a signal ends a run with its reason; `log` and `fetch` are the caller\'s', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const store = wrapped(memoryStore(), (method, call) => {
    if (method === 'put') stop.abort(reason);
    return call();
  });
  await assert.rejects(run(store, { signal: stop.signal }), reason);
  await assert.rejects(run(memoryStore(), { signal: AbortSignal.abort(reason) }), reason);
  const lines = [];
  const asked = [];
  const own = (request) => {
    asked.push(new URL(request.url).pathname);
    return fetch(request);
  };
  assert.equal((await run(memoryStore(), { log: (line) => lines.push(line), fetch: own })).outcome, 'published');
  assert.ok(lines.some((line) => /sftp: users: \d+ rows/.test(line)), lines.join('\n'));
  assert.ok(asked.includes('/backend/3.0.0/users'));
  const { resources } = await run(memoryStore(), { fetch: () => Promise.reject(new Error('fetch failed', { cause: new Error('self-signed certificate') })) });
  assert.equal(resources[0].error.code, 'certificate');
});

test('a configuration is read with the secrets that it needs', () => {
  const text = `
[lake]
prefix = "a/b"
[gateway.one]
base_url = "https://one.example:8443"
username = "u"
password_secret = "SAME"
client_id_secret = "ID"
client_secret_secret = "SAME"
headers = { cf-access-client-id = "ACCESS" }
[gateway.two]
base_url = "two.example"
token_secret = "TOKEN"
transport = "binding:VPC"
`;
  const { prefix, gateways } = glue.readConfiguration(text);
  assert.equal(prefix, 'a/b');
  assert.deepEqual(gateways.map(({ dataset, base_url: base, binding, secrets }) => ({ dataset, base, binding, secrets })), [
    { dataset: 'one', base: 'https://one.example:8443', binding: null, secrets: ['SAME', 'ID', 'ACCESS'] },
    { dataset: 'two', base: 'https://two.example', binding: 'VPC', secrets: ['TOKEN'] },
  ]);
  assert.ok(gateways[0].resources.includes('users'));
  assert.throws(() => glue.readConfiguration('x'), { code: 'bad_toml' });
  assert.throws(() => glue.readConfiguration('[gateway.one]\nusername = 1'), { code: 'bad_config' });
});

test('a lake hands out what was compared with its checksum, and nothing else', async () => {
  const store = memoryStore();
  await run(store);
  const lake = new glue.Lake(store, 'gatelake', 'sftp');
  const answer = async (path, ...query) => {
    const { status, headers, body } = await lake.answer(path.split('/'), query);
    return { status, headers, body, json: headers['content-type'] === 'application/json' ? JSON.parse(Buffer.from(body)) : undefined };
  };
  const { snapshot, freshness } = (await answer('snapshots/current')).json;
  assert.ok(freshness.users.fetched_at >= snapshot.tables.find(({ name }) => name === 'users').freshness.fetched_at);
  assert.deepEqual((await answer('snapshots', 'limit', '10')).json.snapshots.map((one) => one.snapshot), [snapshot.snapshot]);
  const { runs } = (await answer('runs')).json;
  assert.equal((await answer(`runs/${runs[0].id}`)).json.outcome, 'published');
  for (const [path, status, code, ...query] of [
    ['runs/1', 404, 'no_such_run'],
    ['snapshots/1', 404, 'no_such_snapshot'],
    ['snapshots', 400, 'unknown_parameter', 'from', '1'],
    ['elsewhere', 404, 'no_such_route'],
  ]) {
    const { status: answered, json } = await answer(path, ...query);
    assert.deepEqual([answered, json.error.code], [status, code]);
  }
  assert.equal(await lake.collection(), undefined);
  const [file] = snapshot.tables.find(({ name }) => name === 'users').files;
  assert.equal((await answer('tables/users.parquet')).body.length, file.bytes);
  await store.put(`gatelake/sftp/${file.path}`, new Uint8Array(file.bytes));
  const damaged = await answer('tables/users.parquet');
  assert.deepEqual([damaged.status, damaged.json.error.code], [502, 'checksum_mismatch']);
  const nothing = await new glue.Lake(store, 'gatelake', 'other').answer(['snapshots', 'current'], []);
  assert.deepEqual([nothing.status, JSON.parse(Buffer.from(nothing.body)).error.code], [404, 'nothing_published']);
  assert.throws(() => new glue.Lake(store, '../up', 'sftp'), { code: 'unsafe_name' });
});
