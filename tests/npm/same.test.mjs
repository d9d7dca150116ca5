// One run is one lake, wherever it lies: in the Worker's R2, in a folder, in a bucket, in memory.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { engine } from '../../npm/cli/engine.js';
import { folderStore } from '../../npm/store/folder.js';
import { memoryStore } from '../../npm/store/memory.js';
import { emulated } from '../../tools/lib/local.mjs';
import { world } from '../e2e/support.mjs';
import { startGateway } from '../gateway/server.mjs';
import { gatelake, startS3, temporary } from './support.mjs';
import { objects, whole } from './whole.mjs';

const TIME = Date.UTC(2026, 10, 27, 10);

/** Every object of a store. */
async function all(store) {
  const found = new Map();
  for (let cursor, first = true; first || cursor; first = false) {
    const page = await store.list('', { limit: 1000, ...(cursor && { cursor }) });
    for (const { key } of page.objects) found.set(key, Buffer.from((await store.get(key)).bytes));
    cursor = page.cursor;
  }
  return found;
}

function same(found, expected, what) {
  assert.deepEqual([...found.keys()].toSorted(), [...expected.keys()].toSorted(), what);
  for (const [key, bytes] of expected) assert.ok(bytes.equals(found.get(key)), `${what}: ${key}`);
}

test('memory, a folder and S3: with one clock and one chance every object is the same, byte for byte', async (t) => {
  const gateway = await startGateway({ users: 200 });
  const s3 = await startS3();
  const { now } = Date;
  const { random } = Math;
  try {
    const { toml, secrets } = emulated(gateway);
    const { runGateways } = await engine();
    const folder = temporary(t);
    const stores = { memory: memoryStore(), folder: folderStore(folder), ...(!s3.missing && { s3: s3.store() }) };
    const lakes = {};
    for (const [name, store] of Object.entries(stores)) {
      // A first run, then one that changes some tables, and one that changes nothing.
      for (const [turn, revision] of [0, 1, 1].entries()) {
        gateway.set({ revision });
        let chance = 0;
        Date.now = () => TIME + turn * 60_000 + 1500;
        Math.random = () => ((chance += 1) * 0.618) % 1;
        const [run] = await runGateways(toml, TIME + turn * 60_000, store, { secrets });
        Object.assign(Date, { now });
        Object.assign(Math, { random });
        assert.equal(run.outcome, turn === 2 ? 'unchanged' : 'published', JSON.stringify(run));
      }
      lakes[name] = await all(store);
    }
    assert.ok(lakes.memory.size > 20);
    for (const name of Object.keys(stores).slice(1)) same(lakes[name], lakes.memory, name);
    same(objects(folder), lakes.memory, 'files of the folder');
    await whole(join(folder, 'gatelake', 'sftp'));
    if (s3.missing) t.diagnostic(s3.missing);
  } finally {
    Object.assign(Date, { now });
    Object.assign(Math, { random });
    await gateway.close();
    await s3.close?.();
  }
});

test("the Worker's R2 and a folder: the same data files, and documents that differ in times and names of runs alone", async (t) => {
  const lake = await world({ sftp: { users: 150 } });
  try {
    const cwd = temporary(t);
    const { toml, secrets } = emulated(lake.gateways.sftp);
    writeFileSync(join(cwd, 'gatelake.toml'), toml);
    for (const [turn, revision] of [0, 1].entries()) {
      lake.gateways.sftp.set({ revision });
      const { record } = await lake.run('sftp', TIME + turn * 60_000);
      assert.equal(record.outcome, 'published');
      const pulled = await gatelake(['pull', '--json', '--scheduled-time', String(TIME + turn * 60_000)], { cwd, env: secrets });
      assert.equal(pulled.json.runs[0].outcome, 'published', pulled.stderr);
    }
    const bucket = await lake.local.bucket();
    const inWorker = new Map();
    for (const { key } of (await bucket.list()).objects) inWorker.set(key, Buffer.from(await (await bucket.get(key)).arrayBuffer()));
    const inFolder = objects(join(cwd, 'lake'));

    const data = ([key]) => key.includes('/data/') && key.endsWith('.parquet') && !key.includes('/data/_dlt_');
    same(new Map([...inFolder].filter(data)), new Map([...inWorker].filter(data)), 'data');
    assert.ok([...inWorker].filter(data).length > 8);
    const rest = (found) => Promise.all([...found].filter((pair) => !data(pair)).map(timeless)).then((list) => list.toSorted((a, b) => (a[0] < b[0] ? -1 : 1)));
    assert.deepEqual(await rest(inFolder), await rest(inWorker));
  } finally {
    await lake.close();
  }
});

/** A document or a table of the lake's own, without what depends on when and by whom it was written. */
async function timeless([key, bytes]) {
  // The hash of what has a time in it, and the name of an attempt.
  const name = key.replace(/-[0-9a-f]{12}(?=\.\w+$)/, '').replace(/(\/runs\/.*)-[0-9a-f]{8}(?=\.json$)/, '$1');
  if (key.endsWith('.parquet')) {
    const rows = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) });
    return [name, rows.map(({ inserted_at: _, ...row }) => row).map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value)))];
  }
  // A Delta log has a document a line; that of a table of the lake's own names files by hashes of what has a time in it.
  if (key.includes('/_delta_log/')) return [name, key.includes('/data/_dlt_') ? undefined : String(bytes).trim().split('\n').map((line) => bare(JSON.parse(line)))];
  return [name, bare(JSON.parse(bytes))];
}

const MOMENTS = new Set(['created_at', 'fetched_at', 'started_at', 'finished_at', 'run', 'id', 'timestamp', 'modificationTime', 'createdTime', 'lastUpdated', 'deletionTimestamp', 'at', 'operations']);

function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  // Of a name of a file the hash goes: keys and bytes of the files themselves have been compared.
  if (typeof value === 'string') return value.replace(/-[0-9a-f]{12}(?=\.(parquet|json)$)/, '');
  // A moment of these runs, in milliseconds or microseconds, that stands in a row or a bound.
  if (typeof value === 'number' && [value, value / 1000].some((moment) => Math.abs(moment - Date.now()) < 600_000)) return 'a moment';
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).filter(([name]) => !MOMENTS.has(name));
  // Files and manifests that hold a time: they go by their names without the hash, and have no checksum to compare.
  const own = [value.path, value.manifest].some((path) => /\/_dlt_|^snapshots\//.test(path ?? ''));
  return Object.fromEntries(members.map(([name, member]) => [name, own && ['path', 'manifest', 'sha256', 'bytes'].includes(name) ? undefined : /^_dlt_/.test(value.name ?? '') && ['bytes', 'digest'].includes(name) ? undefined : bare(member)]));
}
