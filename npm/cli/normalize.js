// `gatelake normalize`: JSON files to tables, without any gateway or lake. Each file is a load, one after the other.
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { engine } from './engine.js';
import { EXIT, Failure, failure, usage } from './failure.js';
import { warning } from './report.js';
import { bytes, count, table as aligned } from './text.js';

/** Formats, and how their files end. */
const FORMATS = /** @type {Record<string, string>} */ ({ parquet: 'parquet', arrow: 'arrows', csv: 'csv', jsonl: 'jsonl' });
const SELECTS = ['auto', 'root', 'envelope'];
/** Bytes of JSON that are read at a time, and rows that are written at a time. */
const CHUNK = 1 << 20;
const ROWS = 50_000;
/** The engine ends a file at so many bytes; here a table is one file. */
const FILE_BYTES = 0xffff_ffff;

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
those that a key or their content tells apart. A load that fails leaves the
others alone.

Exit codes: 0 all loads went well; 1 none did, nothing is written; 2 nothing was tried; 3 some failed, the others are written.`,

  async run({ values, files }, io) {
    const { table, out, format = 'parquet', select = 'auto' } = values;
    if (!table) throw usage('--table is missing', 'It names the table that the records become');
    if (!out) throw usage('--out is missing', 'It names the folder that the tables are written to');
    if (!Object.hasOwn(FORMATS, format)) throw usage(`--format is one of ${Object.keys(FORMATS).join(', ')}`);
    if (!SELECTS.includes(select)) throw usage(`--select is one of ${SELECTS.join(', ')}`);
    if (files.filter((file) => file === '-').length > 1) throw usage('standard input can be read once');
    const { disposition, options } = await readOptions(values.options);

    const loads = new Loads(await engine(), table, JSON.stringify({ file_bytes: FILE_BYTES, ...options }), disposition);
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
 * @returns {Promise<{ disposition: Disposition, options: Record<string, unknown> }>}
 */
async function readOptions(path) {
  if (path === undefined) return { disposition: 'append', options: {} };
  let read;
  try {
    read = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Failure('bad_options', `the options cannot be read: ${/** @type {Error} */ (error).message}`, { at: path, exit: EXIT.USAGE });
  }
  if (read === null || typeof read !== 'object' || Array.isArray(read)) throw new Failure('bad_options', 'the options are no JSON object', { at: path, exit: EXIT.USAGE });
  const { write_disposition: given = 'append' } = read;
  // What else may stand in it, the engine knows and checks.
  const disposition = typeof given === 'string' ? given : given?.disposition;
  if (disposition === 'append' || disposition === 'replace' || disposition === 'merge') return { disposition, options: read };
  throw new Failure('bad_options', `there is no write_disposition ${JSON.stringify(disposition ?? given)}`, { at: path, help: 'There are "append", "replace" and "merge"', exit: EXIT.USAGE });
}

/** @param {string} file @param {import('./io.js').Io} io @returns {AsyncIterable<Uint8Array>} */
function source(file, { stdin, signal }) {
  return file === '-' ? stdin : createReadStream(file, { highWaterMark: CHUNK, signal });
}

/** @typedef {'append' | 'replace' | 'merge'} Disposition */

/**
 * What several loads come to.
 * @typedef {{ rows: Record<string, number>, warnings: { code: string, message: string, count: number }[] }} Loaded
 */
class Loads {
  /** What the last load that went well left. @type {{ tables: { name: string, seen_data?: boolean, columns: { data_type?: string | null }[] }[] } | undefined} */
  schema;
  #engine;
  #table;
  #options;
  #disposition;
  /** Parquet files by table, oldest first, and how many columns each has. @type {Map<string, { bytes: Uint8Array, columns: number }[]>} */
  #files = new Map();

  /**
   * @param {typeof import('../../build/npm/gatelake.js')} engine
   * @param {string} table
   * @param {string} options
   * @param {Disposition} disposition
   */
  constructor(engine, table, options, disposition) {
    this.#engine = engine;
    this.#table = table;
    this.#options = options;
    this.#disposition = disposition;
  }

  /**
   * @param {AsyncIterable<Uint8Array>} body
   * @param {string} select
   * @param {string} id
   * @returns {Promise<Loaded>}
   */
  async load(body, select, id) {
    const load = new this.#engine.Normalizer(this.#table, this.#options, id, this.schema && JSON.stringify(this.schema));
    try {
      /** @type {Map<string, Uint8Array[]>} */
      const open = new Map();
      /** @type {{ table: string, bytes: Uint8Array, columns: number }[]} */
      let done = [];
      const take = () => {
        for (const part of load.takeParts()) {
          const { table, bytes: piece, end } = /** @type {{ table: string, bytes: Uint8Array, end: { columns: number } | null }} */ (part);
          const pieces = open.get(table) ?? [];
          pieces.push(piece);
          open.set(table, pieces);
          if (!end) continue;
          done.push({ table, bytes: Buffer.concat(pieces), columns: end.columns });
          open.delete(table);
        }
      };
      let begun = false;
      for await (let chunk of body) {
        if (!begun) {
          if (MARK.every((byte, at) => chunk[at] === byte)) chunk = chunk.subarray(MARK.length);
          const first = chunk.find((byte) => !SPACE.has(byte));
          if (first === undefined) continue;
          load.begin(select === 'auto' ? first === OPENING_BRACKET : select === 'root');
          begun = true;
        }
        load.feed(chunk);
        take();
      }
      if (!begun) throw new Failure('empty_body', 'there is nothing in it');
      const { schema, tables, warnings } = load.finish();
      take();
      this.schema = schema;
      if (this.#disposition === 'merge') {
        const old = [...this.#files].flatMap(([table, files]) => files.map((file) => ({ table, ...file })));
        done = load.merge(old, done);
      }
      if (this.#disposition !== 'append') this.#files.clear();
      for (const { table, ...file } of done) this.#files.set(table, [...(this.#files.get(table) ?? []), file]);
      return { rows: Object.fromEntries(tables.map((/** @type {{ name: string, rows: number }} */ one) => [one.name, one.rows])), warnings };
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
      const tables = this.#engine.Tables.empty();
      const described = JSON.stringify(schema);
      tables.declare(described);
      for (const file of files) tables.add(described, file.bytes);
      const [{ rows, columns }] = tables.list();
      const path = join(folder, `${fileName(schema.name)}.${FORMATS[format]}`);
      const size = await whole(path, this.#pieces(tables, files, format, columns.length, signal));
      tables.free();
      written.push({ name: schema.name, rows, columns: columns.length, bytes: size, file: path });
    }
    return written;
  }

  /**
   * @param {import('../../build/npm/gatelake.js').Tables} tables
   * @param {{ bytes: Uint8Array, columns: number }[]} files
   * @param {string} format
   * @param {number} columns
   * @param {AbortSignal} signal
   */
  *#pieces(tables, files, format, columns, signal) {
    // As the engine wrote it, with all that makes it small.
    const [only] = files;
    if (format === 'parquet' && only && files.length === 1 && only.columns === columns) return void (yield only.bytes);
    const writer = new this.#engine.Writer(tables, 0, 0, format);
    try {
      for (let piece = writer.next(tables, ROWS); piece !== undefined; piece = writer.next(tables, ROWS)) {
        signal.throwIfAborted();
        yield piece;
      }
    } finally {
      writer.free();
    }
  }
}

/** White space of JSON, and the byte order mark that some editors put in front of it. */
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const MARK = [0xef, 0xbb, 0xbf];
const OPENING_BRACKET = 0x5b;

/** What some system does not take in a file's name, our own escape, and dots that would make it hidden or lead elsewhere. */
const UNFIT = /[\u0000-\u001f\u007f/\\:*?"<>|~]|^\.+/g;

/** A table's name as a file's: as it is, but for what is unfit, which is written `~xx`. @param {string} table */
const fileName = (table) => table.replace(UNFIT, (letters) => Array.from(letters, (letter) => `~${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''));

/**
 * Writes a file that is there when it is whole, and not before. Its size.
 * @param {string} path
 * @param {Iterable<Uint8Array>} pieces
 */
async function whole(path, pieces) {
  const draft = `${path}.part`;
  try {
    const file = await open(draft, 'w');
    let size = 0;
    try {
      for (const piece of pieces) {
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
