// One run is one lake, wherever it lies: in the Worker's R2, in a folder, in a bucket, in memory.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { engine } from '../../npm/cli/engine.js';
import { folderStore } from '../../npm/store/folder.js';
import { memoryStore } from '../../npm/store/memory.js';
import { ROOT } from '../../tools/lib/execute.mjs';
import { emulated, startLocal } from '../../tools/lib/local.mjs';
import { fixed } from '../e2e/clock.mjs';
import { TOKEN } from '../e2e/support.mjs';
import { startGateway } from '../gateway/server.mjs';
import { start, startS3, temporary } from './support.mjs';
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

/** Every object of a bucket of R2. */
async function inBucket(bucket) {
  const { objects: heads, truncated } = await bucket.list();
  assert.equal(truncated, false);
  const found = new Map();
  for (const { key } of heads) found.set(key, Buffer.from(await (await bucket.get(key)).arrayBuffer()));
  return found;
}

/** Requests for what a lake alone can answer, right and wrong ones. */
const REQUESTS = [
  'snapshots',
  'snapshots?limit=1',
  `snapshots?at=${TIME + 30_000}`,
  'snapshots/current',
  'snapshots/previous',
  'snapshots/1795773600.000',
  'snapshots/1',
  'snapshots?limit=x',
  'snapshots?to=1',
  'tables/users?limit=3&offset=1',
  `tables/users?at=${TIME + 30_000}&limit=2`,
  'tables/users?at=2020-01-01T00:00:00Z',
  'tables/users?at=1&snapshot=current',
  'tables/users.parquet',
  'tables/users__public_keys.parquet?snapshot=previous',
  'tables/users.parquet?file=1',
  'tables/nobody',
  'changes',
  'changes?from=current&to=previous&table=users&limit=2&offset=1',
  'changes?table=nobody',
  'runs',
  'runs/1',
  'collect',
  'nowhere',
];

/** What `show` answers over a folder is what the Worker answers over R2. */
async function alike(worker, place) {
  const { child, done } = start(['show', place]);
  try {
    const link = new URL(await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve)));
    const token = new URLSearchParams(link.hash.slice(1)).get('token');
    const told = async (response) => {
      const headers = [...response.headers].filter(([name]) => /^(content-|etag|x-|cache-control|referrer-policy)/.test(name) && !/^content-(length|encoding)$/.test(name));
      return { status: response.status, headers: headers.toSorted(), body: Buffer.from(await response.arrayBuffer()).toString('latin1') };
    };
    const statuses = new Set();
    for (const path of REQUESTS) {
      const shown = await told(await fetch(new URL(`/api/${path}`, link), { headers: { authorization: `Bearer ${token}` } }));
      assert.deepEqual(shown, await told(await worker.fetch(`/api/${path}`, { headers: { authorization: `Bearer ${TOKEN}` } })), path);
      statuses.add(shown.status);
    }
    assert.deepEqual([...statuses].toSorted(), [200, 400, 404]);
  } finally {
    child.kill('SIGINT');
    await done;
  }
}

function same(found, expected, what) {
  assert.deepEqual([...found.keys()].toSorted(), [...expected.keys()].toSorted(), what);
  for (const [key, bytes] of expected) assert.ok(bytes.equals(found.get(key)), `${what}: ${key}`);
}

test("the Worker's R2, memory, a folder and S3: with one clock and one chance every object is the same, byte for byte; `show` answers as the Worker", async (t) => {
  const gateway = await startGateway({ users: 200 });
  const { toml, secrets } = emulated(gateway);
  const worker = await startLocal({ toml, secrets, token: TOKEN, entry: join(ROOT, 'tests', 'e2e', 'fixed.js') });
  const s3 = await startS3();
  try {
    const { runGateways } = await engine();
    const folder = temporary(t);
    const stores = { memory: memoryStore(), folder: folderStore(folder), ...(!s3.missing && { s3: s3.store() }) };
    const ways = {
      async R2(time, clock) {
        const headers = { authorization: `Bearer ${TOKEN}`, 'x-clock': String(clock) };
        return (await worker.fetch('/api/runs', { method: 'POST', headers, body: JSON.stringify({ scheduled_time: time }) })).json();
      },
    };
    for (const [name, store] of Object.entries(stores)) {
      ways[name] = async (time, clock) => {
        const back = fixed(clock);
        return { runs: await runGateways(toml, time, store, { secrets }).finally(back) };
      };
    }
    for (const way of Object.values(ways)) {
      // A first run, then one that changes some tables, and one that changes nothing.
      for (const [turn, revision] of [0, 1, 1].entries()) {
        gateway.set({ revision });
        const time = TIME + turn * 60_000;
        const { runs, error } = await way(time, time + 1500);
        assert.equal(runs?.[0].outcome, turn === 2 ? 'unchanged' : 'published', JSON.stringify(error ?? runs));
      }
    }
    const lake = await inBucket(await worker.bucket());
    assert.ok(lake.size > 20);
    t.diagnostic(`${lake.size} objects, ${[...lake.values()].reduce((sum, bytes) => sum + bytes.length, 0)} bytes`);
    for (const [name, store] of Object.entries(stores)) same(await all(store), lake, name);
    same(objects(folder), lake, 'files of the folder');
    await whole(join(folder, 'gatelake', 'sftp'));
    await alike(worker, folder);
    if (s3.missing) t.diagnostic(s3.missing);
  } finally {
    await worker.close();
    await gateway.close();
    await s3.close?.();
  }
});
