// `gatelake normalize`: JSON files to tables, without any gateway or lake. Each file is a load, one after the other.
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { engine } from './engine.js';
import { EXIT, Failure, failure, usage } from './failure.js';
import { checked, Load, opened, pieces, SELECTS } from '../module/load.js';
import { warning } from './report.js';
import { bytes, count, table as aligned } from './text.js';

/** Formats, and how their files end. */
const FORMATS = /** @type {Record<string, string>} */ ({ parquet: 'parquet', arrow: 'arrows', csv: 'csv', jsonl: 'jsonl' });
/** Bytes of JSON that are read at a time. */
const CHUNK = 1 << 20;

/** @type {import('./arguments.js').Command} */
export const command = {
  usage: 'normalize FILE… --table NAME --out FOLDER [OPTIONS]',
  files: [1, Infinity],
  options: {
    table: { value: 'NAME', help: 'the table that the records become; child tables are named after it' },
    out: { value: 'FOLDER', help: 'where the tables are written to, FOLDER/TABLE.parquet and so on; made if it is not there' },
    options: { value: 'FILE', help: "JSON with dlt's names: write_disposition, primary_key, columns, schema_contract, max_table_nesting, …" },
    format: { value: Object.keys(FORMATS).join('|'), help: 'of the tables [parquet]' },
    select: { value: SELECTS.join('|'), help: 'how records lie in a file: root, the items of an array or one object; envelope, the one list of objects within; auto, root for an array and envelope for an object [auto]' },
  },
  details: `A FILE is JSON, or - for standard input. Several files are several loads in that order, each with the schema that the one before left: with
write_disposition "append" (the default) a table has the rows of all of them, with "replace" those of the last, and with "merge"
those that a key or their content tells apart. A load that fails leaves the others alone.

Exit codes: 0 all loads went well; 1 none did, nothing is written; 2 nothing was tried; 3 some failed, the others are written.`,

  async run({ values, files }, io) {
    const { table, out, format = 'parquet', select = 'auto' } = values;
    if (!table) throw usage('--table is missing', 'It names the table that the records become');
    if (!out) throw usage('--out is missing', 'It names the folder that the tables are written to');
    if (!Object.hasOwn(FORMATS, format)) throw usage(`--format is one of ${Object.keys(FORMATS).join(', ')}`);
    if (!SELECTS.includes(select)) throw usage(`--select is one of ${SELECTS.join(', ')}`);
    if (files.filter((file) => file === '-').length > 1) throw usage('standard input can be read once');
    const options = await readOptions(values.options);

    const loads = new Loads(await engine(), table, options);
    const outcomes = [];
    for (const [number, file] of files.entries()) {
      io.signal.throwIfAborted();
      try {
        outcomes.push({ file, ...(await loads.load(source(file, io), select, ((Date.now() + number) / 1000).toFixed(3))) });
      } catch (error) {
        io.signal.throwIfAborted();
        const { code, message, exit } = failure(error);
        // Wrong options are wrong for every file.
        if (exit === EXIT.USAGE || code === 'internal') throw error;
        outcomes.push({ file, error: { code, message } });
        io.say(`${file}: ${code}: ${message}`);
      }
    }
    const failed = outcomes.filter((one) => 'error' in one).length;
    const written = failed === outcomes.length ? [] : await loads.write(out, format, io.signal);
    const warnings = outcomes.flatMap((one) => ('warnings' in one ? one.warnings : []));
    io.answer({ loads: outcomes, tables: written, schema: loads.schema ?? null });
    if (written.length) io.print(aligned(['table', 'rows', 'columns', 'size', 'file'], written.map((one) => [one.name, one.rows, one.columns, bytes(one.bytes), one.file]), io.paint.bold));
    for (const one of warnings) io.print(io.paint.yellow(`  ${warning(one)}`));
    if (failed) io.say(`${count(failed)} of ${count(outcomes.length)} loads failed.`);
    return failed === 0 ? EXIT.DONE : failed === outcomes.length ? EXIT.FAILED : EXIT.PARTIAL;
  },
};

/**
 * @param {string | undefined} path
 * @returns {Promise<Record<string, unknown>>}
 */
async function readOptions(path) {
  if (path === undefined) return {};
  let read;
  try {
    read = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Failure('bad_options', `the options cannot be read: ${/** @type {Error} */ (error).message}`, { at: path, exit: EXIT.USAGE });
  }
  if (read === null || typeof read !== 'object' || Array.isArray(read)) throw new Failure('bad_options', 'the options are no JSON object', { at: path, exit: EXIT.USAGE });
  try {
    return checked(read);
  } catch (error) {
    const { code, message, help, exit } = failure(error);
    throw new Failure(code, message, { at: path, help, exit });
  }
}

/** @param {string} file @param {import('./io.js').Io} io @returns {AsyncIterable<Uint8Array>} */
function source(file, { stdin, signal }) {
  return file === '-' ? stdin : createReadStream(file, { highWaterMark: CHUNK, signal });
}

/**
 * What several loads come to.
 * @typedef {{ rows: Record<string, number>, warnings: { code: string, message: string, count: number }[] }} Loaded
 */
class Loads {
  /** What the last load that went well left. @type {import('../module/load.js').Schema | undefined} */
  schema;
  #engine;
  #table;
  #options;
  /** Parquet files by table, oldest first, and how many columns each has. @type {Map<string, import('../module/load.js').File[]>} */
  #files = new Map();

  /**
   * @param {typeof import('../../build/npm/gatelake.js')} engine
   * @param {string} table
   * @param {Record<string, unknown>} options
   */
  constructor(engine, table, options) {
    this.#engine = engine;
    this.#table = table;
    this.#options = options;
  }

  /**
   * @param {AsyncIterable<Uint8Array>} body
   * @param {string} select
   * @param {string} id
   * @returns {Promise<Loaded>}
   */
  async load(body, select, id) {
    const load = new Load(this.#engine, this.#table, this.#options, id, this.schema);
    try {
      await load.body(body, select);
      const { schema, tables, warnings, files } = load.finish(this.#files);
      this.schema = schema;
      this.#files = files;
      return { rows: Object.fromEntries(tables.map((one) => [one.name, one.rows])), warnings };
    } finally {
      load.free();
    }
  }

  /**
   * Writes every table that ever had a row.
   * @param {string} folder
   * @param {string} format
   * @param {AbortSignal} signal
   */
  async write(folder, format, signal) {
    await mkdir(folder, { recursive: true });
    const written = [];
    for (const schema of this.schema?.tables ?? []) {
      const files = this.#files.get(schema.name) ?? [];
      if (!schema.seen_data && files.length === 0) continue;
      const tables = opened(this.#engine, schema, files);
      try {
        const [{ rows, columns }] = tables.list();
        const path = join(folder, `${fileName(schema.name)}.${FORMATS[format]}`);
        const size = await whole(path, pieces(this.#engine, tables, files, format), signal);
        written.push({ name: schema.name, rows, columns: columns.length, bytes: size, file: path });
      } finally {
        tables.free();
      }
    }
    return written;
  }
}

/** What some system does not take in a file's name, our own escape, and dots that would make it hidden or lead elsewhere. */
const UNFIT = /[\u0000-\u001f\u007f/\\:*?"<>|~]|^\.+/g;

/** A table's name as a file's: as it is, but for what is unfit, which is written `~xx`. @param {string} table */
const fileName = (table) => table.replace(UNFIT, (letters) => Array.from(letters, (letter) => `~${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''));

/**
 * Writes a file that is there when it is whole, and not before. Its size.
 * @param {string} path
 * @param {Iterable<Uint8Array>} pieces
 * @param {AbortSignal} signal
 */
async function whole(path, pieces, signal) {
  const draft = `${path}.part`;
  try {
    const file = await open(draft, 'w');
    let size = 0;
    try {
      for (const piece of pieces) {
        signal.throwIfAborted();
        await file.writeFile(piece);
        size += piece.length;
      }
    } finally {
      await file.close();
    }
    await rename(draft, path);
    return size;
  } finally {
    await rm(draft, { force: true });
  }
}
