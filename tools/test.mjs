// `npm test`: every check of the project, and a summary. `npm run lint` is its first part.
import { LINT, TESTS } from './checks.mjs';
import { bold, seconds, step, table } from './lib/say.mjs';

const setUp = Number(process.env.GATELAKE_SET_UP_MS ?? 0);
const rows = [['set-up', 'ok', setUp, 0, 0]];
for (const [name, check] of process.argv.includes('--lint') ? LINT : [...LINT, ...TESTS]) {
  const started = Date.now();
  let result = 'ok';
  let counts;
  try {
    counts = await step(name, check);
  } catch (error) {
    console.error(error.message);
    result = 'FAILED';
    counts = { passed: 0, failed: 1, ...error };
  }
  rows.push([name, counts?.skipped ?? result, Date.now() - started, counts?.passed ?? (counts?.skipped ? 0 : 1), counts?.failed ?? 0]);
}

const [passed, failed] = [3, 4].map((column) => rows.reduce((sum, row) => sum + row[column], 0));
console.log(`\n${bold('Summary')}`);
console.log(table(['stage', 'result', 'time', 'passed', 'failed'], rows.map(([name, result, ms, ...counts]) => [name, result, seconds(ms).padStart(7), ...counts])));
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
