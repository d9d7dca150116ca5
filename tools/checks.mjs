// What `npm run lint` and `npm test` check, one stage after the other: [name, check(note)]. A check answers how much it
// counted, or nothing if it is one check in itself, and throws with the program's output when it fails.
import { buildWasm } from './build.mjs';
import { execute } from './lib/execute.mjs';

const cargo = (log, ...args) => async (note) => void (await execute('cargo', args, { log, note }));
const clippy = (log, ...args) => cargo(log, 'clippy', '--locked', ...args, '--', '-D', 'warnings');

export const LINT = [
  ['format', cargo('format', 'fmt', '--check')],
  ['format of the build tool', cargo('format-bindgen', 'fmt', '--check', '--manifest-path', 'tools/bindgen/Cargo.toml')],
  // In the profiles of the tests and of the wasm build, which then find the macros' packages compiled.
  ['clippy, core and tests', clippy('clippy-core', '--all-targets', '--release')],
  ['clippy, worker and web', clippy('clippy-wasm', '--lib', '--profile', 'wasm', '--target', 'wasm32-unknown-unknown', '--features', 'worker,web')],
];

export const TESTS = [
  ['core', rustTests],
  ['wasm, worker', () => buildWasm('worker')],
  ['wasm, web', () => buildWasm('web')],
  ['guard of the Worker', nodeTests('guard', 'tests/guard/*.test.mjs')],
];

async function rustTests(note) {
  return counted(() => execute('cargo', ['test', '--locked', '--release', '--no-fail-fast'], { log: 'core', note }), (lines) => ({
    passed: total(lines, /^test result: .*?(\d+) passed/),
    failed: total(lines, /^test result: .*?(\d+) failed/),
  }));
}

function nodeTests(log, files) {
  return (note) =>
    counted(() => execute(process.execPath, ['--test', '--test-reporter=tap', files], { log, note, env: OFFLINE }), (lines) => ({
      passed: total(lines, /^# pass (\d+)/),
      failed: total(lines, /^# fail (\d+)/),
    }));
}

/** wrangler and workerd, quiet and without a word to the outside. */
const OFFLINE = {
  CI: '1',
  NO_COLOR: '1',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};

/** A test program's own count, also when it failed. One that counted nothing has not run. */
async function counted(run, count) {
  try {
    const { passed, failed } = count(await run());
    if (passed + failed === 0) throw new Error('There was no test to run.');
    return { passed, failed };
  } catch (error) {
    const { passed, failed } = count(error.lines ?? []);
    throw Object.assign(error, { passed, failed: Math.max(failed, 1) });
  }
}

const total = (lines, pattern) => lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
