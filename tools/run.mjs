// `npm run <command>`: makes everything ready that the command needs, then runs it.
// Plain Node 20 and nothing else: on a fresh clone there is no node_modules yet.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.mjs';

const COMMANDS = {
  demo: ['demo.mjs'],
  test: ['test.mjs'],
  'test:page': ['test.mjs', '--page'],
  lint: ['test.mjs', '--lint'],
  bench: ['../benches/bench.mjs'],
  'bench:scale': ['../benches/scale.mjs'],
  fuzz: ['fuzz.mjs'],
  build: ['build.mjs'],
  package: ['package.mjs'],
  docs: ['docs.mjs'],
  dev: ['dev.mjs'],
  deploy: ['deploy.mjs'],
  'deploy:dry': ['deploy-dry.mjs'],
};

const [command, ...args] = process.argv.slice(2);
const known = COMMANDS[command];
if (!known) {
  console.error(`There is no command ${command ?? '(none given)'}. Known: ${Object.keys(COMMANDS).join(', ')}.`);
  process.exit(2);
}

const [script, ...given] = known;
const started = Date.now();
let ready;
try {
  ready = await setUp();
} catch (error) {
  console.error(`\n${error.message}`);
  process.exit(1);
}

const child = spawn(ready.node, [fileURLToPath(new URL(script, import.meta.url)), ...given, ...args], {
  stdio: 'inherit',
  env: { ...process.env, ...ready.env, GATELAKE_SET_UP_MS: String(Date.now() - started) },
});
// The child gets the terminal's Ctrl-C itself, and ends in its own order; we only pass its answer on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
