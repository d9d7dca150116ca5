// What `npm run lint` and `npm test` check, one stage after the other: [name, check(note)]. A check answers how much it
// counted, or nothing if it is one check in itself, and throws with the program's output when it fails.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSite, buildWasm } from './build.mjs';
import { buildDocs } from './docs.mjs';
import { bundle, LIMIT, total } from './lib/bundle.mjs';
import { chromium } from './lib/chromium.mjs';
import { execute, ROOT } from './lib/execute.mjs';
import { eager, kilobytes, PAGE_LIMIT, TSC } from './lib/page.mjs';
import { python } from './lib/python.mjs';
import { bytes } from './lib/say.mjs';
import { OFFLINE } from './lib/wrangler.mjs';
import { assemble } from './package.mjs';

// Two worlds, each compiled in one profile alone, so that no stage builds what another one has built already.
const NATIVE = ['--locked', '--release'];
const WASM = ['--locked', '--lib', '--profile', 'wasm', '--target', 'wasm32-unknown-unknown', '--features', 'worker,npm'];

/** What the page's tests write down as they go: see tests/page/support.mjs. */
const TALLY = join(ROOT, 'build', 'page-tally.jsonl');

const cargo = (log, args, env) => async (note) => void (await execute('cargo', args, { log, note, env }));
const clippy = (log, args) => cargo(log, ['clippy', ...args, '--', '-D', 'warnings']);
const rustdoc = (log, args) => cargo(log, ['doc', '--no-deps', ...args], { RUSTDOCFLAGS: '-D warnings' });

export const LINT = [
  ['format', cargo('format', ['fmt', '--check'])],
  ['format of the build tool', cargo('format-bindgen', ['fmt', '--check', '--manifest-path', 'tools/bindgen/Cargo.toml'])],
  ['format of the fuzz targets', cargo('format-fuzz', ['fmt', '--check', '--manifest-path', 'fuzz/Cargo.toml'])],
  ['clippy, core and tests', clippy('clippy-core', ['--all-targets', ...NATIVE])],
  ['clippy, worker and web', clippy('clippy-wasm', WASM)],
  ['rustdoc, core', rustdoc('doc-core', NATIVE)],
  ['rustdoc, worker and web', rustdoc('doc-wasm', WASM)],
  ['reference of the npm module', buildDocs],
];

/**
 * Stages side by side, one list beside the other: what is compiled for wasm goes through one thread most of the time, and so do the core's
 * longest tests.
 */
export const ABREAST = [
  [['core', rustTests]],
  [
    ['wasm, worker', worker],
    ['the page and its wasm', site],
    ['size of the Worker', size],
    ['wasm, conformance', conformance],
    ['wasm, npm', npm],
    ['types of the npm module', types],
  ],
];

/** One after the other: clocks, processes and a browser are in them. */
export const TESTS = [
  ['emulated gateway', nodeTests('gateway', 'tests/gateway/*.test.mjs')],
  ['guard of the Worker', nodeTests('guard', 'tests/guard/*.test.mjs')],
  ['Parquet, read by hyparquet', reader('hyparquet')],
  ['Parquet, read by DuckDB', reader('duckdb')],
  ['Parquet, read by pyarrow', pythonReader('check')],
  ['Delta, read by deltalake and polars', pythonReader('delta')],
  ['recipes of docs/destinations.md', pythonReader('recipes')],
  ['end to end', nodeTests('e2e', 'tests/e2e/*.test.mjs')],
  ['command line', nodeTests('npm', 'tests/npm/!(module|package*).test.mjs')],
  ['npm package', nodeTests('npm-package', 'tests/npm/{module,package*}.test.mjs')],
  ['page', page],
];

/** `npm run test:page`: the last of them, and what it needs. */
export const PAGE = [...ABREAST.flat(), ...TESTS].filter(([, check]) => [worker, site, npm, page].includes(check));

async function worker() {
  await buildWasm('worker');
}

async function npm() {
  await buildWasm('npm');
}

/** The module is JavaScript; its comments say the types. */
async function types(note) {
  // The module's imports of the engine are those of the package.
  assemble();
  await execute(process.execPath, [TSC, '--project', 'npm', '--pretty', 'false'], { log: 'npm-types', note });
}

/** The Worker's way to R2 with the suite of the stores, for one of the tests that follow. */
async function conformance() {
  await buildWasm('conformance');
}

async function site() {
  const size = eager(await buildSite());
  if (size > PAGE_LIMIT) throw new Error(`The page is too big: ${kilobytes(size)} KB gzip before anything lazy; the limit is ${kilobytes(PAGE_LIMIT)} KB.`);
  return { detail: `${kilobytes(size)} KB gzip` };
}

/** In a real Chromium, one test after the other: its processes fill two cores by themselves. */
async function page(note) {
  const env = { ...OFFLINE, CHROMIUM_BIN: await chromium(), GATELAKE_PAGE_TALLY: TALLY };
  rmSync(TALLY, { force: true });
  const size = eager(await buildSite());
  return counted(
    () => nodeTest('tests/page/*.test.mjs', { log: 'page', note, env }, '--test-concurrency=1'),
    (lines) => {
      const answer = tap(lines);
      const tally = existsSync(TALLY) ? readFileSync(TALLY, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) : [];
      const [axe, csp] = ['axe', 'csp'].map((what) => tally.reduce((total, one) => total + (one[what] ?? 0), 0));
      return { ...answer, detail: `page: ${answer.passed} passed, ${answer.failed} failed; axe ${axe} violations; csp ${csp} reports; ${kilobytes(size)} KB gzip` };
    },
  );
}

/** Unit, integration and documentation tests. */
async function rustTests(note) {
  return counted(
    () => execute('cargo', ['test', ...NATIVE, '--no-fail-fast'], { log: 'core', note, telling: failures }),
    (lines) => ({
      passed: sum(lines, /^test result: .*?(\d+) passed/),
      failed: sum(lines, /^test result: .*?(\d+) failed/),
      detail: lines.flatMap((line) => /(oracle|json suite|fuzz|simulation): .*/.exec(line)?.[0] ?? []).join('\n    '),
    }),
  );
}

function nodeTests(log, files) {
  return (note) =>
    counted(() => nodeTest(files, { log, note, env: OFFLINE }), tap);
}

/** A test that hangs fails by itself, and says which one it is. */
const nodeTest = (files, options, ...more) => execute(process.execPath, ['--test', '--test-reporter=tap', '--test-timeout=300000', ...more, files], { ...options, telling: failures });

/** The tests that failed, each with what it said: TAP's blocks and those of `cargo test`, out of pages of what went well. */
function failures(lines) {
  let end;
  return lines.filter((line) => {
    const [, indent] = /^( *)not ok /.exec(line) ?? [];
    // A difference that is told may have such a line too, further in.
    if (indent !== undefined) end ??= `${indent}  ...`;
    else if (/^---- .* ----$/.test(line)) end ??= 'failures:';
    const told = end !== undefined;
    if (line === end) end = undefined;
    return told;
  });
}

const tap = (lines) => ({ passed: sum(lines, /^# pass (\d+)/), failed: sum(lines, /^# fail (\d+)/) });

/** The files that the core's tests wrote, read by somebody else's program. The last line says how much was compared. */
function reader(name) {
  return async (note) => ({
    detail: (await execute(process.execPath, ['tests/readers/check.mjs', name], { log: name, note })).at(-1),
  });
}

/** The same with a program in Python, where its packages can be had. */
function pythonReader(name) {
  return async (note) => {
    const { python: program, missing } = await python('tests/readers/requirements.txt', note);
    if (missing) return { skipped: `skipped: ${missing}` };
    return { detail: (await execute(program, [`tests/readers/${name}.py`], { log: `python-${name}`, note })).at(-1) };
  };
}

async function size(note) {
  const { files } = await bundle(note);
  const detail = `${bytes(total(files, 'raw'))}, gzip ${bytes(total(files, 'gzip'))}`;
  if (total(files, 'gzip') > LIMIT) throw new Error(`The Worker is too big: ${detail}; the limit is ${bytes(LIMIT)} gzip.`);
  return { detail };
}

/** A test program's own count, also when it failed. One that counted nothing has not run. */
async function counted(run, count) {
  try {
    const answer = count(await run());
    if (answer.passed + answer.failed === 0) throw new Error('There was no test to run.');
    return answer;
  } catch (error) {
    const answer = count(error.lines ?? []);
    throw Object.assign(error, answer, { failed: Math.max(answer.failed, 1) });
  }
}

const sum = (lines, pattern) => lines.reduce((total, line) => total + Number(pattern.exec(line)?.[1] ?? 0), 0);
