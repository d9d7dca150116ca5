// What the tests of the stores and of the command line share.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { s3Store } from '../../npm/store/s3.js';
import { ROOT } from '../../tools/lib/execute.mjs';
import { python } from '../../tools/lib/python.mjs';

/** Keys that moto takes, as it takes any. */
export const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the-key-of-the-tests' };

/** A folder for a test, which goes with it. */
export function temporary(test) {
  const folder = mkdtempSync(join(tmpdir(), 'gatelake-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * An S3 server (moto) with an empty bucket `lake`: `{ endpoint, store(options), close }`, or `{ missing }` where there is no Python.
 * What it lacks of S3: it checks no signatures, and of the conditions at the end of a multipart upload it knows `If-None-Match` alone.
 */
export async function startS3() {
  const { python: program, missing } = await python('tests/npm/requirements.txt');
  if (missing) return { missing };
  const child = spawn(program, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const endpoint = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`moto ended with ${code} before it was up`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [url] = /http:\/\/\S+:\d+/.exec(line) ?? [];
      if (url) resolve(url);
    });
  });
  child.stderr.resume();
  await fetch(`${endpoint}/lake`, { method: 'PUT' });
  return {
    endpoint,
    store: (options = {}) => s3Store({ bucket: 'lake', endpoint, credentials: KEYS, ...options }),
    async close() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

export const PROGRAM = join(ROOT, 'npm', 'cli', 'main.js');

/**
 * Starts the command line: `{ child, done }`; `done` resolves to `{ code, signal, stdout, stderr }`. Nothing of this process's
 * environment that is about secrets goes along.
 */
export function start(args, { env = {}, cwd, input } = {}) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (texts[name] += text));
  // A program that ends early does not read what it is given.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const done = once(child, 'close').then(([code, signal]) => ({ code, signal, ...texts }));
  return { child, done };
}

/** Runs it to its end. With `--json` among the arguments, `json` is what it answered. */
export async function gatelake(args, options) {
  const ended = await start(args, options).done;
  return args.includes('--json') && ended.stdout ? { ...ended, json: JSON.parse(ended.stdout) } : ended;
}
