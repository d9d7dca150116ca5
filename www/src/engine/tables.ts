// A set of tables that the engine holds: those of a body under way, or those of a snapshot.
import { batch, computed, signal } from '@preact/signals';
import * as api from '../lake/api.ts';
import type { Column } from '../frame.ts';
import { engine } from './client.ts';
import { EngineFrame } from './frame.ts';
import type { SchemaColumn, TableSchema, Warning } from './types.ts';

export interface TableInfo {
  readonly name: string;
  readonly parent: string | null;
  /** In all. */
  readonly rows: number;
  /** Those that can be read already. */
  readonly readable: number;
  readonly bytes: number;
  readonly files: number;
  readonly columns: readonly SchemaColumn[];
  readonly stale?: string;
}

/** How far a body has come. */
export interface Progress {
  readonly bytes: number;
  /** `undefined` where the sender does not say. */
  readonly of: number | undefined;
}

/** What ended a load, or came of it. */
export type State = { readonly is: 'loading' } | { readonly is: 'done' } | { readonly is: 'failed'; readonly error: unknown };

export interface Filter {
  readonly column: number;
  readonly op: string;
  readonly value?: string;
}

export interface Arrange {
  readonly order: readonly { readonly column: number; readonly descending: boolean }[];
  readonly filters: readonly Filter[];
  readonly search: string;
}

/** Rows of a table in an order, perhaps not all; 0 is the table as it lies. */
export interface Arrangement {
  readonly handle: number;
  readonly rows: number;
}

export class TableSet {
  readonly tables = signal<readonly TableInfo[]>([]);
  readonly warnings = signal<readonly Warning[]>([]);
  readonly progress = signal<Progress>({ bytes: 0, of: undefined });
  readonly state = signal<State>({ is: 'loading' });
  readonly failure = computed(() => (this.state.value.is === 'failed' ? this.state.value.error : undefined));
  /** How long the load took, in milliseconds. */
  readonly took = signal(0);
  readonly #id: Promise<number>;
  readonly #stop = new AbortController();
  readonly #loads = new Map<string, Promise<void>>();
  readonly #bring: ((table: string, set: number, signal: AbortSignal) => Promise<void>) | undefined;

  private constructor(
    readonly title: string,
    id: Promise<number>,
    /** The columns that a root row is told by, as far as anybody says. */
    readonly key: readonly string[],
    bring?: (table: string, set: number, signal: AbortSignal) => Promise<void>,
  ) {
    this.#id = id;
    this.#bring = bring;
  }

  /** Reads a body as it comes. `table` names its root; `schema` is what the last load left. */
  static read(title: string, body: Blob | { stream: ReadableStream<Uint8Array>; size?: number }, load: { table: string; options: object; key: readonly string[]; schema?: readonly TableSchema[] }): TableSet {
    const schema = load.schema?.length ? JSON.stringify({ tables: load.schema }) : undefined;
    const set = new TableSet(title, engine('begin', [load.table, JSON.stringify(load.options), schema]), load.key);
    const started = performance.now();
    const source = body instanceof Blob ? body : body.stream;
    const of = body instanceof Blob ? body.size : body.size;
    set.progress.value = { bytes: 0, of };
    const progress = ({ bytes, tables }: { bytes: number; tables?: readonly TableInfo[] }) =>
      batch(() => {
        set.progress.value = { bytes, of };
        if (tables) set.tables.value = tables;
      });
    const transfer = source instanceof ReadableStream ? [source] : [];
    set.#run(async (id, signal) => {
      const { warnings, tables } = await engine('read', [id, source], { signal, transfer, progress });
      batch(() => {
        set.tables.value = tables;
        set.warnings.value = warnings;
        set.took.value = performance.now() - started;
      });
    });
    return set;
  }

  /** Takes whole files, of a preview that the server made. */
  static files(title: string, bring: (signal: AbortSignal) => Promise<{ schema: readonly TableSchema[]; files: readonly { table: string; bytes: Uint8Array<ArrayBuffer> }[]; warnings: readonly Warning[]; key: readonly string[] }>, key: readonly string[]): TableSet {
    const set = new TableSet(title, engine('empty', []), key);
    const started = performance.now();
    set.#run(async (id, signal) => {
      const { schema, files, warnings } = await bring(signal);
      for (const table of schema) {
        const own = files.filter((file) => file.table === table.name);
        for (const { bytes } of own) await engine('add', [id, JSON.stringify(table), bytes], { signal, transfer: [bytes.buffer] });
      }
      const tables = await engine('list', [id]);
      batch(() => {
        set.tables.value = tables;
        set.warnings.value = warnings;
        set.took.value = performance.now() - started;
      });
    });
    return set;
  }

  /** The tables of a snapshot, each brought when it is first looked at. */
  static snapshot(manifest: api.Manifest): TableSet {
    const { dataset, snapshot } = manifest;
    const bring = async (name: string, set: number, signal: AbortSignal) => {
      const table = manifest.tables.find((table) => table.name === name);
      for (let number = 0; table && number < table.files.length; number += 1) {
        const bytes = await api.file(dataset, snapshot, name, number, signal);
        await engine('add', [set, JSON.stringify(table), bytes], { signal, transfer: [bytes.buffer] });
      }
    };
    const set = new TableSet(snapshot, engine('empty', []), [], bring);
    set.tables.value = manifest.tables.map((table) => ({
      name: table.name,
      parent: table.parent ?? null,
      rows: table.rows,
      readable: table.rows,
      bytes: table.bytes,
      files: table.files.length,
      columns: table.columns.filter((column) => column.data_type !== null),
      ...(table.freshness.stale && { stale: table.freshness.stale.message }),
    }));
    set.warnings.value = manifest.warnings;
    set.state.value = { is: 'done' };
    return set;
  }

  #run(load: (id: number, signal: AbortSignal) => Promise<void>): void {
    this.#id
      .then((id) => load(id, this.#stop.signal))
      .then(
        () => (this.state.value = { is: 'done' }),
        (error: unknown) => (this.state.value = { is: 'failed', error }),
      );
  }

  get id(): Promise<number> {
    return this.#id;
  }

  table(name: string | undefined): TableInfo | undefined {
    return this.tables.value.find((table) => table.name === name);
  }

  /** The tables that hang from that one, at any depth, behind it. */
  family(root: string): readonly TableInfo[] {
    const names = new Set([root]);
    return this.tables.value.filter((table) => {
      const own = table.name === root || (table.parent !== null && names.has(table.parent));
      if (own) names.add(table.name);
      return own;
    });
  }

  /** When it is done, the table's rows are with the engine. */
  ready(table: string): Promise<void> {
    const known = this.#loads.get(table);
    if (known) return known;
    const load = this.#id.then((id) => this.#bring?.(table, id, this.#stop.signal));
    this.#loads.set(table, load);
    // What failed may be tried again.
    load.catch(() => this.#loads.delete(table));
    return load;
  }

  frame(table: TableInfo, arrangement: Arrangement = { handle: 0, rows: table.readable }): EngineFrame {
    const bring = async (first: number, end: number, columns: readonly number[], signal: AbortSignal) => {
      await this.ready(table.name);
      return engine('cells', [await this.#id, table.name, arrangement.handle, first, end, columns], { signal });
    };
    return new EngineFrame(shown(table.columns), arrangement.rows, bring);
  }

  async arrange(table: string, request: Arrange, signal: AbortSignal): Promise<Arrangement> {
    await this.ready(table);
    return engine('arrange', [await this.#id, table, request], { signal });
  }

  /** Stops what is under way and lets go of everything. */
  close(): void {
    this.#stop.abort(new DOMException('no longer wanted', 'AbortError'));
    void this.#id.then((id) => engine('close', [id]));
  }
}

/** Columns as a grid shows them. */
export function shown(columns: readonly SchemaColumn[]): readonly Column[] {
  return columns.map((column) => {
    const note = column.primary_key ? 'primary key' : column.row_key ? 'row id' : column.parent_key ? 'parent row' : '';
    return { name: column.name, type: column.data_type ?? 'text', ...(note && { note }) };
  });
}
