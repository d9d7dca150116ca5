// The command line itself: help, output, and the commands that neither run nor normalize.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { emulated } from '../../tools/lib/local.mjs';
import { parseHeaders } from '../../npm/cli/assets.js';
import { Progress } from '../../npm/cli/progress.js';
import { secrets } from '../../npm/cli/secrets.js';
import { PAGE } from '../../tools/lib/page.mjs';
import { SECRET_MARKER, startGateway } from '../gateway/server.mjs';
import { gatelake, start, temporary } from './support.mjs';

const COMMANDS = ['init', 'check', 'pull', 'show', 'schema', 'normalize', 'probe'];

let gateway;
before(async () => {
  gateway = await startGateway({ users: 60, tls: true });
});
after(() => gateway.close());

function place(t, one = gateway) {
  const cwd = temporary(t);
  const { toml, secrets } = emulated(one);
  writeFileSync(join(cwd, 'gatelake.toml'), toml);
  return { cwd, env: secrets };
}

const pin = (one = gateway) => ['--pin-sha256', new X509Certificate(one.certificate).fingerprint256];

test('help of all commands, and what is no command or option', async () => {
  const overview = await gatelake(['--help']);
  assert.equal(overview.code, 0);
  for (const name of COMMANDS) {
    assert.match(overview.stdout, new RegExp(`^ {2}${name} `, 'm'));
    const own = await gatelake([name, '--help']);
    assert.equal(own.code, 0, own.stderr);
    assert.ok(own.stdout.startsWith(`gatelake ${name}`));
    assert.match(own.stdout, /--json/);
    assert.ok(own.stdout.split('\n').every((line) => line.length <= 110), name);
  }
  const bare = await gatelake([]);
  assert.equal(bare.code, 2);
  const wrong = await gatelake(['pul', '--json']);
  assert.deepEqual([wrong.code, wrong.json.error.help], [2, 'Is it pull?']);
  for (const [args, message] of [[['pull', '--datset', 'x'], /no option --datset/], [['pull', 'x'], /takes no argument/], [['pull', '--to'], /needs a value/], [['pull', '--to', '--json'], /needs a value/], [['init', '--force=yes'], /takes no value/], [['schema', 'a', 'b'], /takes fewer/]]) {
    const { code, stderr } = await gatelake(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, message);
  }
  const { stdout } = await gatelake(['--version']);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('init writes what check and pull understand', async (t) => {
  const cwd = temporary(t);
  const { username, password, clientId, clientSecret } = gateway.credentials;
  const args = ['init', '--base-url', gateway.url, '--username', username, '--client-id', clientId, '--dataset', 'north_1', '--json'];
  const written = await gatelake(args, { cwd });
  assert.equal(written.code, 0, written.stderr);
  assert.deepEqual(written.json, { config: 'gatelake.toml', secrets: ['NORTH_1_PASSWORD', 'NORTH_1_CLIENT_SECRET'] });
  const env = { NORTH_1_PASSWORD: password, NORTH_1_CLIENT_SECRET: clientSecret };
  const checked = await gatelake(['check', '--json', ...pin()], { cwd, env });
  assert.equal(checked.code, 0, checked.stdout);
  assert.equal((await gatelake(args, { cwd })).code, 2, 'a file that is there stays');
  assert.equal((await gatelake([...args, '--force'], { cwd })).code, 0);
  // Whatever somebody types is one text of the file.
  const odd = ['init', '--config', 'odd.toml', '--base-url', 'http://10.0.0.1', '--username', 'a"b\\c\u007f', '--api', '2', '--json'];
  assert.deepEqual((await gatelake(odd, { cwd })).json.secrets, ['SFTP_PASSWORD']);
  const [step] = (await gatelake(['check', '--config', 'odd.toml', '--json'], { cwd })).json.steps;
  assert.deepEqual([step.step, step.ok], ['configuration', true]);
  for (const wrong of [['--username', 'x'], ['--base-url', 'https://a.example'], ['--base-url', 'a', '--username', 'b', '--api', '4'], ['--base-url', 'a', '--username', 'b', '--dataset', 'A__b']]) {
    assert.equal((await gatelake(['init', '--config', 'new.toml', ...wrong], { cwd })).code, 2);
  }
  assert.equal(existsSync(join(cwd, 'new.toml')), false);
});

test('check says which step fails, and what to do', async (t) => {
  const { cwd, env } = place(t);
  const steps = async (args, options = { cwd, env }) => {
    const ended = await gatelake(['check', '--json', ...args], options);
    for (const text of [ended.stdout, ended.stderr]) assert.equal(text.includes(SECRET_MARKER), false);
    return { code: ended.code, steps: ended.json.steps, last: ended.json.steps.at(-1), names: ended.json.steps.map(({ step, ok }) => `${ok ? '+' : '-'} ${step}`) };
  };
  const good = await steps([...pin(), '--to', 'lake']);
  assert.equal(good.code, 0, JSON.stringify(good));
  assert.deepEqual(good.names.slice(0, 6), ['+ configuration', '+ secrets', '+ sftp: name', '+ sftp: connection', '+ sftp: certificate', '+ sftp: login']);
  assert.deepEqual(good.names.slice(-2), ['+ place', '+ place: conditional puts']);
  assert.ok(good.names.includes('+ sftp: /backend/3.0.0/users'));

  const fingerprint = new X509Certificate(gateway.certificate).fingerprint256;
  const untrusted = await steps([]);
  assert.deepEqual([untrusted.code, untrusted.last.step, untrusted.last.error.code], [1, 'sftp: certificate', 'certificate']);
  assert.ok(untrusted.last.error.message.includes(fingerprint), 'the fingerprint is shown');
  assert.match(untrusted.last.error.help, /--pin-sha256 [0-9a-f]{64} /);
  const other = await steps(['--pin-sha256', 'a'.repeat(64)]);
  assert.match(other.last.error.message, /none of those that are pinned/);

  const secretless = await steps(pin(), { cwd });
  assert.deepEqual([secretless.code, secretless.last.step, secretless.last.error.code], [2, 'secrets', 'missing_secret']);
  const refused = await steps(pin(), { cwd, env: { ...env, SFTP_PASSWORD: 'wrong' } });
  assert.deepEqual([refused.code, refused.last.step, refused.last.error.code], [1, 'sftp: login', 'login_refused']);
  gateway.fault({ kind: '403', on: '/users' });
  const denied = await steps(pin());
  gateway.set({ faults: [] });
  assert.equal(denied.code, 1);
  assert.equal(denied.steps.find(({ step }) => step === 'sftp: /backend/3.0.0/users').error.code, 'access_denied');

  const at = async (base, args = []) => {
    writeFileSync(join(cwd, 'at.toml'), `[gateway.sftp]\nbase_url = "${base}"\nallow_http = true\nusername = "a"\npassword_secret = "SFTP_PASSWORD"\n`);
    return (await steps(['--config', 'at.toml', ...args])).last;
  };
  const nobody = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => nobody.once('listening', done));
  const { port } = nobody.address();
  await new Promise((done) => nobody.close(done));
  const closed = await at(`https://127.0.0.1:${port}`);
  assert.deepEqual([closed.step, closed.error.code], ['sftp: connection', 'connection_failed']);
  assert.match(closed.error.message, /nobody listens/);
  assert.deepEqual((await at('https://no-such-name.invalid')).step, 'sftp: name');
  const plain = await startGateway({ users: 1 });
  assert.deepEqual((await at(plain.url.replace('http:', 'https:'))).step, 'sftp: certificate');
  await plain.close();

  writeFileSync(join(cwd, 'wrong.toml'), '[gateway.sftp]\nbase = "x"\n');
  const wrong = await steps(['--config', 'wrong.toml', '--to', 'lake']);
  assert.deepEqual([wrong.code, wrong.names], [2, ['- configuration', '+ place', '+ place: conditional puts']]);
  writeFileSync(join(cwd, 'file'), 'x');
  const blocked = await steps([...pin(), '--to', 'file']);
  assert.equal(blocked.last.ok, false);
});

test('probe shows shapes and no values', async (t) => {
  const { cwd, env } = place(t);
  const probe = await gatelake(['probe', '--json', ...pin()], { cwd, env });
  assert.equal(probe.code, 0, probe.stderr);
  const users = probe.json.resources.find(({ resource }) => resource === 'users');
  assert.equal(users.shape['/*/username'].text, 60);
  const people = await gatelake(['probe', ...pin()], { cwd, env });
  assert.match(people.stdout, /\/\*\/username +text 60/);
  for (const { stdout } of [probe, people]) assert.equal(stdout.includes(SECRET_MARKER), false);
  gateway.fault({ kind: '403', on: '/users' });
  const partly = await gatelake(['probe', '--json', ...pin()], { cwd, env });
  gateway.set({ faults: [] });
  assert.equal(partly.code, 3);
});

test('schema shows tables and columns', async (t) => {
  const { cwd, env } = place(t);
  const nothing = await gatelake(['schema', '--json'], { cwd });
  assert.deepEqual([nothing.code, nothing.json.error.code], [1, 'nothing_published']);
  assert.equal((await gatelake(['pull', ...pin()], { cwd, env })).code, 0);
  const { json } = await gatelake(['schema', 'lake', '--json'], { cwd });
  const [{ dataset, tables }] = json.datasets;
  assert.equal(dataset, 'sftp');
  assert.deepEqual(tables.find(({ name }) => name === 'users').columns.find(({ name }) => name === 'username').data_type, 'text');
  const people = await gatelake(['schema', '--table', 'users'], { cwd });
  assert.match(people.stdout, /^ +username +text +yes +\/username$/m);
  assert.doesNotMatch(people.stdout, /folders/);
  assert.equal((await gatelake(['schema', '--table', 'nobody'], { cwd })).code, 1);
});

/** Asks as a browser would not: with any host name. */
const ask = (url, { path = '/', method = 'GET', headers = {} } = {}) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) }));
    });
    asked.on('error', reject).end();
  });

test('show serves the page and the lake, to this machine and with its token alone', async (t) => {
  const { cwd, env } = place(t);
  for (const time of ['1795773600000', '1795777200000']) {
    assert.equal((await gatelake(['pull', '--scheduled-time', time, ...pin()], { cwd, env })).code, 0);
    gateway.set({ revision: 1 });
  }
  gateway.set({ revision: 0 });
  const { child, done } = start(['show', 'lake'], { cwd });
  try {
    const link = await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
    const url = new URL(link);
    const token = new URLSearchParams(url.hash.slice(1)).get('token');
    assert.equal(url.hostname, '127.0.0.1');
    assert.ok(token.length >= 32);
    const headers = { authorization: `Bearer ${token}` };
    const api = async (path) => {
      const { status, bytes } = await ask(url, { path, headers });
      return { status, json: JSON.parse(bytes) };
    };

    const page = await ask(url);
    assert.equal(page.status, 200);
    assert.ok(page.bytes.equals(readFileSync(join(PAGE, 'index.html'))));
    const rules = parseHeaders(readFileSync(join(PAGE, '_headers'), 'utf8'));
    for (const line of rules[0].lines) {
      const [, name, value] = /^([^:]+): *(.*)$/.exec(line);
      assert.equal(page.headers[name.toLowerCase()], value);
    }
    assert.equal((await ask(url, { path: '/gatelake_bg.wasm' })).headers['content-type'], 'application/wasm');
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/_headers', '/nothing', '/%00', '/chunks']) assert.equal((await ask(url, { path })).status, 404, path);
    assert.equal((await ask(url, { method: 'POST' })).status, 405);

    for (const wrong of [{}, { authorization: 'Bearer nonsense' }, { authorization: token }]) assert.equal((await ask(url, { path: '/api/datasets', headers: wrong })).status, 401);
    for (const host of ['evil.example', `evil.example:${url.port}`, '127.0.0.1']) assert.equal((await ask(url, { path: '/api/datasets', headers: { ...headers, host } })).status, 421, host);
    assert.deepEqual((await api('/api/datasets')).json, { datasets: [{ dataset: 'sftp', gateway: 'lake', direct: false, resources: [] }] });
    const current = (await api('/api/snapshots/current?dataset=sftp')).json;
    assert.equal(current.snapshot.snapshot, '1795777200.000');
    assert.ok(current.freshness.users.fetched_at > 0);
    assert.deepEqual((await api('/api/snapshots')).json.snapshots.map(({ snapshot }) => snapshot), ['1795777200.000', '1795773600.000']);
    assert.deepEqual((await api('/api/snapshots?limit=1&before=1795777200.000')).json.snapshots.map(({ snapshot }) => snapshot), ['1795773600.000']);
    const { runs, cursor } = (await api('/api/runs?limit=1')).json;
    assert.equal(runs[0].outcome, 'published');
    assert.equal((await api(`/api/runs?cursor=${encodeURIComponent(cursor)}`)).json.runs.length, 1);
    assert.equal((await api(`/api/runs/${runs[0].id}`)).json.id, runs[0].id);
    const before = (await api('/api/snapshots/1795773600.000')).json.snapshot;
    const users = before.tables.find(({ name }) => name === 'users');
    const file = await ask(url, { path: '/api/tables/users.parquet?snapshot=1795773600.000&file=0', headers });
    assert.ok(file.bytes.equals(readFileSync(join(cwd, 'lake', 'gatelake', 'sftp', users.files[0].path))));
    assert.equal(file.headers.etag, `"${users.files[0].sha256}"`);
    for (const path of ['/api/snapshots/1', '/api/runs/1', '/api/tables/nobody.parquet', '/api/nothing', '/api/snapshots?dataset=west']) assert.equal((await api(path)).status, 404, path);
    for (const path of ['/api/snapshots?limit=x', '/api/runs?limit=1000']) assert.equal((await api(path)).status, 400, path);
    const post = await ask(url, { path: '/api/runs', method: 'POST', headers });
    assert.deepEqual([post.status, JSON.parse(post.bytes).error.code], [405, 'read_only']);
    for (const path of ['/api/preview', '/api/probe?dataset=sftp']) assert.equal((await api(path)).status, 405, path);
  } finally {
    child.kill('SIGINT');
    assert.equal((await done).code, 0);
  }
  mkdirSync(join(cwd, 'empty'));
  assert.equal((await gatelake(['show', 'empty', '--json'], { cwd })).json.error.code, 'nothing_published');
  assert.equal((await gatelake(['show', '--port', 'x'], { cwd })).code, 2);
});

/** A terminal on which somebody types these, one after the other as they are asked for. */
function typing(texts) {
  const stdin = Object.assign(new EventEmitter(), { isTTY: true, modes: [], setEncoding() {}, resume() {}, pause() {}, setRawMode: (mode) => stdin.modes.push(mode) });
  const shown = [];
  const stderr = {
    isTTY: true,
    write(text) {
      shown.push(text);
      if (text.endsWith(': ')) setImmediate(() => stdin.emit('data', texts.shift()));
    },
  };
  return { shown, io: { env: { KNOWN: 'known' }, stdin, stderr, say() {}, signal: new AbortController().signal } };
}

test('what is missing is asked for on a terminal, and not shown', async () => {
  const { shown, io } = typing(['hunx\u007fter2\r', 'other\n']);
  assert.deepEqual(await secrets(['KNOWN', 'ONE', 'TWO'], { io }), { KNOWN: 'known', ONE: 'hunter2', TWO: 'other' });
  assert.equal(shown.join(''), 'ONE: \nTWO: \n');
  assert.deepEqual(io.stdin.modes, [true, false, true, false], 'the terminal is as it was');
  const left = typing(['abc\u0003']);
  await assert.rejects(secrets(['ONE'], left), { code: 'stopped', exit: 130 });
  assert.equal(left.io.stdin.listenerCount('data'), 0);
});

test('progress: bars on a terminal, lines otherwise', async () => {
  const told = (isTTY) => {
    let text = '';
    return { isTTY, columns: 100, write: (more) => (text += more), text: () => text };
  };
  for (const isTTY of [true, false]) {
    const stream = told(isTTY);
    const progress = new Progress(stream);
    const fetch = progress.fetching(async () => new Response('x'.repeat(5000), { headers: { 'content-length': '5000' } }));
    assert.equal((await (await fetch('https://a.example/backend/users')).text()).length, 5000);
    const store = progress.storing({ put: async () => 'etag' });
    await store.put('lake/data/users/1.parquet', new Uint8Array(2048), {});
    progress.say('a line');
    await new Promise((done) => setTimeout(done, 250));
    progress.end();
    assert.match(stream.text(), /a line\n/);
    if (isTTY) assert.match(stream.text(), /users +█{24} +4\.9 KiB .* MB\/s\n {2}1 file stored \(2\.0 KiB\)/s);
    else assert.equal(stream.text(), 'a line\n');
  }
});
