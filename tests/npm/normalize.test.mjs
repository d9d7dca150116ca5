// `gatelake normalize`: what a command line adds to the engine.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { gatelake, temporary } from './support.mjs';

const lines = (path) => readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const put = (folder, name, text) => {
  writeFileSync(join(folder, name), typeof text === 'string' ? text : JSON.stringify(text));
  return name;
};

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

test('numbers are widened in the rows of all loads', async (t) => {
  const cwd = temporary(t);
  const files = [[{ id: 1, n: 1, of: [{ n: 1 }] }], [{ id: 2, n: 2.5, of: [{ n: 0.5 }] }], [{ id: 1, n: 3 }]].map((rows, number) => put(cwd, `${number}.json`, rows));
  for (const [options, expected, children] of [
    [{}, [1, 2.5, 3], [1, 0.5]],
    [{ write_disposition: 'replace' }, [3], []],
    [{ write_disposition: 'merge', primary_key: 'id' }, [2.5, 3], [0.5]],
  ]) {
    put(cwd, 'options.json', { ...options, widen_numbers: true });
    const ended = await gatelake(['normalize', ...files, '--table', 'items', '--options', 'options.json', '--out', 'out', '--json'], { cwd });
    assert.equal(ended.code, 0, ended.stderr);
    const items = await parquet(join(cwd, 'out', 'items.parquet'));
    assert.deepEqual(items.map(({ n }) => n), expected);
    assert.equal(Object.keys(items[0]).some((name) => name.startsWith('n__')), false);
    assert.deepEqual((await parquet(join(cwd, 'out', 'items__of.parquet'))).map(({ n }) => n), children);
  }
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
