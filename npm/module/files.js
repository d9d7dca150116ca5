// A load whose files are handed over as they end, for bodies that are larger than memory.
import { GatelakeError, known } from './error.js';
import { disposition, Load } from './load.js';
import { chunks } from './source.js';

/** Where a file ends if nothing else is said: as in a lake. */
const FILE_BYTES = 8 << 20;

export class ParquetFiles {
  #files;
  /** @type {import('../types/index.js').Schema | undefined} */
  schema;
  /** @type {readonly import('../types/index.js').Warning[]} */
  warnings = [];

  /**
   * @param {() => Promise<import('./load.js').Engine>} engine
   * @param {import('../types/index.js').Source} source
   * @param {() => import('./api.js').Wish} wish
   */
  constructor(engine, source, wish) {
    this.#files = this.#read(engine, source, wish);
  }

  [Symbol.asyncIterator]() {
    return this.#files;
  }

  async close() {
    await this.#files.return(undefined);
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  /**
   * @param {() => Promise<import('./load.js').Engine>} engine
   * @param {import('../types/index.js').Source} source
   * @param {() => import('./api.js').Wish} wish
   * @returns {AsyncGenerator<import('../types/index.js').ParquetFile, void, undefined>}
   */
  async *#read(engine, source, wish) {
    try {
      const { table, select, id, schema, signal, options } = wish();
      if (disposition(options) === 'merge') {
        throw new GatelakeError('bad_options', 'the files of a load that merges are only known when it has ended', { help: '`normalize` merges, with `before`, and so does `run` into a store' });
      }
      if (options['widen_numbers'] === true) {
        throw new GatelakeError('bad_options', 'files that were handed over cannot be widened any more', { help: '`normalize` widens numbers, and so does `run` into a store' });
      }
      signal?.throwIfAborted();
      const load = new Load(await engine(), table, { file_bytes: FILE_BYTES, ...options }, id, schema);
      try {
        /** @type {Map<string, number>} */
        const numbers = new Map();
        const numbered = (/** @type {import('./load.js').Ended} */ { table, bytes, rows, schema }) => {
          const number = numbers.get(table) ?? 0;
          numbers.set(table, number + 1);
          return { table, number, rows, bytes, schema };
        };
        for await (const _ of load.taking(chunks(source, signal), select)) {
          for (const file of load.ended()) yield numbered(file);
        }
        const last = load.finish();
        this.schema = last.schema;
        this.warnings = last.warnings;
        for (const schema of last.schema.tables) {
          for (const file of last.files.get(schema.name) ?? []) yield numbered({ table: schema.name, schema, ...file });
        }
      } finally {
        load.free();
      }
    } catch (error) {
      throw known(error);
    }
  }
}
