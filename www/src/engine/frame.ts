// A table of the engine as a frame: blocks of cells, fetched once, the longest unused let go.
import type { Cell, Column, Frame, Span } from '../frame.ts';

/** Rows of a block. */
const ROWS = 64;
/** Blocks of one column each that are kept: some 250,000 cells. */
const KEPT = 4_000;

/** Cells of `columns`, each from row `first` up to `end`, texts cut behind `limit` characters. */
export type Fetch = (first: number, end: number, columns: readonly number[], signal: AbortSignal, limit?: number) => Promise<readonly (readonly Cell[])[]>;
/** No text is longer. */
const WHOLE = 2 ** 31 - 1;

export class EngineFrame implements Frame {
  columns: readonly Column[];
  rows: number;
  readonly #fetch: Fetch;
  readonly #blocks = new Map<string, readonly Cell[]>();
  readonly #listeners = new Set<() => void>();

  constructor(columns: readonly Column[], rows: number, fetch: Fetch) {
    this.columns = columns;
    this.rows = rows;
    this.#fetch = fetch;
  }

  /** More rows, or more columns behind those that are there. */
  grow(columns: readonly Column[], rows: number): void {
    if (columns.length === this.columns.length && rows === this.rows) return;
    this.columns = columns;
    this.rows = rows;
    this.#tell();
  }

  cell(row: number, column: number): Cell | undefined {
    return this.#blocks.get(key(Math.floor(row / ROWS), column))?.[row % ROWS];
  }

  async fetch({ first, end, columns }: Span, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const to = Math.min(end, this.rows);
    const missing = new Map<number, number[]>();
    for (let block = Math.floor(first / ROWS); block * ROWS < to; block += 1) {
      for (const column of columns) {
        const at = key(block, column);
        const known = this.#blocks.get(at);
        // A block at the end of what was there then is cut short.
        if (known && known.length === Math.min(ROWS, this.rows - block * ROWS)) {
          // What was used last stands last.
          this.#blocks.delete(at);
          this.#blocks.set(at, known);
        } else {
          missing.set(block, [...(missing.get(block) ?? []), column]);
        }
      }
    }
    if (missing.size === 0) return;
    const bring = async ([block, wanted]: [number, number[]]) => {
      const [from, until] = [block * ROWS, Math.min((block + 1) * ROWS, this.rows)];
      const cells = await this.#fetch(from, until, wanted, signal);
      wanted.forEach((column, at) => this.#blocks.set(key(block, column), cells[at] ?? []));
    };
    await Promise.all([...missing].map(bring));
    for (const at of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT) break;
      this.#blocks.delete(at);
    }
    this.#tell();
  }

  full({ first, end, columns }: Span, signal: AbortSignal): Promise<readonly (readonly Cell[])[]> {
    return this.#fetch(first, Math.min(end, this.rows), columns, signal, WHOLE);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const key = (block: number, column: number) => `${block}/${column}`;
