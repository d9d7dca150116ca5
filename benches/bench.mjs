// `npm run bench`: JSON bytes in, Parquet bytes out, on one thread, beside what else could do the job.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { buildWasm } from '../tools/build.mjs';
import { ROOT } from '../tools/lib/execute.mjs';
import { count, step, table } from '../tools/lib/say.mjs';
import { CONTENDERS } from './contenders.mjs';
import { users, VARIANTS } from './data.mjs';

const RUNS = 5;
const USERS = 100_000;
/** V8 has no longer string. */
const LONGEST_STRING = 2 ** 29 - 24;
const milliseconds = (ms) => `${count(Math.round(ms))} ms`.padStart(9);
const WASM = join(ROOT, 'build', 'web', 'gatelake_bg.wasm');
const kib = (path, pack = (bytes) => bytes) => Math.round(pack(readFileSync(path)).length / 1024);
const HELP = `npm run bench [-- OPTIONS] [-- FILE.json]

Turns one JSON body into Parquet: this project's wasm in Node, V8's JSON.parse alone, hand-written JavaScript, native DuckDB.
Medians of ${RUNS} runs, each contender in a process of its own. A run before them, shown apart, tells what a fresh process takes.
One thread each: V8 collects its garbage on that one, too (--threads lets it use the others), and DuckDB has one.

FILE.json             any list of records; without it, users made by the emulated gateway's generator
--users N             how many of them (${count(USERS)})
--variant NAME        ${Object.keys(VARIANTS).join(', ')}: keys left out, keys in random order, indented, escapes
--threads             let V8 collect garbage on other processors meanwhile
--only NAME[;NAME]    some of the contenders: ${Object.keys(CONTENDERS).join(', ')}`;

/** The child's part: one contender, a first run and those that count. */
async function contend(name, path) {
  const { by, run, end } = await CONTENDERS[name](path);
  for (let n = 0; n <= RUNS; n += 1) process.send({ by, ...(await run()) });
  await end?.();
  process.disconnect();
}

async function measure(name, path, threads) {
  const runs = [];
  const execArgv = ['--max-old-space-size=8192', ...(threads ? [] : ['--single-threaded-gc'])];
  const child = fork(fileURLToPath(import.meta.url), ['--contend', name, path], { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const errors = [];
  child.stderr.on('data', (text) => errors.push(text));
  child.on('message', (run) => runs.push(run));
  const [code] = await once(child, 'close');
  if (code !== 0) return { name, failure: /^(\w*Error.*)$/m.exec(errors.join(''))?.[1] ?? `exit code ${code}` };
  const [first, ...timed] = runs.map((run) => run.ms);
  const ms = timed.sort((a, b) => a - b)[RUNS >> 1];
  return { name, ...runs.at(-1), ms, first, speed: statSync(path).size / 1e3 / ms };
}

function read(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { users: { type: 'string' }, variant: { type: 'string' }, only: { type: 'string' }, threads: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const total = Number(values.users ?? USERS);
  const only = values.only?.split(';') ?? Object.keys(CONTENDERS);
  const unknown = only.find((name) => !CONTENDERS[name]);
  if (unknown) throw new Error(`There is no contender ${unknown}.`);
  if (!Number.isInteger(total) || total < 1 || total > 1_000_000) throw new Error('--users takes 1 to 1000000.');
  if (values.variant && !VARIANTS[values.variant]) throw new Error(`There is no variant ${values.variant}.`);
  return { ...values, users: total, only, file: positionals[0] };
}

async function main(argv) {
  const options = read(argv);
  if (options.help) return console.log(HELP);
  await buildWasm('web');
  const path = options.file ? resolve(options.file) : await users(options.users, options.variant);
  const size = statSync(path).size;
  // JSON.parse cannot take more at once than a string can hold: its speed is then that of the usual number of users.
  const parsed = size <= LONGEST_STRING || options.file ? path : await users(USERS, options.variant);

  console.log(`\n${path}: ${(size / 1e6).toFixed(1)} MB\n`);
  const results = [];
  for (const name of options.only) {
    results.push(await step(name, () => measure(name, name.startsWith('JSON.parse') ? parsed : path, options.threads)));
  }
  const rows = results.map(({ name, by, failure, ms, first, speed, rows, bytes, wasm }) =>
    failure ? [name, failure, '', '', '', '', '', ''] : [name, by, milliseconds(ms), milliseconds(first), Math.round(speed), rows, bytes && `${(bytes / 1e6).toFixed(1)} MB`, wasm && `${wasm / (1 << 20)} MiB`],
  );
  console.log(`\n${table(['', 'by', 'median', 'first', 'MB/s', 'rows', 'Parquet', 'wasm'], rows)}`);
  console.log(`  ${options.threads ? 'V8 may collect garbage on other processors' : 'One thread each'}. The wasm has ${kib(WASM)} KiB, ${kib(WASM, gzipSync)} KiB with gzip.`);
  if (parsed !== path) console.log(`  JSON.parse read ${count(USERS)} users only: no string of V8 holds more than 512 MiB.`);

  const [ours, text, bytes] = ['gatelake', 'JSON.parse', 'JSON.parse, bytes'].map((name) => results.find((result) => result.name === name));
  if (ours?.failure) throw new Error(`gatelake: ${ours.failure}`);
  const times = (parser) => `${(ours.speed / parser.speed).toFixed(2)} x JSON.parse`;
  if (ours && text?.speed) console.log(`  ${times(text)} when its bytes are a string already; the line below has it read the same bytes.`);
  if (ours && bytes?.speed) {
    console.log(`\nbench: ${ours.speed.toFixed(0)} MB/s, ${times(bytes)}, ${(ours.wasm / (1 << 20)).toFixed(1)} MiB wasm`);
  }
}

const [first, ...rest] = process.argv.slice(2);
await (first === '--contend' ? contend(...rest) : main(process.argv.slice(2))).catch((error) => {
  console.error(error.stack ?? error.message);
  process.exitCode = 1;
});
