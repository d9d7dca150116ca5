// The HTTP API in workerd: who may use it, what it answers, what it refuses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { world } from './support.mjs';

let lake;
let first;
let second;
before(async () => {
  lake = await world({ sftp: { users: 60 } });
  first = (await lake.run('sftp', Date.now() - 60_000)).record;
  lake.gateways.sftp.set({ revision: 1 });
  second = (await lake.run('sftp')).record;
});
after(() => lake?.close());

const refused = async (path, status, code, options) => {
  const answer = await lake.call(path, options);
  assert.equal(answer.status, status, `${path}: ${answer.bytes}`);
  assert.equal(answer.json.error.code, code);
  assert.ok(answer.json.error.message.length > 10);
  return answer;
};

test('healthz needs no token and tells nothing', async () => {
  const { status, json } = await lake.call('/healthz', { headers: { authorization: '' } });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json).sort(), ['ok', 'product', 'version']);
});

test('nothing under /api/ is answered without the token', async () => {
  for (const path of ['/api/runs', '/api/runs/x', '/api/snapshots/current', '/api/tables/users', '/api/tables/users.parquet', '/api/datasets', '/api/none']) {
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Bearer wrong-token-of-the-same-length-xx', 'Basic abc']) {
      const { headers } = await refused(path, 401, 'denied', { headers: { authorization } });
      assert.equal(headers.get('www-authenticate'), 'Bearer');
    }
  }
  await refused('/api/preview?resource=users', 401, 'denied', { method: 'POST', headers: { authorization: '' } });
  await refused('/api/runs', 401, 'denied', { method: 'POST', headers: { authorization: '' } });
});

for (const token of [null, 'too-short']) {
  test(`the API is closed with the token ${token}`, async () => {
    const closed = await world({ sftp: { users: 1 } }, { token });
    try {
      const { status, json } = await closed.call('/api/runs');
      assert.equal(status, 503);
      assert.equal(json.error.code, 'closed');
      assert.match(json.error.help, /wrangler secret put GATELAKE_TOKEN/);
    } finally {
      await closed.close();
    }
  });
}

test('answers are not cached, sniffed or framed', async () => {
  const { headers } = await lake.call('/api/snapshots/current');
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.match(headers.get('content-security-policy'), /default-src 'none'/);
});

test('wrong routes, methods and parameters are named', async () => {
  await refused('/api/nothing', 404, 'no_such_route');
  await refused('/api', 404, 'no_such_route');
  const { headers } = await refused('/api/snapshots', 405, 'method_not_allowed', { method: 'POST' });
  assert.equal(headers.get('allow'), 'GET, HEAD');
  await refused('/api/runs', 405, 'method_not_allowed', { method: 'DELETE' });
  await refused('/api/tables/users?limt=3', 400, 'unknown_parameter');
  await refused('/api/tables/users?limit=3&limit=4', 400, 'unknown_parameter');
  await refused('/api/tables/users?limit=10001', 400, 'bad_parameter');
  await refused('/api/tables/users?offset=-1', 400, 'bad_parameter');
  await refused('/api/tables/users?dataset=stfp', 404, 'no_such_dataset');
  await refused('/api/tables/nobody', 404, 'no_such_table');
  await refused('/api/tables/users?snapshot=1.000', 404, 'no_such_snapshot');
  await refused('/api/snapshots/1.000', 404, 'no_such_snapshot');
  await refused('/api/tables/users?at=yesterday', 400, 'bad_parameter');
  await refused(`/api/tables/users?at=${Date.now()}&snapshot=current`, 400, 'bad_parameter');
  await refused('/api/snapshots/2001-01-01T00:00:00Z', 404, 'no_such_snapshot');
  await refused('/api/changes?table=nobody', 404, 'no_such_table');
  await refused('/api/changes?from=1.000', 404, 'no_such_snapshot');
  await refused('/api/changes?limit=1001', 400, 'bad_parameter');
  await refused('/api/collect?dry=2', 400, 'bad_parameter', { method: 'POST' });
  await refused('/api/runs/nope', 404, 'no_such_run');
  await refused('/api/runs/..%2F..%2Fcurrent.json', 404, 'no_such_run');
  await refused('/api/runs', 400, 'bad_body', { method: 'POST', body: '{"sheduled_time":1}' });
  await refused('/api/runs', 400, 'bad_body', { method: 'POST', body: 'x' });
  await refused('/api/runs', 413, 'bad_body', { method: 'POST', body: ' '.repeat(5000) });
  await refused('/api/runs', 400, 'bad_time', { method: 'POST', body: JSON.stringify({ scheduled_time: Date.now() + 3_600_000 }) });
  await refused('/api/preview?resource=nobody', 400, 'no_such_resource', { method: 'POST' });
});

test('HEAD answers like GET, without a body', async () => {
  const { status, bytes } = await lake.call('/api/snapshots', { method: 'HEAD' });
  assert.equal(status, 200);
  assert.equal(bytes.length, 0);
});

test('runs: newest first, page by page, each by its id', async () => {
  const { json } = await lake.call('/api/runs?limit=1');
  assert.deepEqual(json.runs, [second]);
  const rest = (await lake.call(`/api/runs?limit=5&cursor=${encodeURIComponent(json.cursor)}`)).json;
  assert.deepEqual(rest.runs, [first]);
  assert.equal(rest.cursor, null);
  assert.deepEqual((await lake.call(`/api/runs/${first.id}`)).json, first);
});

test('snapshots: newest first, each by its id', async () => {
  const { snapshots } = (await lake.call('/api/snapshots')).json;
  assert.deepEqual(snapshots.map((one) => one.snapshot), [second.snapshot, first.snapshot]);
  const older = (await lake.call(`/api/snapshots?before=${second.snapshot}`)).json.snapshots;
  assert.deepEqual(older.map((one) => one.snapshot), [first.snapshot]);
  assert.equal((await lake.call(`/api/snapshots/${first.snapshot}`)).json.snapshot.snapshot, first.snapshot);
});

test('tables: as rows and as Parquet, at any snapshot', async () => {
  for (const { snapshot, tables } of [first, second]) {
    const expected = tables.find((table) => table.name === 'users');
    const rows = (await lake.call(`/api/tables/users?snapshot=${snapshot}&limit=10000`)).json;
    assert.equal(rows.total, expected.rows);
    assert.equal(rows.rows.length, expected.rows);
    assert.equal(rows.columns.length, expected.columns);
    const page = (await lake.call(`/api/tables/users?snapshot=${snapshot}&limit=7&offset=${expected.rows - 3}`)).json;
    assert.deepEqual(page.rows, rows.rows.slice(-3));

    const file = await lake.call(`/api/tables/users.parquet?snapshot=${snapshot}`);
    assert.equal(file.headers.get('content-type'), 'application/vnd.apache.parquet');
    assert.equal(file.headers.get('x-gatelake-snapshot'), snapshot);
    assert.equal(file.headers.get('x-gatelake-files'), '1');
    const read = await parquetReadObjects({ file: file.bytes.buffer.slice(file.bytes.byteOffset, file.bytes.byteOffset + file.bytes.byteLength) });
    assert.deepEqual(read.map((row) => row.username), rows.rows.map((row) => row.username));
  }
  assert.ok(second.tables.find((table) => table.name === 'users').new_columns.includes('department'));
});

test('snapshots and tables as readers saw them at a time', async () => {
  const newest = (await lake.call('/api/snapshots')).json.snapshots[0];
  const [before, after] = [newest.created_at - 1, newest.created_at];
  const seen = async (query) => (await lake.call(`/api/tables/users?limit=0&${query}`)).json.snapshot;
  assert.equal(await seen(`at=${before}`), first.snapshot);
  assert.equal(await seen(`at=${new Date(after).toISOString()}`), second.snapshot);
  assert.equal(await seen('snapshot=previous'), first.snapshot);
  assert.equal((await lake.call(`/api/snapshots/${before}`)).json.snapshot.snapshot, first.snapshot);
  assert.deepEqual((await lake.call(`/api/snapshots?at=${before}`)).json.snapshots.map((one) => one.snapshot), [first.snapshot]);
});

test('what changed between two snapshots, row by row', async () => {
  const rows = async (which) => (await lake.call(`/api/tables/users?snapshot=${which}&limit=10000`)).json.rows;
  const [old, now] = [await rows('previous'), await rows('current')];
  const { status, json } = await lake.call('/api/changes?table=users&limit=1000');
  assert.equal(status, 200, JSON.stringify(json));
  assert.deepEqual([json.from.snapshot, json.to.snapshot], [first.snapshot, second.snapshot]);
  const [users] = json.tables;
  assert.deepEqual([users.name, users.old_rows, users.new_rows], ['users', old.length, now.length]);
  assert.equal(users.rows.length, users.removed + users.changed + users.added);
  assert.equal(old.length - users.removed + users.added, now.length);
  for (const { kind, old_row: before, new_row: after, row, fields = {} } of users.rows) {
    if (kind === 'removed') assert.deepEqual(row, old[before]);
    if (kind === 'added') assert.deepEqual(row, now[after]);
    for (const [name, values] of Object.entries(fields)) assert.deepEqual(values, { old: old[before][name] ?? null, new: now[after][name] ?? null });
  }
  const page = (await lake.call(`/api/changes?from=${first.snapshot}&to=${second.snapshot}&table=users&limit=3&offset=2`)).json;
  assert.deepEqual(page.tables[0].rows, users.rows.slice(2, 5));
  const all = (await lake.call('/api/changes')).json;
  assert.deepEqual([...all.tables.map((table) => table.name), ...all.unchanged].sort(), second.tables.map((table) => table.name).filter((name) => !name.startsWith('_dlt')).sort());
});

test('a preview shows what a run would do, and does nothing', async () => {
  lake.gateways.sftp.set({ revision: 2 });
  const objects = await lake.keys();
  const { status, json } = await lake.call('/api/preview?resource=users&limit=2', { method: 'POST' });
  assert.equal(status, 200, JSON.stringify(json));
  assert.equal(json.samples.users.length, 2);
  const users = json.tables.find((table) => table.name === 'users');
  assert.equal(users.changed, true);
  assert.equal(users.rows_before, second.tables.find((table) => table.name === 'users').rows);
  assert.deepEqual(await lake.keys(), objects);
  const { record } = await lake.run('sftp');
  assert.deepEqual(record.tables.filter((table) => table.name.startsWith('users')), json.tables);
});

test('a preview can bring its files along', async () => {
  const { status, headers, bytes } = await lake.call('/api/preview?resource=users&limit=0&files=1', { method: 'POST' });
  assert.equal(status, 200);
  assert.equal(headers.get('content-type'), 'application/octet-stream');
  const length = bytes.readUInt32LE(0);
  const document = JSON.parse(bytes.subarray(4, 4 + length).toString());
  assert.ok(document.files.length > 0);
  assert.deepEqual([...new Set(document.files.map((file) => file.table))], document.tables.filter((table) => table.rows > 0).map((table) => table.name));
  let at = 4 + length;
  for (const { table, bytes: size } of document.files) {
    const file = new Uint8Array(bytes.subarray(at, (at += size))).buffer;
    const rows = await parquetReadObjects({ file });
    assert.equal(rows.length, document.tables.find((one) => one.name === table).rows, table);
  }
  assert.equal(at, bytes.length);
  await refused('/api/preview?resource=users&files=2', 400, 'bad_parameter', { method: 'POST' });
});

test('a preview that fails says why', async () => {
  lake.gateways.sftp.fault({ kind: '403', on: '/users' });
  await refused('/api/preview?resource=users', 500, 'access_denied', { method: 'POST' });
  lake.gateways.sftp.set({ faults: [] });
});

test('a probe records shapes and no value', async () => {
  const shapes = await world({ list: { secrets: 'echoed' }, page: { envelope: 'page', pageSize: 7 }, odd: { envelope: 'unknown' } });
  try {
    const users = 40;
    for (const [dataset, records] of [['list', '/*'], ['page', '/content/*'], ['odd', '/result/rows/list/*']]) {
      const { status, json, bytes } = await shapes.call(`/api/probe?dataset=${dataset}`, { method: 'POST' });
      assert.equal(status, 200, bytes.toString());
      const probed = json.resources.find((one) => one.resource === 'users');
      assert.equal(probed.complete, true);
      assert.equal(probed.shape[records].object, dataset === 'page' ? 7 : users);
      assert.equal(probed.shape[`${records}/username`].text, dataset === 'page' ? 7 : users);
      assert.ok(probed.shape[`${records}/modifiedDate`]['text, time'] > 0, JSON.stringify(probed.shape));
      assert.doesNotMatch(bytes.toString(), /ssh-|AAAA|s3:\/\/|READ_WRITE/);
    }
    shapes.gateways.list.fault({ kind: '403', on: '/users' });
    const { json } = await shapes.call('/api/probe?dataset=list', { method: 'POST' });
    assert.equal(json.resources.find((one) => one.resource === 'users').error, 'access_denied');
  } finally {
    await shapes.close();
  }
});

test('a collection removes what is kept no longer, and says so', async () => {
  const short = await world({ sftp: { users: 20 } }, { limits: '[lake]\nkeep_snapshots = 1\nkeep_days = 1\n' });
  try {
    const day = 24 * 3_600_000;
    const { record } = await short.run('sftp', Date.now() - 3 * day);
    short.gateways.sftp.set({ revision: 1 });
    await short.run('sftp', Date.now() - 2 * day);
    assert.deepEqual((await short.call('/api/collect')).json, { collections: [] });
    // What a dead run left, long ago, and what is not the lake's.
    const bucket = await short.local.bucket();
    const id = `${Math.floor(Date.now() / 1000) - 129_600}.000`;
    await bucket.put(`gatelake/sftp/data/users/${id}-0123456789ab.parquet`, 'x');
    await bucket.put('gatelake/sftp/data/users/_delta_log/00000000000000000000.json', '{}');

    const before = await short.keys();
    const dry = await short.call('/api/collect?dry=1', { method: 'POST' });
    assert.equal(dry.status, 200, JSON.stringify(dry.json));
    assert.deepEqual(await short.keys(), before);
    // Readers saw both snapshots today, by the clock: both are kept.
    const { kept, files, snapshots } = dry.json.collections[0];
    assert.deepEqual([kept, snapshots, files], [2, 0, 1]);

    const done = (await short.call('/api/collect?dataset=sftp', { method: 'POST' })).json.collections[0];
    assert.deepEqual([done.complete, done.error, done.files], [true, null, 1]);
    const removed = done.files + done.manifests + done.runs;
    assert.equal((await short.keys()).length, before.length - removed + 1, 'and its report');
    const [told] = (await short.call('/api/collect')).json.collections;
    assert.deepEqual({ ...told, operations: done.operations }, done);
    assert.equal((await short.call(`/api/snapshots/${record.snapshot}`)).status, 200);
    // A run of a time that was given up brings nothing; a later one does.
    assert.equal((await short.run('sftp', Number(id.replace('.', '')))).record.outcome, 'superseded');
    short.gateways.sftp.set({ revision: 2 });
    assert.equal((await short.run('sftp')).record.outcome, 'published');
  } finally {
    await short.close();
  }
});

test('before the first run there is nothing', async () => {
  const empty = await world({ sftp: { users: 1 } });
  try {
    for (const path of ['/api/snapshots/current', '/api/tables/users', '/api/tables/users.parquet']) {
      const { status, json } = await empty.call(path);
      assert.equal(status, 404);
      assert.equal(json.error.code, 'nothing_published');
    }
    assert.deepEqual((await empty.call('/api/runs')).json, { runs: [], cursor: null });
    assert.deepEqual((await empty.call('/api/snapshots')).json, { snapshots: [] });
  } finally {
    await empty.close();
  }
});

test('the page comes from the same address, under a policy that lets nothing else in', async () => {
  const { status, headers, bytes } = await lake.call('/', { headers: { authorization: '' } });
  assert.equal(status, 200);
  assert.match(headers.get('content-security-policy'), /default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';.* connect-src 'self';/);
  assert.doesNotMatch(bytes.toString(), /<script(?![^>]* src=)|<style| on[a-z]+=| style=/);
});
