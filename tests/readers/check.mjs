// Reads the files of `cargo test --test parquet` with readers that nobody here wrote, and compares every cell.
//
//     node tests/readers/check.mjs hyparquet|duckdb [FOLDER]        (the npm packages; FOLDER: target/readers)
//
// What a file should hold stands beside it as JSON lines: the columns, then one list of texts for each row (see `plain` in
// model.rs). The last line says how much was compared; the exit code is 1 if anything differs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [name, folder = 'target/readers'] = process.argv.slice(2);
const { read } = await import(`./${name}.mjs`);
const counts = { files: 0, cells: 0, filters: 0, differences: 0 };

function same(place, got, expected) {
  if (got === expected) return;
  counts.differences += 1;
  if (counts.differences <= 20) console.log(`${place}: ${got}, expected ${expected}`);
}

for (const description of readdirSync(folder).filter((file) => file.endsWith('.jsonl'))) {
  // Text may hold line separators that `split` on other things than newlines would cut at.
  const lines = readFileSync(join(folder, description), 'utf8').trimEnd().split('\n');
  const [head, ...rows] = lines.map((line) => JSON.parse(line));
  const stem = description.slice(0, -'.jsonl'.length);
  for (const file of readdirSync(folder).filter((file) => file.startsWith(`${stem}.`) && file.endsWith('.parquet'))) {
    counts.files += 1;
    const { groups, columns, filter } = await read(join(folder, file), head.columns);
    same(`${file} row groups`, String(groups), String(head.row_groups));
    for (const [number, column] of head.columns.entries()) {
      const cells = columns[number];
      const expected = rows.map((row) => row[number]);
      if (!cells) continue;
      same(`${file} ${column.name} rows`, cells.length, rows.length);
      expected.forEach((cell, row) => same(`${file} ${column.name}[${row}]`, cells[row], cell));
      counts.cells += cells.length;
      for await (const { sql, found, wanted } of filter?.(column, expected) ?? []) {
        same(`${file} ${sql}`, found, wanted);
        counts.filters += 1;
      }
    }
  }
}
console.log(Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(', '));
process.exitCode = counts.differences || !counts.files ? 1 : 0;
