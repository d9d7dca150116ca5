/// <reference lib="esnext.disposable" />
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

/** dlt's names (docs/normalizer.md), and the ways around a load. Those that are not listed here go to the engine as they are, which refuses what it does not know. */
export interface ResourceOptions {
  /** What becomes of the rows that there were. @defaultValue "append" */
  write_disposition?: 'append' | 'replace' | 'merge' | MergeDisposition;
  primary_key?: string | string[];
  columns?: unknown;
  schema_contract?: unknown;
  /** How deep lists of objects become child tables; what lies deeper stays JSON. */
  max_table_nesting?: number;
  /** A column of integers becomes one of doubles when a number with a fraction comes, in the files of before too. Not for `parquetFiles`. @defaultValue false: such numbers go to a column of their own */
  widen_numbers?: boolean;
  /** Of the load before: its `schema`. */
  schema?: Schema;
  /** For the column `_dlt_load_id`; later loads have greater ones. @defaultValue the time, in seconds since 1970 with three decimals */
  load_id?: string;
  /** Ends the load: the promise rejects with its reason. */
  signal?: AbortSignal;
  [option: string]: unknown;
}

/** A load that goes on from another one. */
export interface LoadOptions extends ResourceOptions {
  /** What the load before came to: its rows are added to, replaced or merged, as `write_disposition` says, and its schema is gone on from. Without it there was nothing. */
  before?: Tables;
}

/** A load of one body. */
export interface BodyOptions extends ResourceOptions {
  /** The table that the records become; child tables are named after it. */
  table: string;
  /** How records lie in the body: `root`, the items of an array or one object; `envelope`, the one list of objects within. @defaultValue "auto": `root` for an array, `envelope` for an object */
  select?: 'auto' | 'root' | 'envelope';
}

export interface NormalizeOptions extends BodyOptions, LoadOptions {}

export interface ParquetFilesOptions extends BodyOptions {
  /** A table's file is ended, and its next one begun, at about so many bytes; one for each table is in memory. @defaultValue 8 MiB */
  file_bytes?: number;
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
export interface Tables extends Iterable<Table>, Disposable {
  readonly tables: readonly Table[];
  readonly schema: Schema;
  readonly warnings: readonly Warning[];
  /** Throws a `GatelakeError` `no_such_table`. */
  table(name: string): Table;
  /** Lets the tables go; `using` does, too. */
  free(): void;
}

/** Turns JSON into tables. The body is streamed: it is never in memory as a whole. Rejects with a `GatelakeError`, the signal's reason, or whatever the source threw. */
export function normalize(source: Source, options: NormalizeOptions): Promise<Tables>;

/** A file that has ended. */
export interface ParquetFile {
  readonly table: string;
  /** Within its table, from 0. */
  readonly number: number;
  readonly rows: number;
  readonly bytes: Uint8Array;
  /** What is known of its table so far; columns that come later stand behind these. */
  readonly schema: TableSchema;
}

/** A load under way, which may be read once. To end the loop ends the load and its source. */
export interface ParquetFiles extends AsyncIterable<ParquetFile>, AsyncDisposable {
  /** All tables, for the next load, once the body has been read to its end. */
  readonly schema: Schema | undefined;
  /** What there was to say, then. */
  readonly warnings: readonly Warning[];
  /** Ends it; `await using` does, too. */
  close(): Promise<void>;
}

/**
 * JSON in, Parquet files out while the body is still being read, for tables that are larger than memory: of each table one file is
 * in memory at a time, and the body goes on when the next one is asked for. Rows cannot be merged so (`bad_options`). Throws as
 * `normalize` does; the files before are good then, but are not all of the load.
 */
export function parquetFiles(source: Source, options: ParquetFilesOptions): ParquetFiles;

/** Keys of a `[gateway.NAME]` section (docs/configuration.md). Where that names a secret, the secret itself stands here: `password` for `password_secret`, and so on. */
export interface GatewaySettings {
  base_url: string;
  username?: string;
  password?: string;
  client_id?: string;
  client_secret?: string;
  /** In place of a login. */
  token?: string;
  /** Sent with every request: a service token of an access proxy, say. */
  headers?: Record<string, string>;
  [setting: string]: unknown;
}

/** How a gateway's client reaches it. */
export interface GatewayOptions {
  /** The way to the gateway; it must not follow redirects. @defaultValue the global one; in a page, the gateway has to allow the page's origin */
  fetch?: (request: Request) => Promise<Response>;
  /** Hears a line about what has to be tried again. Without it nothing is said. */
  progress?: (line: string) => void;
}

/** A resource of a gateway. */
export interface Resource {
  /** As the client's methods take it. */
  readonly name: string;
  /** The root table that `load` makes of it. */
  readonly table: string;
  /** Where this generation of the API has it. */
  readonly path: string;
}

/** A gateway's client. It holds the settings' secrets until it is closed, and no connection. Every call logs in by itself and may take 13 minutes. */
export interface Gateway extends Disposable {
  /** Logs in, to see whether it works; `api` is the generation of the gateway's API, 2 or 3. */
  login(options?: { signal?: AbortSignal }): Promise<{ api: 2 | 3 }>;
  /** What there is to read here: the resources of this generation that are on. The settings' `resources` switches them: `{ backup: true }`. */
  resources(options?: { signal?: AbortSignal }): Promise<Resource[]>;
  /** Reads one resource, page by page, straight into tables. Rejects with `not_offered` if this API does not have it. */
  load(resource: string, options?: LoadOptions): Promise<Tables>;
  /** Several, one after the other, each as soon as it is complete. */
  loads(resources: readonly string[], options?: ResourceOptions): AsyncGenerator<readonly [resource: string, tables: Tables], void, undefined>;
  /**
   * A resource's records as they arrive, as one JSON array over all its pages, integers of any size digit by digit: a body for
   * `normalize`, `parquetFiles` or a `Response`. Where a secret was, by its key or its look, stands `"***"`.
   *
   * Nothing is asked for before the first read, and more only when it is read; `cancel` ends the request. What was given away cannot be
   * taken back: where `load` begins anew because a page broke off, this fails, and so it does at the end if records are missing.
   */
  stream(resource: string, options?: { signal?: AbortSignal }): ReadableStream<Uint8Array>;
  /** The same record by record; to end the loop ends the request. Integers beyond 2^53 are texts. Few resources list plain values: then those. */
  records<T = Record<string, unknown>>(resource: string, options?: { signal?: AbortSignal }): AsyncGenerator<T, void, undefined>;
  /** Ends what is under way, and forgets the secrets: from then on everything rejects with `gateway_closed`. `using` does it, too. */
  close(): void;
}

/** Nothing is sent yet. */
export function connect(settings: GatewaySettings, options?: GatewayOptions): Promise<Gateway>;

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
