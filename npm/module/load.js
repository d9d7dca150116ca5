// One load: JSON in pieces, in; Parquet files, the schema and warnings, out. The command line and the module share it.
import { GatelakeError } from './error.js';

/**
 * @typedef {typeof import('../../build/npm/gatelake.js')} Engine
 * @typedef {{ bytes: Uint8Array, rows: number, columns: number }} File
 * @typedef {import('../types/index.js').TableSchema} TableSchema
 * @typedef {import('../types/index.js').Schema} Schema
 * @typedef {File & { table: string, schema: TableSchema }} Ended
 * @typedef {import('../types/index.js').Warning} Warning
 * @typedef {{ schema: Schema, tables: { name: string, rows: number }[], warnings: Warning[], files: Map<string, File[]> }} Loaded
 */

/** How records lie in a body: `root`, the items of an array or one object; `envelope`, the one list of objects within. */
export const SELECTS = ['auto', 'root', 'envelope'];

/** A load's id, as a run makes it of its time. */
export const loadId = () => (Date.now() / 1000).toFixed(3);

/** The engine ends a file at so many bytes; here a table is one file. */
const FILE_BYTES = 0xffff_ffff;
/** Rows that are written at a time. */
const ROWS = 50_000;
/** White space of JSON, and the byte order mark that some editors put in front of it. */
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const MARK = [0xef, 0xbb, 0xbf];
const OPENING_BRACKET = 0x5b;

/**
 * Options with the oracle's names, if their write disposition is one that there is. What else may stand in it, the engine knows.
 * @param {Record<string, unknown>} options
 */
export function checked(options) {
  if (['append', 'replace', 'merge'].includes(String(disposition(options)))) return options;
  throw new GatelakeError('bad_options', `there is no write_disposition ${JSON.stringify(disposition(options))}`, { help: 'There are "append", "replace" and "merge"' });
}

/** @param {Record<string, unknown>} options */
export function disposition({ write_disposition: given = 'append' }) {
  return given !== null && typeof given === 'object' && 'disposition' in given ? given.disposition : given;
}

/** @param {ReadonlyMap<string, readonly File[]>} files */
const listed = (files) => [...files].flatMap(([table, some]) => some.map((file) => ({ table, ...file })));

/** A load under way. */
export class Load {
  #normalizer;
  #disposition;
  #widens;
  /** @type {Map<string, Uint8Array[]>} */
  #open = new Map();
  /** @type {Map<string, File[]>} */
  #files = new Map();

  /**
   * @param {Engine} engine
   * @param {string} table
   * @param {Record<string, unknown>} options `checked` ones
   * @param {string} id
   * @param {Schema | undefined} schema what the load before left
   */
  constructor(engine, table, options, id, schema) {
    this.#disposition = disposition(options);
    this.#widens = options['widen_numbers'] === true;
    this.#normalizer = new engine.Normalizer(table, JSON.stringify({ file_bytes: FILE_BYTES, ...options }), id, schema && JSON.stringify(schema));
  }

  /** @param {boolean} root */
  begin(root) {
    this.#normalizer.begin(root);
  }

  /** @param {Uint8Array} bytes */
  feed(bytes) {
    this.#normalizer.feed(bytes);
    this.#take();
  }

  /** What stood around the records of the body that ends here. */
  endBody() {
    return this.#normalizer.endBody();
  }

  /**
   * A whole body.
   * @param {AsyncIterable<Uint8Array> | Iterable<Uint8Array>} body
   * @param {string} select
   */
  async body(body, select) {
    for await (const _ of this.taking(body, select));
  }

  /**
   * The same, with a rest after each piece. It begins with its first byte that is no white space, which says how its records lie if
   * `select` is `auto`.
   * @param {AsyncIterable<Uint8Array> | Iterable<Uint8Array>} body
   * @param {string} select
   * @returns {AsyncGenerator<void, void, undefined>}
   */
  async *taking(body, select) {
    let begun = false;
    /** Bytes of a byte order mark that have passed, as long as nothing else has. */
    let mark = 0;
    for await (let chunk of body) {
      if (!begun) {
        let at = 0;
        while (mark < MARK.length && at < chunk.length && chunk[at] === MARK[mark]) [at, mark] = [at + 1, mark + 1];
        chunk = chunk.subarray(at);
        const first = chunk.find((byte) => !SPACE.has(byte));
        if (first === undefined) continue;
        this.begin(select === 'auto' ? first === OPENING_BRACKET : select === 'root');
        begun = true;
      }
      this.feed(chunk);
      yield;
    }
    if (!begun) throw new GatelakeError('empty_body', 'there is nothing in it');
  }

  /**
   * The files that have ended since the last time, each with what is known of its table so far. They are handed over: `finish` knows
   * nothing of them.
   * @returns {Ended[]}
   */
  ended() {
    if (this.#files.size === 0) return [];
    const schemas = new Map(this.#normalizer.tables().map((/** @type {TableSchema} */ schema) => [schema.name, schema]));
    const ended = listed(this.#files).map((file) => ({ ...file, schema: schemas.get(file.table) }));
    this.#files.clear();
    return ended;
  }

  /**
   * Ends it. The answer's `files` are those of every table after the load, with what it makes of those that were there.
   * @param {ReadonlyMap<string, readonly File[]>} [before] of each table, oldest first
   * @returns {Loaded}
   */
  finish(before = new Map()) {
    const { schema, tables, warnings } = this.#normalizer.finish();
    this.#take();
    const fitting = (/** @type {ReturnType<typeof listed>} */ files) => (this.#widens ? this.#normalizer.fit(files) : files);
    const [old, load] = [fitting(listed(before)), fitting(listed(this.#files))];
    const after = this.#disposition === 'replace' ? load : this.#disposition === 'merge' ? this.#normalizer.merge(old, load) : [...old, ...load];
    /** @type {Map<string, File[]>} */
    const files = new Map();
    for (const { table, ...file } of after) files.set(table, [...(files.get(table) ?? []), file]);
    return { schema, tables, warnings, files };
  }

  /** Gives its memory back; it is of no use afterwards. */
  free() {
    this.#normalizer.free();
  }

  #take() {
    for (const part of this.#normalizer.takeParts()) {
      const { table, bytes, end } = /** @type {{ table: string, bytes: Uint8Array, end: { rows: number, columns: number } | null }} */ (part);
      const pieces = this.#open.get(table) ?? [];
      pieces.push(bytes);
      this.#open.set(table, pieces);
      if (!end) continue;
      const files = this.#files.get(table) ?? [];
      files.push({ bytes: joined(pieces), rows: end.rows, columns: end.columns });
      this.#files.set(table, files);
      this.#open.delete(table);
    }
  }
}

/**
 * A table of files and its schema in the engine's memory; `free` it.
 * @param {Engine} engine
 * @param {TableSchema} schema
 * @param {readonly File[]} files
 */
export function opened(engine, schema, files) {
  const tables = engine.Tables.empty();
  try {
    const described = JSON.stringify(schema);
    tables.declare(described);
    for (const file of files) tables.add(described, file.bytes);
    return tables;
  } catch (error) {
    tables.free();
    throw error;
  }
}

/**
 * A table's bytes in a format of the engine's, piece by piece.
 * @param {Engine} engine
 * @param {import('../../build/npm/gatelake.js').Tables} tables of this one table
 * @param {readonly File[]} files
 * @param {string} format
 */
export function* pieces(engine, tables, files, format) {
  // As the engine wrote it, with all that makes it small.
  const [only] = files;
  if (format === 'parquet' && only && files.length === 1 && only.columns === tables.list()[0].columns.length) return void (yield only.bytes);
  const writer = new engine.Writer(tables, 0, 0, format);
  try {
    for (let piece = writer.next(tables, ROWS); piece !== undefined; piece = writer.next(tables, ROWS)) yield piece;
  } finally {
    writer.free();
  }
}

/** @param {readonly Uint8Array[]} parts */
export function joined(parts) {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
