// `parquetFiles`: a body that is larger than memory, file by file.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parquetReadObjects } from 'hyparquet';
import { normalize, parquetFiles } from '../../npm/module/node.js';
import { ROOT } from '../../tools/lib/execute.mjs';
import { temporary } from './support.mjs';

const run = promisify(execFile);
/** Texts that nothing makes shorter, so that files fill. */
const noise = (number) => Array.from({ length: 8 }, (_, at) => Math.imul(number * 8 + at + 1, 0x9e3779b1).toString(36)).join('');

/** Records in so many pieces, made as they are read; `read`: how many pieces were. */
function body(pieces, each = 5_000) {
  const made = { read: 0, ended: false };
  made.source = (async function* () {
    try {
      for (let piece = 0; piece < pieces; piece += 1) {
        made.read += 1;
        const records = Array.from({ length: each }, (_, at) => JSON.stringify({ id: piece * each + at, text: noise(piece * each + at), tags: ['a', 'b'] }));
        yield `${piece ? ',' : '['}${records.join(',')}`;
      }
      yield ']';
    } finally {
      made.ended = true;
    }
  })();
  return made;
}

const read = ({ buffer, byteOffset, length }) => parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + length) });

test('files end while the body is being read, and are the same tables', async () => {
  const options = { table: 'items', primary_key: 'id', file_bytes: 1 << 20, load_id: '1.000' };
  const made = body(12);
  const files = parquetFiles(made.source, options);
  const found = { items: [], items__tags: [] };
  const early = [];
  for await (const { table, number, rows, bytes, schema } of files) {
    if (made.read < 12) early.push(table);
    assert.equal(number, found[table].length && found[table].at(-1).number + 1);
    assert.equal(schema.name, table);
    const some = await read(bytes);
    assert.equal(some.length, rows);
    found[table].push({ number, some });
  }
  assert.ok(early.length >= 3, `${early.length} files before the body was read`);
  const whole = await normalize(body(12).source, { ...options, file_bytes: undefined });
  for (const table of whole.tables) assert.deepEqual(found[table.name].flatMap(({ some }) => some), await read(table.parquet()), table.name);
  assert.deepEqual([files.schema, files.warnings], [whole.schema, whole.warnings]);
});

test('a file tells what is known of its table so far, and the next load goes on from the schema', async () => {
  const late = async function* () {
    yield* ['[', ...Array.from({ length: 40 }, (_, at) => `${at ? ',' : ''}${Array.from({ length: 1000 }, (_, id) => JSON.stringify({ id, text: noise(at * 1000 + id) })).join(',')}`), ',{"id": 0, "late": true}]'];
  };
  const files = parquetFiles(late(), { table: 'items', file_bytes: 1 << 20 });
  const columns = [];
  for await (const { schema } of files) columns.push(schema.columns.filter(({ data_type: type }) => type).map(({ name }) => name));
  assert.deepEqual(columns[0], ['id', 'text', '_dlt_load_id', '_dlt_id']);
  assert.deepEqual(columns.at(-1), [...columns[0], 'late']);
  const { schema } = files;
  const next = parquetFiles('[{"id": "a text"}]', { table: 'items', schema });
  const { value: only } = await next[Symbol.asyncIterator]().next();
  assert.ok(only.schema.columns.some(({ name }) => name === 'id__v_text'), 'the type of the load before');
});

test('to end the loop ends the source; errors are as those of `normalize`', async () => {
  for (const end of [async (files) => { for await (const _ of files) break; }, async (files) => { await files[Symbol.asyncIterator]().next(); await files[Symbol.asyncDispose](); }]) {
    const made = body(1000);
    await end(parquetFiles(made.source, { table: 'items', file_bytes: 1 << 20 }));
    assert.ok(made.ended && made.read < 100, String(made.read));
  }
  const untouched = body(1);
  await parquetFiles(untouched.source, { table: 'items' }).close();
  assert.equal(untouched.read, 0);
  const first = (source, options) => parquetFiles(source, options)[Symbol.asyncIterator]().next();
  for (const write_disposition of ['merge', { disposition: 'merge', strategy: 'upsert' }]) {
    await assert.rejects(first('[]', { table: 'items', primary_key: 'id', write_disposition }), { name: 'GatelakeError', code: 'bad_options', help: /normalize/ });
  }
  await assert.rejects(first('[]', { table: 'items', widen_numbers: true }), { code: 'bad_options', help: /normalize/ });
  await assert.rejects(first('[{', { table: 'items' }), { code: 'cut_body' });
  await assert.rejects(first('[]', {}), { code: 'bad_options', message: /table/ });
  const reason = new Error('enough');
  await assert.rejects(first('[]', { table: 'items', signal: AbortSignal.abort(reason) }), reason);
});

test('what is held at a time does not grow with the body', { timeout: 120_000 }, async (t) => {
  const cwd = temporary(t);
  const from = (path) => JSON.stringify(new URL(path, `file://${ROOT}/`).href);
  // Bytes that are alive after a collection, JavaScript's and the engine's, at every file.
  writeFileSync(join(cwd, 'main.mjs'), `
import { readFileSync } from 'node:fs';
import { parquetFiles } from ${from('npm/module/node.js')};
import { initSync } from ${from('build/npm/gatelake.js')};
const { memory } = initSync({ module: readFileSync(new URL(${from('build/npm/gatelake_bg.wasm')})) });
const noise = ${noise};
const body = ${body};
let [json, parquet, held, files] = [0, 0, 0, 0];
async function* counted() {
  for await (const piece of body(160).source) { json += piece.length; yield piece; }
}
for await (const { bytes } of parquetFiles(counted(), { table: 'items', file_bytes: 2 << 20 })) {
  parquet += bytes.length;
  files += 1;
  gc();
  const { heapUsed, external } = process.memoryUsage();
  held = Math.max(held, heapUsed + external + memory.buffer.byteLength);
}
console.log(JSON.stringify({ json, parquet, files, held }));
`);
  const { stdout } = await run(process.execPath, ['--expose-gc', 'main.mjs'], { cwd });
  const { json, parquet, files, held } = JSON.parse(stdout);
  t.diagnostic(`${json} bytes of JSON, ${parquet} of Parquet in ${files} files, at most ${held} alive`);
  assert.ok(json > 64 << 20 && files > 10, stdout);
  assert.ok(held < parquet, 'less than the tables themselves');
  assert.ok(held < 48 << 20, String(held));
});
