// What a load comes to, for the caller.
import { GatelakeError, known } from './error.js';
import { joined, opened, pieces } from './load.js';

/** A table of a load. Its files stay in JavaScript's memory; the engine's is used only while a method runs. */
export class Table {
  #engine;
  /** @type {readonly import('./load.js').File[]} */
  #files;

  /**
   * @param {import('./load.js').Engine} engine
   * @param {import('./load.js').TableSchema} schema
   * @param {readonly import('./load.js').File[]} files
   */
  constructor(engine, schema, files) {
    this.#engine = engine;
    this.#files = files;
    this.schema = schema;
    this.name = schema.name;
    this.rows = files.reduce((rows, file) => rows + file.rows, 0);
  }

  /** @param {'parquet' | 'arrow' | 'csv' | 'jsonl'} format */
  bytes(format) {
    try {
      const tables = opened(this.#engine, this.schema, this.#files);
      try {
        return joined([...pieces(this.#engine, tables, this.#files, format)]);
      } finally {
        tables.free();
      }
    } catch (error) {
      throw known(error);
    }
  }

  parquet() {
    return this.bytes('parquet');
  }

  arrow() {
    return this.bytes('arrow');
  }

  /** @returns {Generator<Record<string, unknown>>} */
  *records() {
    const decoder = new TextDecoder();
    let open = '';
    const tables = opened(this.#engine, this.schema, this.#files);
    try {
      for (const piece of pieces(this.#engine, tables, this.#files, 'jsonl')) {
        const lines = (open + decoder.decode(piece, { stream: true })).split('\n');
        open = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line);
      }
      if (open) yield JSON.parse(open);
    } catch (error) {
      throw known(error);
    } finally {
      tables.free();
    }
  }
}

/** The files of all tables, for the next load to go on from. @type {WeakMap<object, ReadonlyMap<string, readonly import('./load.js').File[]>>} */
const held = new WeakMap();

/** @param {object | undefined} tables */
export const filesOf = (tables) => (tables && held.get(tables)) || new Map();

/** All tables after a load. */
export class Tables {
  /** @type {Table[]} */
  #tables;

  /**
   * @param {import('./load.js').Engine} engine
   * @param {import('./load.js').Loaded} loaded
   */
  constructor(engine, { schema, warnings, files }) {
    this.schema = schema;
    this.warnings = warnings;
    this.#tables = schema.tables
      .filter((table) => table.seen_data || files.has(table.name))
      .map((table) => new Table(engine, table, files.get(table.name) ?? []));
    held.set(this, files);
  }

  get tables() {
    return this.#tables;
  }

  /** @param {string} name */
  table(name) {
    const found = this.#tables.find((table) => table.name === name);
    if (found) return found;
    throw new GatelakeError('no_such_table', `there is no table ${name}`, { help: `They are: ${this.#tables.map((table) => table.name).join(', ')}` });
  }

  [Symbol.iterator]() {
    return this.#tables[Symbol.iterator]();
  }

  /** The files can be collected then, wherever else the tables themselves are held. */
  free() {
    this.#tables = [];
    held.delete(this);
  }

  // For `using`; where there is no such symbol, the method has a name that nobody asks for.
  [Symbol.dispose]() {
    this.free();
  }
}
