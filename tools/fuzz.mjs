// `npm run fuzz -- TARGET [SECONDS] [libFuzzer's options]`: a fuzz target under libFuzzer, guided by coverage, on one core.
// It starts from the committed corpus and from what earlier runs kept under build/fuzz/; a finding goes to build/fuzz/found/.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execute, ROOT } from './lib/execute.mjs';
import { step } from './lib/say.mjs';

const FOLDER = join(ROOT, 'fuzz');
const TARGETS = readdirSync(join(FOLDER, 'fuzz_targets')).map((file) => file.replace(/\.rs$/, ''));
/** What the compiler puts into every branch so that libFuzzer sees it; all of it is stable. */
const FLAGS = [
  '-Cpasses=sancov-module',
  ...['level=4', 'inline-8bit-counters', 'pc-table', 'trace-compares'].map((what) => `-Cllvm-args=-sanitizer-coverage-${what}`),
  '--cfg=fuzzing',
  '-Ccodegen-units=1',
];

const [target, seconds = '60', ...options] = process.argv.slice(2);
if (!TARGETS.includes(target) || !/^\d+$/.test(seconds)) {
  console.error(`npm run fuzz -- TARGET [SECONDS] [OPTION …], TARGET one of ${TARGETS.join(', ')}; SECONDS is 60 if not given, 0 is for ever.`);
  process.exit(2);
}

// Named, so that build scripts are built without the flags.
const host = /^host: (.+)$/m.exec(spawnSync('rustc', ['-vV'], { cwd: ROOT, encoding: 'utf8' }).stdout)[1];
const build = ['build', '--locked', '--release', '--target', host, '--manifest-path', join(FOLDER, 'Cargo.toml'), '--bin', target];
await step(`Building the target ${target} (libFuzzer needs a C++ compiler)`, (note) =>
  execute('cargo', build, { log: 'fuzz', note, env: { RUSTFLAGS: FLAGS.join(' ') } }),
).catch((error) => {
  console.error(error.message);
  process.exit(1);
});

const kept = join(ROOT, 'build', 'fuzz', target);
const found = join(ROOT, 'build', 'fuzz', 'found');
[kept, found].forEach((folder) => mkdirSync(folder, { recursive: true }));
const corpus = [kept, join(FOLDER, 'corpus', target), ...(target === 'records' ? [join(ROOT, 'tests', 'json-suite')] : [])];
const limits = ['-max_len=4096', '-timeout=20', `-max_total_time=${seconds}`, '-print_final_stats=1', `-artifact_prefix=${join(found, `${target}-`)}`];
const fuzzer = spawn(join(FOLDER, 'target', host, 'release', target), [...corpus, ...limits, ...options], { stdio: 'inherit' });
fuzzer.on('exit', (code) => process.exit(code ?? 1));
