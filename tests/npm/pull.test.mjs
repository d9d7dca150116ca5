// `gatelake pull` against the emulated gateway, over TLS with a self-signed certificate as an appliance has it.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SECRET_MARKER, startGateway } from '../gateway/server.mjs';
import { emulated } from '../../tools/lib/local.mjs';
import { gatelake, KEYS, start, startS3, temporary } from './support.mjs';
import { whole } from './whole.mjs';

const pinOf = (pem) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

let gateway;
let s3;
before(async () => {
  gateway = await startGateway({ users: 300, tls: true });
  s3 = await startS3();
});
after(async () => {
  await gateway.close();
  await s3.close?.();
});

/** A folder with a configuration of these gateways (dataset → gateway); their secrets are in `env`. */
function place(t, gateways = { sftp: gateway }, more = '') {
  const cwd = temporary(t);
  const env = {};
  let toml = more;
  for (const [dataset, one] of Object.entries(gateways)) {
    const made = emulated(one, dataset);
    toml += made.toml;
    Object.assign(env, made.secrets);
  }
  writeFileSync(join(cwd, 'gatelake.toml'), toml);
  return { cwd, env };
}

const dataset = (cwd) => join(cwd, 'lake', 'gatelake', 'sftp');

/** None of the gateway's secrets may be in anything that was said. */
function discreet({ stdout, stderr }) {
  for (const text of [stdout, stderr]) assert.equal(text.includes(SECRET_MARKER), false, text);
}

test('a whole run, with a table at the end; the same again changes nothing', async (t) => {
  const { cwd, env } = place(t);
  const args = ['pull', '--pin-sha256', pinOf(gateway.certificate), '--scheduled-time', '2026-11-27T10:00:00Z'];
  const first = await gatelake(args, { cwd, env });
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /sftp: published \(snapshot 1795773600\.000\)/);
  assert.match(first.stdout, /^ +table +rows +columns +files +size +what changed$/m);
  assert.match(first.stdout, /^ +users +300 /m);
  assert.match(first.stderr, /sftp: users: \d+ rows/);
  discreet(first);
  const manifest = await whole(dataset(cwd));
  assert.equal(manifest.tables.find(({ name }) => name === 'users').rows, 300);
  const again = await gatelake([...args, '--json'], { cwd, env });
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(again.json.runs.map(({ dataset, outcome }) => [dataset, outcome]), [['sftp', 'already_published']]);
  const later = await gatelake(['pull', '--pin-sha256', pinOf(gateway.certificate), '--json', '--quiet'], { cwd, env });
  assert.deepEqual([later.code, later.stderr, later.json.runs[0].outcome], [0, '', 'unchanged']);
});

test('certificates are checked in every case', async (t) => {
  const { cwd, env } = place(t);
  writeFileSync(join(cwd, 'cert.pem'), gateway.certificate);
  const before = gateway.requests.length;
  const refused = await gatelake(['pull', '--json'], { cwd, env });
  assert.equal(refused.code, 1);
  assert.equal(refused.json.runs[0].resources[0].error.code, 'certificate');
  assert.match(refused.json.runs[0].resources[0].error.message, /--pin-sha256/);
  const blind = await gatelake(['pull', '--json'], { cwd, env: { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
  assert.equal(blind.json.runs[0].resources[0].error.code, 'certificate', 'the environment switches nothing off');
  assert.match(blind.stderr, /NODE_TLS_REJECT_UNAUTHORIZED=0 is set/);
  const other = await gatelake(['pull', '--json', '--pin-sha256', createHash('sha256').update('another').digest('hex')], { cwd, env });
  assert.equal(other.json.runs[0].resources[0].error.code, 'certificate');
  assert.match(other.json.runs[0].resources[0].error.message, /none of those that are pinned/);
  assert.equal(gateway.requests.length, before, 'nothing was ever sent');
  for (const trusted of [['--cacert', 'cert.pem'], ['--pin-sha256', new X509Certificate(gateway.certificate).fingerprint256], ['--cacert', 'cert.pem', '--pin-sha256', pinOf(gateway.certificate)]]) {
    const pulled = await gatelake(['pull', '--json', ...trusted], { cwd, env });
    assert.equal(pulled.code, 0, pulled.stderr);
  }
  for (const [wrong, message] of [[['--pin-sha256', 'abc'], /64 hex digits/], [['--cacert', 'nothing.pem'], /ENOENT/], [['--cacert', 'gatelake.toml'], /no certificate/]]) {
    const { code, json } = await gatelake(['pull', '--json', ...wrong], { cwd, env });
    assert.equal(code, 2);
    assert.match(json.error.message, message);
  }
});

test('exit codes tell runs that did nothing from runs that found nothing to do', async (t) => {
  const { cwd, env } = place(t, { sftp: gateway, other: gateway }, '[lake]\nlease = true\n');
  const at = async (minute, ...more) => {
    const args = ['pull', '--json', '--quiet', '--scheduled-time', `2026-11-27T10:0${minute}:00Z`, ...more];
    const { code, json } = await gatelake(args, { cwd, env });
    return [code, json.runs.map(({ outcome }) => outcome)];
  };
  const trusted = ['--pin-sha256', pinOf(gateway.certificate)];
  const one = [...trusted, '--dataset', 'sftp'];
  assert.deepEqual(await at(2, ...one), [0, ['published']]);
  assert.deepEqual(await at(2, ...one), [0, ['already_published']]);
  assert.deepEqual(await at(1, ...one), [0, ['superseded']]);
  writeFileSync(join(dataset(cwd), 'lease.json'), JSON.stringify({ format: 1, run: '1795773900.000-0a0b0c0d', expires_at: Date.now() + 600_000 }));
  const asked = gateway.requests.length;
  assert.deepEqual(await at(3, ...one), [4, ['busy']]);
  assert.equal(gateway.requests.length, asked, 'the gateway was not asked');
  assert.deepEqual(await at(3, ...trusted), [4, ['published', 'busy']]);
  assert.deepEqual(await at(4), [1, ['failed', 'busy']], 'without trust in its certificate');
});

test('killed at ten random moments and run again, the lake is whole each time', async (t) => {
  const busy = await startGateway({ users: 3000, tls: true, envelope: 'page', pageSize: 500 });
  try {
    const { cwd, env } = place(t, { sftp: busy });
    const args = (time) => ['pull', '--pin-sha256', pinOf(busy.certificate), '--scheduled-time', String(time)];
    let time = Date.now() - 3_600_000;
    const stages = { 'before it was published': 0, 'after it was published': 0 };
    // How long a run takes from its first request on, as the last one that nobody disturbed took.
    let long = 0;
    const firstRequest = async (seen) => {
      while (busy.requests.length === seen) await new Promise((wait) => setTimeout(wait, 2));
      return Date.now();
    };
    const undisturbed = async () => {
      const seen = busy.requests.length;
      const { done } = start([...args(time), '--json'], { cwd, env });
      const began = await Promise.race([firstRequest(seen), done.then(() => undefined)]);
      const { code, stdout, stderr } = await done;
      assert.equal(code, 0, stderr);
      const [{ outcome }] = JSON.parse(stdout).runs;
      if (began !== undefined && outcome === 'published') long = Date.now() - began;
      return outcome;
    };
    await undisturbed();
    for (let killed = 0, round = 1; killed < 10; round += 1) {
      assert.ok(round < 60, 'runs end before they can be killed');
      busy.set({ revision: round });
      time += 30_000;
      const before = await whole(dataset(cwd));
      const seen = busy.requests.length;
      const { child, done } = start(args(time), { cwd, env });
      await firstRequest(seen);
      // Two thirds of them at any moment, one third towards the end, where files are put and the pointer moves.
      const part = round % 3 ? Math.random() : 0.7 + 0.3 * Math.random();
      await new Promise((wait) => setTimeout(wait, long * part));
      child.kill('SIGKILL');
      const { signal } = await done;
      const after = await whole(dataset(cwd));
      const published = after.snapshot !== before.snapshot;
      // One that had ended already was not killed.
      if (signal === 'SIGKILL') {
        killed += 1;
        stages[`${published ? 'after' : 'before'} it was published`] += 1;
      }
      assert.equal(await undisturbed(), published ? 'already_published' : 'published', `round ${round}`);
      assert.equal((await whole(dataset(cwd))).scheduled_time, time);
    }
    t.diagnostic(`killed ${Object.entries(stages).map(([stage, times]) => `${times} times ${stage}`).join(', ')}; a run takes ${long} ms`);
    assert.ok(stages['before it was published'] > 0, 'some were killed in the middle');
    assert.deepEqual(readdirSync(join(cwd, 'lake')).toSorted(), ['.gatelake', 'gatelake']);
    // What came of all this is what comes of one run that nobody disturbs.
    const twin = place(t, { sftp: busy });
    assert.equal((await gatelake(args(time), twin)).code, 0);
    const content = ({ tables }) => tables.filter(({ resource }) => resource).map(({ name, rows, digest }) => [name, rows, digest]).toSorted();
    assert.deepEqual(content(await whole(dataset(cwd))), content(await whole(dataset(twin.cwd))));
    t.diagnostic(`killed ${Object.entries(stages).map(([stage, times]) => `${times} times ${stage}`).join(', ')}; a run takes ${long} ms`);
    assert.ok(stages['before it was published'] > 0, 'some were killed in the middle');
    assert.deepEqual(readdirSync(join(cwd, 'lake')).toSorted(), ['.gatelake', 'gatelake']);
  } finally {
    await busy.close();
  }
});

test('two pulls at once: one wins, the lake is whole', async (t) => {
  const { cwd, env } = place(t);
  const args = ['pull', '--pin-sha256', pinOf(gateway.certificate), '--json'];
  const ended = await Promise.all([1, 2, 3, 4].map(() => gatelake([...args, '--scheduled-time', '1795773600000'], { cwd, env })));
  const outcomes = ended.map(({ json }) => json.runs[0].outcome).toSorted();
  assert.ok(outcomes.every((outcome) => ['published', 'already_published'].includes(outcome)), outcomes.join());
  assert.equal(outcomes.filter((outcome) => outcome === 'published').length, 1, outcomes.join());
  await whole(dataset(cwd));
});

test('Ctrl-C ends a run, which leaves the lake as it was', async (t) => {
  const slow = await startGateway({ users: 50, faults: [{ kind: 'stalled-body', on: '/users' }] });
  try {
    const { cwd, env } = place(t, { sftp: slow });
    for (const signal of ['SIGINT', 'SIGTERM']) {
      const { child, done } = start(['pull', '--json'], { cwd, env });
      const seen = slow.requests.length;
      while (!slow.requests.slice(seen).some(({ path }) => path.endsWith('/users'))) await new Promise((wait) => setTimeout(wait, 10));
      child.kill(signal);
      const { code, stdout } = await done;
      assert.equal(code, 130);
      assert.equal(JSON.parse(stdout).error.code, 'stopped');
      assert.equal(await whole(dataset(cwd)), undefined);
    }
  } finally {
    await slow.close();
  }
});

test('several gateways: what fails leaves the others alone, and the exit code says so', async (t) => {
  const [north, south] = [await startGateway({ users: 10 }), await startGateway({ users: 20 })];
  try {
    const { cwd, env } = place(t, { north, south });
    south.fault({ kind: 'wrong-password' });
    const partly = await gatelake(['pull', '--json'], { cwd, env });
    assert.equal(partly.code, 3);
    assert.deepEqual(partly.json.runs.map(({ dataset, outcome }) => [dataset, outcome]), [['north', 'published'], ['south', 'failed']]);
    const one = await gatelake(['pull', '--dataset', 'south'], { cwd, env });
    assert.equal(one.code, 1);
    assert.match(one.stdout, /login_refused/);
    assert.equal(one.stdout.match(/login_refused/g).length, 1, 'said once, not for each resource');
    discreet(one);
    const none = await gatelake(['pull', '--dataset', 'west', '--json'], { cwd, env });
    assert.deepEqual([none.code, none.json.error.code], [2, 'no_such_dataset']);
    south.set({ faults: [] });
    south.fault({ kind: '403', on: '/users' });
    const part = await gatelake(['pull', '--dataset', 'south', '--json'], { cwd, env });
    assert.deepEqual([part.code, part.json.runs[0].outcome], [3, 'partial']);
  } finally {
    await Promise.all([north.close(), south.close()]);
  }
});

test('a bucket, from the first run on; one that is not there, and keys that are missing', async (t) => {
  if (s3.missing) return t.skip(s3.missing);
  const { cwd, env } = place(t);
  const keys = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey, AWS_ENDPOINT_URL: s3.endpoint };
  const args = ['pull', '--json', '--pin-sha256', pinOf(gateway.certificate)];
  const pulled = await gatelake([...args, '--to', 's3://lake/teams/one'], { cwd, env: { ...env, ...keys } });
  assert.equal(pulled.code, 0, pulled.stderr);
  const { objects: stored } = await s3.store().list('', { limit: 1000 });
  assert.ok(stored.some(({ key }) => key === 'teams/one/gatelake/sftp/current.json'));
  assert.ok(stored.every(({ key }) => key.startsWith('teams/one/gatelake/')), 'nothing of the trial is left');
  const again = await gatelake([...args, '--to', 's3://lake/teams/one', '--endpoint', s3.endpoint], { cwd, env: { ...env, ...keys, AWS_ENDPOINT_URL: undefined } });
  assert.deepEqual([again.code, again.json.runs[0].outcome], [0, 'unchanged']);
  const gone = await gatelake([...args, '--to', 's3://not-there'], { cwd, env: { ...env, ...keys } });
  assert.deepEqual([gone.code, gone.json.error.code], [1, 'no_such_bucket']);
  const keyless = await gatelake([...args, '--to', 's3://lake'], { cwd, env });
  assert.deepEqual([keyless.code, keyless.json.error.code], [2, 'missing_secret']);
  const odd = await gatelake([...args, '--to', 'gs://lake'], { cwd, env });
  assert.deepEqual([odd.code, odd.json.error.code], [2, 'bad_usage']);
  await s3.store().delete(stored.map(({ key }) => key));
});

test('secrets: from a file, never from the command line; what is missing is named', async (t) => {
  const { cwd, env } = place(t);
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  writeFileSync(join(cwd, 'secrets'), `# of the gateway\n${lines.join('\n')}\n`, { mode: 0o600 });
  const pin = ['--pin-sha256', pinOf(gateway.certificate)];
  const pulled = await gatelake(['pull', '--secrets', 'secrets', ...pin], { cwd });
  assert.equal(pulled.code, 0, pulled.stderr);
  assert.doesNotMatch(pulled.stderr, /others may read/);
  writeFileSync(join(cwd, 'open'), `export ${lines.join('\n')}\n`, { mode: 0o644 });
  const open = await gatelake(['pull', '--secrets', 'open', ...pin], { cwd });
  assert.equal(open.code, 0, open.stderr);
  assert.match(open.stderr, /others may read open/);
  const missing = await gatelake(['pull', '--json', ...pin], { cwd });
  assert.deepEqual([missing.code, missing.json.error.code], [2, 'missing_secret']);
  assert.match(missing.json.error.message, /SFTP_PASSWORD, SFTP_CLIENT_SECRET/);
  for (const option of ['--password', '--token=abc', '--client-secret', '--api-key']) {
    const said = await gatelake(['pull', option, 'hunter2', '--json'], { cwd });
    assert.deepEqual([said.code, said.json.error.code], [2, 'bad_usage']);
    assert.match(said.json.error.message, /secrets are no arguments/);
    assert.doesNotMatch(said.stdout + said.stderr, /hunter2|abc/);
  }
  const wrong = await gatelake(['pull', '--json', ...pin], { cwd, env: { ...env, SFTP_PASSWORD: 'wrong' } });
  assert.deepEqual([wrong.code, wrong.json.runs[0].resources[0].error.code], [1, 'login_refused']);
});

test('a configuration that is wrong, or only fit for a Worker, is said before anything is tried', async (t) => {
  const { cwd, env } = place(t);
  const none = await gatelake(['pull', '--config', 'other.toml', '--json'], { cwd, env });
  assert.deepEqual([none.code, none.json.error.code], [2, 'bad_config']);
  assert.match(none.json.error.help, /gatelake init/);
  writeFileSync(join(cwd, 'wrong.toml'), '[gateway.sftp]\nbase_url = "https://a.example"\nusrname = "x"\npassword_secret = "P"\n');
  const wrong = await gatelake(['pull', '--config', 'wrong.toml', '--json'], { cwd, env });
  assert.deepEqual([wrong.code, wrong.json.error.code, wrong.json.error.at], [2, 'bad_config', 'wrong.toml']);
  assert.match(wrong.json.error.message, /usrname.*username/s);
  writeFileSync(join(cwd, 'worker.toml'), `${readFileSync(join(cwd, 'gatelake.toml'), 'utf8')}transport = "binding:VPC"\n`);
  const worker = await gatelake(['pull', '--config', 'worker.toml', '--json'], { cwd, env });
  assert.equal(worker.code, 1);
  assert.match(worker.json.runs[0].resources[0].error.message, /no bindings outside of a Worker/);
  for (const time of ['tomorrow', '2999-01-01', '-5']) {
    const { code, json } = await gatelake(['pull', `--scheduled-time=${time}`, '--json'], { cwd, env });
    assert.deepEqual([code, json.error.code], [2, 'bad_usage'], time);
  }
});
