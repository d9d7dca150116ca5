// dlt's cases (tests/oracle) through the packed module: every load of each comes to the same files, byte for byte, as in the native test that holds
// them against dlt's answers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parquetReadObjects } from 'hyparquet';
import { execute, ROOT } from '../../tools/lib/execute.mjs';
import { install, pack } from './packed.mjs';

const run = promisify(execFile);

/** In a folder with the package: the same loads; and of the last one of each case, the tables' files beside what `parquet()` makes of them. */
const PROGRAM = `
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { normalize } from 'gatelake';
import { filesOf } from './node_modules/gatelake/module/tables.js';
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
mkdirSync('files');
let written = 0;
const put = (bytes) => {
  const path = 'files/' + (written += 1);
  writeFileSync(path, bytes);
  return path;
};
const answers = {};
for (const [name, { table, loads }] of Object.entries(JSON.parse(readFileSync('cases.json', 'utf8')))) {
  let before;
  const made = [];
  for (const { id, options, rows } of loads) {
    try {
      before = await normalize(rows, { ...options, table, before, load_id: id, select: 'root' });
      made.push({ files: Object.fromEntries([...filesOf(before)].map(([name, files]) => [name, files.map(({ bytes }) => digest(bytes))])) });
    } catch (error) {
      if (error.name !== 'GatelakeError') throw error;
      made.push({ error: error.code });
    }
  }
  const tables = [...(before ?? [])].map((one) => ({ name: one.name, rows: one.rows, whole: put(one.parquet()), parts: (filesOf(before).get(one.name) ?? []).map(({ bytes }) => put(bytes)) }));
  answers[name] = { loads: made, tables };
}
writeFileSync('answers.json', JSON.stringify(answers));
`;

test("dlt's cases come to the same bytes as natively", { timeout: 600_000 }, async (t) => {
  const out = join(ROOT, 'build', 'oracle.json');
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  await execute('cargo', ['test', '--locked', '--release', '--test', 'oracle'], { log: 'oracle', env: { ORACLE_OUT: out } });
  const cases = Object.fromEntries(Object.entries(JSON.parse(readFileSync(out, 'utf8'))).filter(([, told]) => told !== null));
  const cwd = await install(t, await pack(t), { 'main.js': PROGRAM });
  writeFileSync(join(cwd, 'cases.json'), JSON.stringify(cases));
  await run(process.execPath, ['main.js'], { cwd });
  const answers = JSON.parse(readFileSync(join(cwd, 'answers.json'), 'utf8'));
  const rows = async (path) => {
    const bytes = readFileSync(join(cwd, path));
    const read = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) });
    return read.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined)));
  };
  const counts = { cases: 0, loads: 0, 'failed loads': 0, files: 0, tables: 0 };
  for (const [name, { loads }] of Object.entries(cases)) {
    counts.cases += 1;
    for (const [number, { files, error }] of loads.entries()) {
      assert.deepEqual(answers[name].loads[number], error ? { error } : { files }, `${name}, load ${number}`);
      counts.loads += 1;
      counts['failed loads'] += error ? 1 : 0;
      counts.files += Object.values(files ?? {}).flat().length;
    }
    for (const table of answers[name].tables) {
      const whole = await rows(table.whole);
      assert.equal(whole.length, table.rows, `${name}: ${table.name}`);
      assert.deepEqual(whole, (await Promise.all(table.parts.map(rows))).flat(), `${name}: ${table.name}`);
      counts.tables += 1;
    }
  }
  assert.ok(counts.cases > 290, JSON.stringify(counts));
  t.diagnostic(Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(', '));
});
