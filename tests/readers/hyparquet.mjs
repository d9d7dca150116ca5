// hyparquet, a reader in JavaScript.
import { readFileSync } from 'node:fs';
import { parquetMetadata, parquetRead } from 'hyparquet';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const asItIs = (number) => number;

/** A file's row groups (rows of each) and columns, their cells in the words of the description. */
export async function read(path, described) {
  const bytes = readFileSync(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const metadata = parquetMetadata(file);
  // hyparquet turns decimals into doubles; their bytes are exact.
  for (const element of metadata.schema) {
    if (element.converted_type !== 'DECIMAL') continue;
    delete element.converted_type;
    delete element.logical_type;
  }
  let rows = [];
  await parquetRead({
    file,
    metadata,
    parsers: { timestampFromMicroseconds: asItIs, dateFromDays: asItIs },
    utf8: false,
    rowFormat: 'array',
    onComplete: (all) => (rows = all),
  });
  return {
    groups: metadata.row_groups.map((group) => Number(group.num_rows)),
    columns: described.map(({ type }, number) => rows.map((row) => plain(row[number], type))),
  };
}

function plain(cell, type) {
  if (cell === null || cell === undefined) return null;
  if (type === 'double') {
    const bits = Buffer.alloc(8);
    bits.writeDoubleBE(cell);
    return hex(bits);
  }
  if (type === 'binary') return hex(cell);
  if (type === 'decimal' || type === 'wei') return String(BigInt.asIntN(8 * cell.length, BigInt(`0x${hex(cell)}`)));
  return String(cell);
}
