// A set of tables that the engine holds: those of a body under way, or those of a snapshot.
import { batch, computed, signal } from '@preact/signals';
import * as api from '../lake/api.ts';
import type { Column } from '../frame.ts';
import { type Call, engine } from './client.ts';
import { EngineFrame, type Fetch } from './frame.ts';
import type { Arrange, Arrangement, Changes, ColumnProfile, Review, Row, RowChange, SchemaColumn, TableInfo, TableSchema, Warning } from './types.ts';

/** How far a body has come. */
export interface Progress {
  readonly bytes: number;
  /** `undefined` where the sender does not say. */
  readonly of: number | undefined;
}

/** What ended a load, or came of it. */
export type State = { readonly is: 'loading' } | { readonly is: 'done' } | { readonly is: 'failed'; readonly error: unknown };

/** What a body is to be read as. */
export interface Order {
  /** The root table. */
  readonly table: string;
  /** The load's options, as `Options::from_json` takes them. */
  readonly options: object;
  /** The columns that records are told by, as far as anybody says. */
  readonly key: readonly string[];
  /** What the last load left; empty if there was none. */
  readonly schema: readonly TableSchema[];
}

/** What the engine tells while it reads. */
interface Told {
  readonly bytes: number;
  readonly tables?: readonly TableInfo[];
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
  readonly #changes = new WeakMap<TableSet, Map<string, Promise<Changes>>>();
  #review: { review: Review; rows: TableSet } | undefined;
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

  /** Reads a body as it comes. */
  static read(title: string, body: Blob, order: Order): TableSet {
    return TableSet.#load(title, order, body.size, (id, call) => engine('read', [id, body], call));
  }

  /** Fetches a resource from a gateway, and reads it as it comes. */
  static pull(title: string, settings: object, secrets: Record<string, string>, order: Order): TableSet {
    return TableSet.#load(title, order, undefined, (id, call) => engine('pull', [id, order.table, settings, secrets], call));
  }

  static #load(title: string, order: Order, of: number | undefined, read: (id: number, call: Call<Told>) => Promise<{ tables: readonly TableInfo[]; warnings: readonly Warning[] }>): TableSet {
    const { table, options, key, schema } = order;
    const set = new TableSet(title, engine('begin', [table, JSON.stringify(options), schema.length ? JSON.stringify({ tables: schema }) : undefined]), key);
    const started = performance.now();
    set.progress.value = { bytes: 0, of };
    const progress = ({ bytes, tables }: Told) =>
      batch(() => {
        set.progress.value = { bytes, of };
        if (tables) set.tables.value = tables;
      });
    set.#run(async (id, signal) => {
      const { warnings, tables } = await read(id, { signal, progress });
      batch(() => {
        set.tables.value = tables;
        set.warnings.value = warnings;
        set.took.value = performance.now() - started;
      });
    });
    return set;
  }

  /** Takes whole files, of a preview that the server made. */
  static files(title: string, bring: (signal: AbortSignal) => Promise<{ schema: readonly TableSchema[]; files: readonly { table: string; bytes: Uint8Array<ArrayBuffer> }[]; warnings: readonly Warning[] }>, key: readonly string[]): TableSet {
    const set = new TableSet(title, engine('empty', []), key);
    const started = performance.now();
    set.#run(async (id, signal) => {
      const { schema, files, warnings } = await bring(signal);
      for (const table of schema) {
        const own = files.filter((file) => file.table === table.name);
        for (const { bytes } of own) await engine('add', [id, table, bytes], { signal, transfer: [bytes.buffer] });
      }
      const found = await engine('list', [id]);
      // A table without rows has no file.
      const empty = schema.filter((table) => !found.some((one) => one.name === table.name));
      const tables = [...found, ...empty.map((table) => ({ name: table.name, parent: table.parent ?? null, rows: 0, readable: 0, bytes: 0, files: 0, columns: table.columns }))];
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
        await engine('add', [set, table, bytes], { signal, transfer: [bytes.buffer] });
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
    const bring: Fetch = async (first, end, columns, signal, limit) => {
      await this.ready(table.name);
      return engine('cells', [await this.#id, table.name, arrangement.handle, first, end, columns, limit], { signal });
    };
    return new EngineFrame(shown(table.columns), arrangement.rows, bring);
  }

  async arrange(table: string, request: Arrange, signal: AbortSignal): Promise<Arrangement> {
    await this.ready(table);
    return engine('arrange', [await this.#id, table, request], { signal });
  }

  release(handle: number): void {
    void this.#id.then((id) => engine('release', [id, handle])).catch(() => {});
  }

  /** A row's cells in full, its parent, and how many children it has in which table. */
  async row(table: string, arrangement: number, row: number, signal: AbortSignal): Promise<Row> {
    const root = this.table(table)?.parent;
    // Its parent and its children may not be here yet.
    const near = this.tables.peek().filter((one) => one.name === table || one.name === root || one.parent === table);
    await Promise.all(near.map((one) => this.ready(one.name)));
    return engine('row', [await this.#id, table, arrangement, row], { signal });
  }

  /** Cells of a row of the table as it lies, by name; `null` for a column that it does not have. */
  async named(table: string, row: number, names: readonly string[], signal: AbortSignal): Promise<readonly (string | null)[]> {
    const columns = this.table(table)?.columns ?? [];
    const { cells } = await this.row(table, 0, row, signal);
    return names.map((name) => cells[columns.findIndex((column) => column.name === name)] ?? null);
  }

  async profile(table: string, arrangement: number, column: number, signal: AbortSignal): Promise<ColumnProfile> {
    await this.ready(table);
    return engine('profile', [await this.#id, table, arrangement, column], { signal });
  }

  /** The rows as a file of another format. `progress` is told rows. */
  async write(table: string, arrangement: number, format: string, signal: AbortSignal, progress: (rows: number) => void): Promise<Blob> {
    await this.ready(table);
    return engine('write', [await this.#id, table, arrangement, format], { signal, progress });
  }

  /** A Parquet file of the table, byte for byte. */
  async file(table: string, number: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    await this.ready(table);
    return engine('file', [await this.#id, table, number], { signal });
  }

  /** What a resource's tables have that `old`'s do not, and the other way round. Comparing once is enough. */
  changes(old: TableSet, root: string, signal: AbortSignal): Promise<Changes> {
    const known = this.#changes.get(old) ?? new Map<string, Promise<Changes>>();
    this.#changes.set(old, known);
    const before = known.get(root);
    if (before) return before;
    const work = this.#compare(old, root, signal);
    known.set(root, work);
    work.catch(() => known.delete(root));
    return work;
  }

  async #compare(old: TableSet, root: string, signal: AbortSignal): Promise<Changes> {
    await Promise.all([...this.family(root).map((one) => this.ready(one.name)), ...old.family(root).map((one) => old.ready(one.name))]);
    const columns = (set: TableSet) => new Set(set.table(root)?.columns.map((column) => column.name));
    const hinted = this.table(root)?.columns.filter((column) => column.primary_key).map((column) => column.name) ?? [];
    const both = (name: string) => columns(this).has(name) && columns(old).has(name);
    // Nobody said what tells records apart: the gateway's own id does, where there is one.
    const key = [this.key, hinted, ['id'], ['username']].find((names) => names.length > 0 && names.every(both)) ?? [];
    return engine('changes', [await old.id, await this.#id, root, key], { signal });
  }

  /** Rows that differ, of a comparison's list. `columns`: which cells to bring along. */
  async changedRows(handle: number, table: string, first: number, end: number, columns: readonly string[], signal: AbortSignal): Promise<readonly RowChange[]> {
    return engine('changedRows', [handle, table, first, end, columns], { signal });
  }

  /** The tables that say something of access. */
  get reviewed(): readonly TableInfo[] {
    return ['users', 'folders', 'cloud_connections'].flatMap((root) => this.family(root));
  }

  /** Who can get in, as far as these tables tell: the table `access_review` as a set of its own, and what is said about it. */
  async access(signal: AbortSignal): Promise<{ review: Review; rows: TableSet }> {
    if (this.#review) return this.#review;
    await Promise.all(this.reviewed.map((one) => this.ready(one.name)));
    const { set, tables, ...review } = await engine('access', [await this.#id], { signal });
    const rows = new TableSet('access review', Promise.resolve(set), []);
    rows.tables.value = tables;
    rows.state.value = { is: 'done' };
    return (this.#review = { review, rows });
  }

  /** Stops what is under way and lets go of everything. */
  close(): void {
    this.#stop.abort(new DOMException('no longer wanted', 'AbortError'));
    this.#review?.rows.close();
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
