/** The engine for Node, pages and Workers: JSON into tables, a gateway's client, whole runs. @module gatelake */

import type { Store } from '../store/store.js';

export type { Metadata, Store } from '../store/store.js';
/** JSON as it comes: text, bytes, a stream of bytes, or any iterable of texts or bytes (a Node stream is one). */
export type Source = string | ArrayBuffer | ArrayBufferView | Blob | Response | ReadableStream<Uint8Array> | Iterable<string | ArrayBufferView> | AsyncIterable<string | ArrayBufferView>;

/** What is known of a table. Give it back with the next load: the table then keeps its columns, and gains some. */
export interface Schema {
  tables: TableSchema[];
  [member: string]: unknown;
}

/** What is known of one table. */
export interface TableSchema {
  name: string;
  /** The table whose rows this one's hang from; none for a root table. */
  parent?: string | null;
  /** Whether it ever had a row. */
  seen_data?: boolean;
  columns: Column[];
  [member: string]: unknown;
}

/** What is known of one column. */
export interface Column {
  name: string;
  /** None as long as no value was seen. */
  data_type?: 'text' | 'double' | 'bool' | 'timestamp' | 'bigint' | 'json' | 'decimal' | 'wei' | 'date' | 'time' | 'binary' | null;
  nullable?: boolean;
  [member: string]: unknown;
}

/** Something that a reader of the tables should know. */
export interface Warning {
  /** Stable; docs/errors.md has them all. */
  code: string;
  message: string;
  /** How often it happened. */
  count: number;
  [member: string]: unknown;
}

/** dlt's names, and the ways around a load. Those that are not listed here go to the engine as they are, which refuses what it does not know. */
export interface ResourceOptions {
  /** What becomes of the rows that there were, which `before` has. @defaultValue "append" */
  write_disposition?: 'append' | 'replace' | 'merge' | MergeDisposition;
  primary_key?: string | string[];
  columns?: unknown;
  schema_contract?: unknown;
  /** How deep lists of objects become child tables; what lies deeper stays JSON. */
  max_table_nesting?: number;
  /** Of the load before: its `schema`. */
  schema?: Schema;
  /** For the column `_dlt_load_id`; later loads have greater ones. @defaultValue the time, in seconds since 1970 with three decimals */
  load_id?: string;
  /** Ends the load: the promise rejects with its reason. */
  signal?: AbortSignal;
  [option: string]: unknown;
}

export interface NormalizeOptions extends ResourceOptions {
  /** The table that the records become; child tables are named after it. */
  table: string;
  /** How records lie in the body: `root`, the items of an array or one object; `envelope`, the one list of objects within. @defaultValue "auto": `root` for an array, `envelope` for an object */
  select?: 'auto' | 'root' | 'envelope';
  /** What the load before came to: its rows are added to, replaced or merged, as `write_disposition` says, and its schema is gone on from. Without it there was nothing. */
  before?: Tables;
}

/** A table after a load. */
export interface Table {
  readonly name: string;
  /** How many there are after the load. */
  readonly rows: number;
  readonly schema: TableSchema;
  /** A Parquet file. */
  parquet(): Uint8Array;
  /** Arrow's IPC streaming format. */
  arrow(): Uint8Array;
  /** The table in a format; in CSV, what looks like a formula gets an apostrophe. */
  bytes(format: 'parquet' | 'arrow' | 'csv' | 'jsonl'): Uint8Array;
  /** Row by row, as objects. Integers beyond 2^53, decimals and timestamps are texts. */
  records(): Generator<Record<string, unknown>>;
}

/** How rows are told from those that are there: docs/normalizer.md. */
export interface MergeDisposition {
  disposition: 'merge';
  /** @defaultValue "delete-insert" */
  strategy?: 'delete-insert' | 'upsert' | 'insert-only' | 'scd2';
  /** Of `scd2`. @defaultValue ["_dlt_valid_from", "_dlt_valid_to"] */
  validity_column_names?: [string, string];
  /** What the second of them is of versions that are valid. @defaultValue null */
  active_record_timestamp?: string;
  /** Since when the load's versions are valid. @defaultValue the load's own time */
  boundary_timestamp?: string;
}

/** What a load comes to: its tables, root first. Its bytes are JavaScript's; the engine's memory is given back already. */
export interface Tables extends Iterable<Table> {
  readonly tables: readonly Table[];
  readonly schema: Schema;
  readonly warnings: readonly Warning[];
  /** Throws a `GatelakeError` `no_such_table`. */
  table(name: string): Table;
  /** Lets the tables go. */
  free(): void;
}

/** Turns JSON into tables. The body is streamed: it is never in memory as a whole. Rejects with a `GatelakeError`, the signal's reason, or whatever the source threw. */
export function normalize(source: Source, options: NormalizeOptions): Promise<Tables>;

/** Keys of a `[gateway.NAME]` section (docs/configuration.md), and the secrets themselves in place of their names. */
export interface GatewaySettings {
  base_url: string;
  username?: string;
  password?: string;
  client_id?: string;
  clientSecret?: string;
  /** In place of a login. */
  token?: string;
  [setting: string]: unknown;
}

/** A gateway's client. */
export interface Gateway {
  /** Logs in, to see whether it works; `api` is the generation of the gateway's API, 2 or 3. Every load logs in by itself. */
  login(options?: { signal?: AbortSignal }): Promise<{ api: 2 | 3 }>;
  /** Reads one resource, page by page, straight into tables. Rejects with `not_offered` if this API does not have it. */
  load(resource: string, options?: ResourceOptions): Promise<Tables>;
  /** Several, one after the other, each as soon as it is complete. */
  loads(resources: readonly string[], options?: ResourceOptions): AsyncGenerator<readonly [resource: string, tables: Tables], void, undefined>;
}

/** Nothing is sent yet. The global `fetch` is the way to the gateway; in a page, the gateway has to allow the page's origin. */
export function connect(settings: GatewaySettings): Promise<Gateway>;

/** Where a run publishes, and what it may use. */
export interface RunOptions {
  /** Where the lake is, or comes to be. */
  store: Store;
  /** What the configuration's names of secrets stand for. */
  secrets?: Record<string, string>;
  /** The one gateway to read. @defaultValue all of the configuration, one after the other */
  dataset?: string;
  /** The way to the gateways; it must not follow redirects. @defaultValue the global one */
  fetch?: (request: Request) => Promise<Response>;
  signal?: AbortSignal;
  /** Hears a line about each resource and each run. */
  progress?: (line: string) => void;
  /** The identity of the run: the same time again publishes nothing new. @defaultValue now */
  scheduledTime?: Date | number;
}

/** A run's record, as docs/api.md has it. */
export interface RunRecord {
  outcome: string;
  [member: string]: unknown;
}

/** The whole job: what the gateways of a configuration (the text of a gatelake.toml) have, published in the store. A run that failed is among the records, with its error. */
export function run(configuration: string, options: RunOptions): Promise<RunRecord[]>;

/** What is thrown where something is wrong. */
export class GatelakeError extends Error {
  /** For stores of one's own: `at` says where it is, `help` what to do about it. */
  constructor(code: string, message: string, more?: { at?: string; help?: string; cause?: unknown });
  /** Stable; docs/errors.md has them all. */
  readonly code: string;
  /** Where it is. */
  readonly at: string | undefined;
  /** What to do about it. */
  readonly help: string | undefined;
}
