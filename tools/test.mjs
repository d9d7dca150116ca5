// `npm test`: every check of the project, and a summary. `npm run lint` is its first part, `npm run test:page` its last.
import { ABREAST, LINT, PAGE, TESTS } from './checks.mjs';
import { bold, seconds, step, table } from './lib/say.mjs';

const began = Date.now();
const setUp = Number(process.env.GATELAKE_SET_UP_MS ?? 0);
const rows = [{ name: 'set-up', ms: setUp, passed: 0, failed: 0 }];
const part = process.argv[2];
if (part === '--page') await run(PAGE);
else await run(LINT);
if (!part) {
  await Promise.all(ABREAST.map(run));
  await run(TESTS);
}

/** One stage after the other; one that fails keeps none of the others from running. */
async function run(stages) {
  for (const [name, check] of stages) {
    const started = Date.now();
    let answer;
    try {
      const { skipped, passed = skipped ? 0 : 1, failed = 0, detail } = (await step(name, check)) ?? {};
      answer = { skipped, passed, failed, detail };
    } catch (error) {
      console.error(error.message);
      answer = { passed: 0, failed: 1, ...error };
    }
    rows.push({ name, ms: Date.now() - started, ...answer });
  }
}

const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
const skipped = rows.filter((row) => row.skipped).length;
const result = (row) => row.skipped ?? (row.failed ? 'FAILED' : 'ok');
console.log(`\n${bold('Summary')}`);
console.log(table(['stage', 'result', 'time', 'passed', 'failed'], rows.map((row) => [row.name, result(row), seconds(row.ms).padStart(8), row.passed, row.failed])));
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''} in ${seconds(setUp + Date.now() - began)}`);
if (part === '--page') console.log(rows.at(-1).detail ?? 'page: not run');
process.exitCode = sum('failed') ? 1 : 0;
