// `gatelake normalize`: dlt's own answers, through the command line; and what a command line adds.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parquetReadObjects } from 'hyparquet';
import { gatelake, temporary } from './support.mjs';

const CASES = fileURLToPath(new URL('../oracle/cases/', import.meta.url));
const DEVIATIONS = JSON.parse(readFileSync(new URL('../oracle/deviations.json', import.meta.url)));

const lines = (path) => readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const put = (folder, name, text) => {
  writeFileSync(join(folder, name), typeof text === 'string' ? text : JSON.stringify(text));
  return name;
};

/** Members of a text of JSON as they stand there: a number in JavaScript is not what it was. */
function elements(text) {
  const found = [];
  let depth = 0;
  let quoted = false;
  let from = -1;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quoted) {
      if (letter === '\\') at += 1;
      else if (letter === '"') quoted = false;
      continue;
    }
    if (letter === '"') quoted = true;
    if (letter === '[' || letter === '{') depth += 1;
    if (letter === ']' || letter === '}') depth -= 1;
    if (depth === 1 && letter === '[' && from < 0) from = at + 1;
    if ((letter === ',' && depth === 1) || (letter === ']' && depth === 0)) {
      if (text.slice(from, at).trim()) found.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return found;
}

test("dlt's answers: the tables of every case that appends or replaces", { timeout: 300_000 }, async (t) => {
  const counts = { cases: 0, tables: 0, rows: 0 };
  for (const file of readdirSync(CASES).filter((name) => name.endsWith('.json') && !name.endsWith('.expected.json'))) {
    const name = file.slice(0, -'.json'.length);
    const text = readFileSync(join(CASES, file), 'utf8');
    const { table, options = {}, loads } = JSON.parse(text);
    const { write_disposition: disposition = 'append', _user_ids: ids, ...others } = options;
    const ordinary = ['append', 'replace'].includes(disposition) && ids === undefined && loads.every(Array.isArray);
    if (!ordinary || JSON.stringify(DEVIATIONS).includes(`"${name}"`)) continue;
    // Integers that a number of JavaScript cannot hold become texts, as they are in our lines.
    const answer = readFileSync(join(CASES, `${name}.expected.json`), 'utf8').replace(/^(\s*"[^"]*": )(-?\d{16,})(,?)$/gm, '$1"$2"$3');
    const expected = JSON.parse(answer);
    if (expected.error) continue;
    const folder = temporary(t);
    const bodies = elements(text.slice(text.indexOf('[', text.indexOf('"loads"'))));
    assert.equal(bodies.length, loads.length, name);
    const files = bodies.map((body, number) => put(folder, `${number}.json`, body));
    put(folder, 'options.json', { ...others, write_disposition: disposition });
    const ended = await gatelake(['normalize', ...files, '--table', table, '--options', 'options.json', '--out', 'out', '--format', 'jsonl', '--json'], { cwd: folder });
    if (ended.code === 2 && /unknown field/.test(ended.json?.error?.message)) continue;
    const failed = expected.loads.filter(({ status }) => status === 'failed').length;
    assert.equal(ended.code, failed === 0 ? 0 : failed === loads.length ? 1 : 3, `${name}: ${ended.stderr}`);
    assert.deepEqual(ended.json.loads.map((load) => ('error' in load ? 'failed' : 'loaded')), expected.loads.map(({ status }) => status), name);
    compare(name, join(folder, 'out'), expected, counts);
    counts.cases += 1;
  }
  assert.ok(counts.cases > 40, JSON.stringify(counts));
  t.diagnostic(Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(', '));
});

test("dlt's answers: the tables of every case that merges", { timeout: 300_000 }, async (t) => {
  const own = (row) => Object.fromEntries(Object.entries(row).filter(([name, value]) => !name.startsWith('_dlt_') && value !== null).sort());
  const sorted = (rows) => rows.map((row) => JSON.stringify(own(row))).sort();
  let cases = 0;
  for (const file of readdirSync(CASES).filter((name) => /^(mg|scd2)_.*[^d]\.json$/.test(name) && !name.endsWith('.expected.json'))) {
    const { table, options = {}, loads } = JSON.parse(readFileSync(join(CASES, file), 'utf8'));
    const expected = JSON.parse(readFileSync(join(CASES, file.replace('.json', '.expected.json')), 'utf8'));
    if (!loads.every(Array.isArray) || expected.loads.some(({ status }) => status === 'failed')) continue;
    const folder = temporary(t);
    const files = loads.map((rows, number) => put(folder, `${number}.json`, rows));
    put(folder, 'options.json', options);
    const ended = await gatelake(['normalize', ...files, '--table', table, '--options', 'options.json', '--out', 'out', '--format', 'jsonl', '--json'], { cwd: folder });
    assert.equal(ended.code, 0, `${file}: ${ended.stderr}`);
    for (const [name, { rows, materialized }] of Object.entries(expected.tables)) {
      assert.deepEqual(sorted(materialized ? lines(join(folder, 'out', `${name}.jsonl`)) : []), sorted(rows), `${file}: ${name}`);
    }
    cases += 1;
  }
  assert.ok(cases > 12, String(cases));
});

/** Rows and columns of every table, the ids as what they stand for. */
function compare(name, folder, { tables }, counts) {
  const found = Object.fromEntries(Object.keys(tables).map((table) => [table, tables[table].materialized ? lines(join(folder, `${table}.jsonl`)) : []]));
  const places = new Map(Object.entries(found).flatMap(([table, rows]) => rows.map((row, number) => [row._dlt_id, `@${table}[${number}]`])));
  const ordinals = (rows, column) => [...new Set(rows.map((row) => row[column]))].sort((a, b) => a - b);
  for (const [table, { rows, columns }] of Object.entries(tables)) {
    const place = `${name}: ${table}`;
    assert.equal(found[table].length, rows.length, place);
    counts.tables += 1;
    counts.rows += rows.length;
    const names = columns.filter(({ data_type: type }) => type).map((column) => column.name);
    if (rows.length) assert.deepEqual(Object.keys(found[table][0]), names, place);
    const [ours, theirs] = [ordinals(found[table], '_dlt_load_id'), ordinals(rows, '_dlt_load_id')];
    for (const [number, row] of rows.entries()) {
      const got = found[table][number];
      for (const column of columns.filter(({ data_type: type }) => type)) {
        const at = `${place}[${number}].${column.name}`;
        if (column.name === '_dlt_id' && !('_dlt_id' in row)) continue;
        if (column.name === '_dlt_parent_id' || column.name === '_dlt_root_id') assert.equal(places.get(got[column.name]), row[column.name], at);
        else if (column.name === '_dlt_load_id') assert.equal(ours.indexOf(got._dlt_load_id), theirs.indexOf(row._dlt_load_id), at);
        else assert.deepEqual(plain(got[column.name], column), plain(row[column.name], column), at);
      }
    }
  }
}

/** A cell in one form: decimals without zeros at the end, integers as texts, since beyond 2^53 they are texts in our lines. */
function plain(cell, { data_type: type }) {
  if (cell === null || cell === undefined) return null;
  if (type === 'bigint') return String(cell);
  if (type === 'decimal' || type === 'wei') return String(cell).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  return cell;
}

const ROWS = [
  [{ id: 1, a: '=1+1', tags: ['p', 'q'] }, { id: 2, n: { b: 1.5 } }],
  [{ id: 3, late: true }],
];

async function parquet(path) {
  const bytes = readFileSync(path);
  return parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) });
}

test('several loads are one file of each table, in every format', async (t) => {
  const cwd = temporary(t);
  const files = ROWS.map((rows, number) => put(cwd, `${number}.json`, rows));
  const run = async (...more) => {
    const ended = await gatelake(['normalize', ...files, '--table', 'items', '--json', ...more], { cwd });
    assert.equal(ended.code, 0, ended.stderr);
    return ended.json;
  };
  const { tables } = await run('--out', 'parquet');
  assert.deepEqual(tables.map(({ name, rows, file }) => [name, rows, file]), [['items', 3, join('parquet', 'items.parquet')], ['items__tags', 2, join('parquet', 'items__tags.parquet')]]);
  const items = await parquet(join(cwd, 'parquet', 'items.parquet'));
  assert.deepEqual(items.map(({ id, a, n__b, late }) => [Number(id), a ?? null, n__b ?? null, late ?? null]), [[1, '=1+1', null, null], [2, null, 1.5, null], [3, null, null, true]]);
  const tags = await parquet(join(cwd, 'parquet', 'items__tags.parquet'));
  assert.deepEqual(tags.map(({ value, _dlt_parent_id: parent }) => [value, parent]), [['p', items[0]._dlt_id], ['q', items[0]._dlt_id]]);
  await run('--out', 'csv', '--format', 'csv');
  assert.match(readFileSync(join(cwd, 'csv', 'items.csv'), 'utf8'), /^id,a,.*\r\n1,'=1\+1,/);
  await run('--out', 'lines', '--format', 'jsonl');
  assert.deepEqual(lines(join(cwd, 'lines', 'items.jsonl')).map(({ id }) => id), [1, 2, 3]);
  await run('--out', 'arrow', '--format', 'arrow');
  assert.deepEqual([...readFileSync(join(cwd, 'arrow', 'items.arrows')).subarray(0, 4)], [255, 255, 255, 255]);
  put(cwd, 'replace.json', { write_disposition: 'replace' });
  await run('--out', 'replaced', '--options', 'replace.json');
  assert.deepEqual((await parquet(join(cwd, 'replaced', 'items.parquet'))).map(({ id }) => Number(id)), [3]);
  assert.deepEqual(await parquet(join(cwd, 'replaced', 'items__tags.parquet')), []);
});

test('standard input, envelopes, and a load that fails among others', async (t) => {
  const cwd = temporary(t);
  put(cwd, 'page.json', { content: [{ id: 1 }], totalElements: 1 });
  put(cwd, 'cut.json', '[{"id":');
  const args = ['normalize', '-', 'page.json', '--table', 'items', '--out', 'out', '--json'];
  const good = await gatelake(args, { cwd, input: '\ufeff [{"id": 7}]' });
  assert.equal(good.code, 0, good.stderr);
  assert.deepEqual((await parquet(join(cwd, 'out', 'items.parquet'))).map(({ id }) => Number(id)), [7, 1]);
  const whole = await gatelake(['normalize', 'page.json', '--select', 'root', '--table', 'pages', '--out', 'root', '--json'], { cwd });
  assert.deepEqual(whole.json.tables.map(({ name, rows }) => [name, rows]), [['pages', 1], ['pages__content', 1]]);
  const partly = await gatelake(['normalize', 'cut.json', 'page.json', '--table', 'items', '--out', 'part', '--json'], { cwd });
  assert.equal(partly.code, 3);
  assert.deepEqual(partly.json.loads.map(({ error }) => error?.code), ['cut_body', undefined]);
  assert.equal((await parquet(join(cwd, 'part', 'items.parquet'))).length, 1);
  const failed = await gatelake(['normalize', 'cut.json', 'nowhere.json', '--table', 'items', '--out', 'none', '--json'], { cwd });
  assert.deepEqual([failed.code, failed.json.tables], [1, []]);
  assert.equal(readdirSync(cwd).includes('none'), false, 'nothing is written');
  const empty = await gatelake(['normalize', '-', '--table', 'items', '--out', 'none', '--json'], { cwd, input: '\n' });
  assert.equal(empty.json.loads[0].error.code, 'empty_body');
});

test('what is wrong with the command line or the options is said before anything is read', async (t) => {
  const cwd = temporary(t);
  put(cwd, 'a.json', '[]');
  put(cwd, 'merge.json', { write_disposition: { disposition: 'merge', strategy: 'guess' } });
  put(cwd, 'other.json', { write_disposition: 'overwrite' });
  put(cwd, 'typo.json', { primary_kye: ['id'] });
  put(cwd, 'list.json', []);
  const cases = [
    [['a.json', '--out', 'o'], 'bad_usage', /--table is missing/],
    [['a.json', '--table', 'a'], 'bad_usage', /--out is missing/],
    [['--table', 'a', '--out', 'o'], 'bad_usage', /needs more/],
    [['a.json', '--table', 'a', '--out', 'o', '--format', 'xml'], 'bad_usage', /parquet, arrow, csv, jsonl/],
    [['a.json', '--table', 'a', '--out', 'o', '--select', 'all'], 'bad_usage', /auto, root, envelope/],
    [['-', '-', '--table', 'a', '--out', 'o'], 'bad_usage', /read once/],
    [['a.json', '--table', 'a', '--out', 'o', '--options', 'merge.json'], 'bad_options', /no strategy `guess`/],
    [['a.json', '--table', 'a', '--out', 'o', '--options', 'other.json'], 'bad_options', /no write_disposition "overwrite"/],
    [['a.json', '--table', 'a', '--out', 'o', '--options', 'typo.json'], 'bad_options', /primary_kye/],
    [['a.json', '--table', 'a', '--out', 'o', '--options', 'list.json'], 'bad_options', /no JSON object/],
    [['a.json', '--table', 'a', '--out', 'o', '--options', 'none.json'], 'bad_options', /ENOENT/],
    [['a.json', '--table', '  ', '--out', 'o'], 'bad_table_name', /name/],
  ];
  for (const [args, code, message] of cases) {
    const ended = await gatelake(['normalize', ...args, '--json'], { cwd });
    assert.deepEqual([ended.code, ended.json.error.code], [2, code], args.join(' '));
    assert.match(ended.json.error.message, message);
  }
  // A table's name is a file's, wherever it would lead.
  const odd = await gatelake(['normalize', '-', '--table', '../up', '--out', 'o', '--options', put(cwd, 'direct.json', { naming: 'direct' }), '--json'], { cwd, input: '[{"id":1}]' });
  if (odd.code === 0) assert.deepEqual(odd.json.tables.map(({ file }) => file), [join('o', '~2e~2e~2fup.parquet')]);
  else assert.equal(odd.json.error.code, 'bad_table_name');
});
