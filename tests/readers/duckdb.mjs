// DuckDB. Its filters go through the row groups' bounds, so they are counted against the cells too.
import { blobValue, BIGINT, BLOB, DOUBLE, DuckDBInstance, VARCHAR } from '@duckdb/node-api';

const connection = await (await DuckDBInstance.create()).connect();
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const named = (name) => `"${name.replaceAll('"', '""')}"`;
const query = async (sql, ...parameters) => connection.runAndReadAll(sql, ...parameters);

/** How a column's cells are filtered: from the description's text to a parameter and to something that compares alike. */
const FILTERS = {
  bigint: { type: BIGINT, parameter: BigInt, key: BigInt },
  double: { type: DOUBLE, parameter: double, key: double },
  text: { type: VARCHAR, parameter: (text) => text, key: (text) => Buffer.from(text).toString('hex') },
  binary: { type: BLOB, parameter: (hex) => blobValue(Buffer.from(hex, 'hex')), key: (hex) => hex },
};
/** A column more of a wide file tells nothing new, and each query reads all of the footer. */
const FILTERED = 50;
const OPERATORS = { '=': (a, b) => a === b, '<': (a, b) => a < b, '>': (a, b) => a > b };

/** A file's row groups (rows of each), columns (cells in the words of the description; none without an exact type), and filters. */
export async function read(path, described) {
  const file = quoted(path);
  const metadata = await query(`SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata(${file}) ORDER BY 1`);
  const cells = (await query(`SELECT * FROM read_parquet(${file})`)).getColumns();
  return {
    groups: metadata.getRows().map(([, rows]) => rows),
    columns: described.map(({ type, arrow }, number) => (arrow.startsWith('decimal256') ? undefined : (cells[number] ?? []).map((cell) => plain(cell, type)))),
    async *filter({ name, type }, expected) {
      const { type: sqlType, parameter, key } = FILTERS[type] ?? {};
      if (!key || !described.slice(0, FILTERED).some((column) => column.name === name)) return;
      const texts = expected.filter((cell) => cell !== null);
      for (const bound of new Set([texts[0], texts[texts.length >> 1], texts.at(-1)].filter((text) => text !== undefined))) {
        for (const [operator, holds] of Object.entries(OPERATORS)) {
          const sql = `SELECT count(*) FROM read_parquet(${file}) WHERE ${named(name)} ${operator} ?`;
          const [[found]] = (await query(sql, [parameter(bound)], [sqlType])).getRows();
          yield { sql: `${name} ${operator} ${bound}`, found: Number(found), wanted: texts.filter((text) => holds(key(text), key(bound))).length };
        }
      }
    },
  };
}

function double(hex) {
  return Buffer.from(hex, 'hex').readDoubleBE();
}

function plain(cell, type) {
  if (cell === null) return null;
  switch (type) {
    case 'timestamp':
    case 'time':
      return String(cell.micros);
    case 'date':
      return String(cell.days);
    case 'decimal':
      return String(cell.value);
    case 'binary':
      return Buffer.from(cell.bytes).toString('hex');
    case 'double': {
      const bits = Buffer.alloc(8);
      bits.writeDoubleBE(cell);
      return bits.toString('hex');
    }
    default:
      return String(cell);
  }
}
