// Reads the files of `cargo test --test parquet` with hyparquet and compares every cell.
//
//     node tests/readers/check.mjs [FOLDER]        (npm package hyparquet; FOLDER: target/readers)
//
// What a file should hold stands beside it as JSON lines. The last line says how much was compared; the exit code is 1 if
// anything differs.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parquetMetadata, parquetRead } from 'hyparquet'

const folder = process.argv[2] ?? 'target/readers'
const counts = { files: 0, cells: 0, differences: 0 }

function differ(place, got, expected) {
  counts.differences++
  if (counts.differences <= 20) console.log(`${place}: ${got}, expected ${expected}`)
}

const hex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')

/** What the reader gave, in the words of the description. */
function described(cell, kind) {
  if (cell === null || cell === undefined) return null
  switch (kind) {
    case 'double': {
      const view = new DataView(new ArrayBuffer(8))
      view.setFloat64(0, cell)
      return hex(new Uint8Array(view.buffer))
    }
    case 'binary':
      return hex(cell)
    case 'decimal':
    case 'wei':
      return String(BigInt.asIntN(8 * cell.length, BigInt(`0x${hex(cell)}`)))
    default:
      return String(cell)
  }
}

const same = number => number
const parsers = { timestampFromMicroseconds: same, dateFromDays: same }

for (const description of readdirSync(folder).filter(name => name.endsWith('.jsonl'))) {
  // Text may hold line separators that `split` on other things than newlines would cut at.
  const lines = readFileSync(join(folder, description), 'utf8').trimEnd().split('\n')
  const [head, ...rows] = lines.map(line => JSON.parse(line))
  const stem = description.slice(0, -'.jsonl'.length)
  for (const name of readdirSync(folder).filter(name => name.startsWith(`${stem}.`) && name.endsWith('.parquet'))) {
    counts.files++
    const bytes = readFileSync(join(folder, name))
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    const metadata = parquetMetadata(file)
    // hyparquet turns decimals into doubles; their bytes are exact.
    for (const element of metadata.schema) {
      if (element.converted_type === 'DECIMAL') {
        delete element.converted_type
        delete element.logical_type
      }
    }
    const groups = metadata.row_groups.map(group => Number(group.num_rows))
    if (String(groups) !== String(head.row_groups)) differ(`${name} row groups`, groups, head.row_groups)
    await parquetRead({
      file,
      metadata,
      parsers,
      utf8: false,
      rowFormat: 'array',
      onComplete(read) {
        if (read.length !== rows.length) differ(`${name} rows`, read.length, rows.length)
        rows.forEach((expected, row) => {
          head.columns.forEach((column, number) => {
            const got = described(read[row]?.[number], column.type)
            if (got !== expected[number]) differ(`hyparquet ${name} ${column.name}[${row}]`, got, expected[number])
            counts.cells++
          })
        })
      },
    })
  }
}
console.log(`${counts.files} files, ${counts.cells} cells, ${counts.differences} differences`)
process.exitCode = counts.differences || !counts.files ? 1 : 0
