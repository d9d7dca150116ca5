// Runs in workerd: the cron's promise, several gateways, races, a wrong configuration, a bug.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOKEN, world } from './support.mjs';
import { startLocal } from '../../tools/lib/local.mjs';

const HOUR = 3_600_000;
const within = async (made, work) => {
  const lake = await made;
  try {
    await work(lake);
  } finally {
    await lake.close();
  }
};

test('the cron publishes, is idempotent by its time, and does not go back', () =>
  within(world({ sftp: {} }), async (lake) => {
    const now = Date.now();
    assert.equal(await lake.local.cron(now - HOUR), 'ok');
    const { snapshot } = await lake.current('sftp');
    assert.equal(snapshot.scheduled_time, now - HOUR);
    lake.gateways.sftp.set({ revision: 1 });
    assert.equal(await lake.local.cron(now - HOUR), 'ok');
    assert.equal(await lake.local.cron(now - 2 * HOUR), 'ok');
    assert.equal((await lake.current('sftp')).snapshot.snapshot, snapshot.snapshot);
    assert.equal(await lake.local.cron(now), 'ok');
    assert.equal((await lake.current('sftp')).snapshot.scheduled_time, now);
    const outcomes = (await lake.call('/api/runs')).json.runs.map((run) => run.outcome).sort();
    assert.deepEqual(outcomes, ['already_published', 'published', 'published', 'superseded']);
  }));

test('the cron collects after a run that wrote something, once a day', () =>
  within(world({ sftp: {} }), async (lake) => {
    const reports = async () => (await lake.call('/api/collect')).json.collections;
    const now = Date.now();
    assert.equal(await lake.local.cron(now - HOUR), 'ok');
    const [report] = await reports();
    assert.deepEqual([report.dataset, report.complete, report.error, report.kept], ['sftp', true, null, 1]);
    lake.gateways.sftp.set({ revision: 1 });
    assert.equal(await lake.local.cron(now), 'ok');
    assert.equal((await lake.current('sftp')).snapshot.scheduled_time, now);
    assert.deepEqual(await reports(), [report]);
  }));

test('the cron fails when a resource fails, and when all do', () =>
  within(world({ sftp: {} }), async (lake) => {
    const now = Date.now();
    lake.gateways.sftp.fault({ kind: '403', on: '/users' });
    assert.notEqual(await lake.local.cron(now - HOUR), 'ok');
    const { runs } = (await lake.call('/api/runs')).json;
    assert.equal(runs[0].outcome, 'partial');
    lake.gateways.sftp.fault({ kind: 'wrong-password' });
    assert.notEqual(await lake.local.cron(now), 'ok');
    assert.equal((await lake.call('/api/runs?limit=1')).json.runs[0].outcome, 'failed');
    // What came in the first time is there.
    assert.ok((await lake.rows('sftp', 'folders')).length > 0);
  }));

test('two runs at once: one wins, the lake is whole', () =>
  within(world({ sftp: { users: 200 } }), async (lake) => {
    const now = Date.now();
    const outcomes = await Promise.all([lake.run('sftp', now - 1000), lake.run('sftp', now), lake.run('sftp', now)]);
    const said = outcomes.map(({ record }) => record.outcome);
    assert.ok(said.includes('published'), said.join());
    assert.ok(said.every((outcome) => ['published', 'already_published', 'superseded', 'unchanged', 'busy'].includes(outcome)), said.join());
    assert.equal((await lake.rows('sftp', 'users')).length, 200);
    assert.equal((await lake.run('sftp')).record.outcome, 'unchanged');
  }));

test('several gateways: each is a dataset, one that fails leaves the others alone', () =>
  within(world({ north: { users: 10 }, south: { users: 20 }, west: { api: 'v2', users: 30, section: v2 } }), async (lake) => {
    lake.gateways.south.fault({ kind: 'wrong-password' });
    const { status, json } = await lake.call('/api/runs', { method: 'POST' });
    assert.equal(status, 502);
    assert.deepEqual(json.runs.map((run) => [run.dataset, run.outcome]), [['north', 'published'], ['south', 'failed'], ['west', 'published']]);
    assert.equal((await lake.rows('north', 'users')).length, 10);
    assert.equal((await lake.rows('west', 'users')).length, 30);
    assert.equal((await lake.call('/api/snapshots/current')).json.error.code, 'dataset_needed');
    assert.deepEqual((await lake.call('/api/datasets')).json.datasets.map((one) => one.dataset), ['north', 'south', 'west']);
  }));

const v2 = ({ url, credentials: { username, password } }) => ({
  toml: `[gateway.west]\nbase_url = "${url}"\nusername = "${username}"\npassword_secret = "WEST_PASSWORD"\n`,
  secrets: { WEST_PASSWORD: password },
});

test('a wrong configuration says what is wrong, and the right name', async () => {
  const toml = '[gateway.sftp]\nbase_url = "https://sftp.example"\nusrname = "admin"\npassword_secret = "P"\n';
  const local = await startLocal({ toml, secrets: {}, token: TOKEN });
  try {
    const response = await local.fetch('/api/runs', { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
    assert.equal(response.status, 500);
    const { error } = await response.json();
    assert.match(error.message, /usrname/);
    assert.match(error.message, /username/);
    assert.notEqual(await local.cron(Date.now()), 'ok');
    assert.ok(local.logs.some((line) => line.includes('usrname')), local.logs.join('\n'));
  } finally {
    await local.close();
  }
});

test('a missing secret is named, with the command that sets it, on record', () =>
  within(world({ sftp: { section: (gateway) => ({ ...v2(gateway), toml: v2(gateway).toml.replace('west', 'sftp'), secrets: {} }) } }), async (lake) => {
    const { status, record } = await lake.run('sftp');
    assert.equal(status, 502);
    assert.match(JSON.stringify(record), /WEST_PASSWORD.*wrangler secret put WEST_PASSWORD/);
    assert.equal(lake.gateways.sftp.requests.length, 0);
  }));

test('a binding that is not there is named', () =>
  within(world({ sftp: { toml: 'transport = "binding:TUNNEL"' } }), async (lake) => {
    const { record } = await lake.run('sftp');
    assert.match(JSON.stringify(record), /no service or VPC binding `TUNNEL`/);
  }));

test('a large gateway comes in whole', () =>
  within(world({ sftp: { users: 20_000, envelope: 'page', pageSize: 2000 } }, { limits: '' }), async (lake) => {
    const { record } = await lake.run('sftp');
    assert.equal(record.outcome, 'published', JSON.stringify(record.resources));
    assert.equal(record.tables.find((table) => table.name === 'users').rows, 20_000);
    assert.equal(record.resources.find((one) => one.name === 'users').pages, 10);
  }));
