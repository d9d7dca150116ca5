import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseArguments } from './arguments.mjs';
import { FAULTS } from './fault-kinds.mjs';
import { parseSwitches, resolve, SWITCHES } from './profile.mjs';

const MAIN = fileURLToPath(new URL('./main.mjs', import.meta.url));
const run = (...args) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
const dashed = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

test('--help names every switch and every fault, in lines that fit a terminal', () => {
  const { status, stdout } = run('--help');
  assert.equal(status, 0);
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.length > 100),
    [],
  );
  for (const name of Object.keys(SWITCHES)) assert.match(stdout, new RegExp(`^  --${dashed(name)}( |$)`, 'm'));
  for (const kind of Object.keys(FAULTS)) assert.match(stdout, new RegExp(`^  ${kind} `, 'm'));
});

test('arguments become the options of startGateway', () => {
  const { faults, ...switches } = parseArguments([
    '--users',
    '1_000',
    '--envelope=page-new',
    '--cors',
    'http://page.example:8080',
    '--no-total-header',
    '--expires-in',
    'none',
    '--fault',
    '502-html:/users:2',
    '--fault=cut-length:~users$::records=3',
    '--fault',
    'reset',
  ]);
  assert.deepEqual(faults, [
    { kind: '502-html', on: '/users', times: '2' },
    { kind: 'cut-length', on: '~users$', times: '', records: '3' },
    { kind: 'reset', on: '', times: 'always' },
  ]);
  const { users, envelope, cors, totalHeader, expiresIn } = resolve(parseSwitches(switches));
  assert.deepEqual([users, envelope, cors, totalHeader, expiresIn], [1000, 'page-new', 'http://page.example:8080', false, null]);
});

test('mistakes end with status 2 and one clear line', () => {
  for (const [args, message] of [
    [['--usres', '3'], /unknown option "--usres"; did you mean "users"\?/],
    [['--envelope', 'pag'], /unknown value "pag"; did you mean "page"\?/],
    [['--fault', '502html'], /unknown fault "502html"; did you mean "502-html"\?/],
    [['--fault', 'shrink:/users:1:recrods=3'], /unknown option "recrods"; did you mean "records"\?/],
    [['--fault', 'shrink:/users:1:records'], /records must be a whole number/],
    [['--users'], /--users wants a value/],
    [['1000'], /"1000" is no option/],
    [['--no-users', '3'], /unknown option "--no-users"/],
  ]) {
    const { status, stderr } = run(...args);
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\bat .*\.mjs/, 'no stack trace');
  }
});

test(
  'it prints how to use it, and the examples work',
  { skip: spawnSync('curl', ['--version']).error ? 'no curl here' : false },
  async () => {
    for (const args of [[], ['--api', 'v2'], ['--auth', 'oauth-token', '--password', "it's a & b"]]) {
      const child = spawn(process.execPath, [MAIN, '--port', '0', '--users', '12', ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        let text = '';
        for await (const chunk of child.stdout) {
          text += chunk;
          if (text.includes('Ctrl-C')) break;
        }
        const script = /try it:\n([\s\S]*?)\n\n/.exec(text)[1];
        const body = JSON.parse(spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout);
        assert.equal((body.users ?? body).length, 12);
        const revision = /\n(.*"revision":1.*)\n/.exec(text)[1];
        assert.equal(JSON.parse(spawnSync('sh', ['-c', revision], { encoding: 'utf8' }).stdout).profile.revision, 1);
      } finally {
        child.kill('SIGTERM');
      }
      const [code] = await once(child, 'exit');
      assert.equal(code, 0, 'it stops when asked to');
    }
  },
);

test('a taken port is told in plain words', async () => {
  const child = spawn(process.execPath, [MAIN, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [chunk] = await once(child.stdout, 'data');
    const port = /:(\d+)\n/.exec(String(chunk))[1];
    const { status, stderr } = run('--port', port);
    assert.deepEqual([status, stderr.trim()], [2, `gateway: port ${port} is in use; choose another with --port`]);
  } finally {
    child.kill('SIGTERM');
  }
});
