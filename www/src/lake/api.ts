// The Worker's HTTP API (docs/api.md). The token lives in this module's memory and nowhere else.
import { computed, signal } from '@preact/signals';
import type { TableSchema, Warning } from '../engine/types.ts';

export interface Freshness {
  readonly fetched_at: number;
  readonly stale?: { readonly since: number; readonly code: string; readonly message: string };
}

export interface LakeTable extends TableSchema {
  readonly resource: string | null;
  readonly disposition: string;
  readonly key?: readonly string[];
  readonly load_id: string;
  readonly rows: number;
  readonly bytes: number;
  readonly digest: string;
  readonly freshness: Freshness;
  readonly files: readonly { readonly path: string; readonly rows: number; readonly bytes: number; readonly sha256: string }[];
}

export interface Manifest {
  readonly dataset: string;
  readonly snapshot: string;
  readonly run: string;
  readonly scheduled_time: number;
  readonly created_at: number;
  readonly schema: { readonly version: number; readonly hash: string };
  readonly tables: readonly LakeTable[];
  readonly warnings: readonly Warning[];
}

/** A snapshot in short. */
export interface Snapshot {
  readonly snapshot: string;
  readonly created_at: number;
  readonly tables: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface TableReport {
  readonly name: string;
  readonly rows_before: number | null;
  readonly rows: number;
  readonly columns: number;
  readonly new_columns: readonly string[];
  readonly files: number;
  readonly bytes: number;
  readonly changed: boolean;
  readonly stale: Freshness['stale'] | null;
}

export interface Run {
  readonly id: string;
  readonly dataset: string;
  readonly scheduled_time: number;
  readonly started_at: number;
  readonly finished_at: number;
  readonly outcome: 'published' | 'unchanged' | 'partial' | 'failed' | 'already_published' | 'superseded' | 'busy';
  readonly snapshot: string | null;
  readonly error: Failure | null;
  readonly resources: readonly {
    readonly name: string;
    readonly disposition: string;
    readonly error: Failure | null;
    readonly rows: number;
    readonly pages: number;
    readonly bytes: number;
    readonly requests: number;
  }[];
  readonly tables: readonly TableReport[];
  readonly warnings: readonly Warning[];
  readonly requests: number;
}

export interface Dataset {
  readonly dataset: string;
  readonly gateway: string;
  /** Whether pages may connect to it by themselves. */
  readonly direct: boolean;
  readonly resources: readonly string[];
}

/** What the server, or the way to it, says instead of an answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly help?: string,
  ) {
    super(message);
  }
}

const token = signal('');
export const datasets = signal<readonly Dataset[]>([]);
/** Whether a token was given and taken. */
export const connected = computed(() => token.value !== '');

/** Tries a token. It is kept, in memory, if the server takes it. */
export async function connect(given: string): Promise<void> {
  const { datasets: found } = (await answer('/api/datasets', {}, given)) as { datasets: Dataset[] };
  token.value = given;
  datasets.value = found;
}

export function disconnect(): void {
  token.value = '';
  datasets.value = [];
}

async function ask(path: string, { signal, ...init }: RequestInit, bearer = token.peek()): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal: signal ?? null, cache: 'no-store', redirect: 'error', credentials: 'omit', headers: { authorization: `Bearer ${bearer}` } });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'unreachable', 'The server does not answer.', 'Check the connection, then try again. What is loaded already stays.');
  }
  if (response.ok || response.headers.get('content-type') !== 'application/json') {
    if (response.ok) return response;
    throw new ApiError(response.status, 'no_answer', `The server answered with status ${response.status} and nothing to read.`);
  }
  const body = (await response.json()) as { error?: Failure & { at?: string; help?: string }; runs?: unknown };
  // A run that failed answers with its record, under a status that says so.
  if (body.runs !== undefined) return Response.json(body);
  if (response.status === 401) disconnect();
  const { code = 'no_answer', message = `The server answered with status ${response.status}.`, at, help } = body.error ?? {};
  throw new ApiError(response.status, code, at ? `${message} (${at})` : message, help);
}

const answer = async (path: string, init: RequestInit = {}, bearer?: string): Promise<unknown> => (await ask(path, init, bearer)).json();

const query = (parameters: Record<string, string | number | undefined>): string => {
  const given = Object.entries(parameters).filter((pair): pair is [string, string | number] => pair[1] !== undefined);
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : '';
};

const part = encodeURIComponent;

export async function snapshots(dataset: string, before?: string, signal?: AbortSignal): Promise<readonly Snapshot[]> {
  const found = (await answer(`/api/snapshots${query({ dataset, before, limit: 100 })}`, { signal: signal ?? null })) as { snapshots: Snapshot[] };
  return found.snapshots;
}

/** A snapshot's manifest; `undefined` names the current one. With it comes how fresh each resource is. */
export async function snapshot(dataset: string, id = 'current', signal?: AbortSignal): Promise<{ manifest: Manifest; freshness?: Record<string, Freshness> }> {
  const found = (await answer(`/api/snapshots/${part(id)}${query({ dataset })}`, { signal: signal ?? null })) as { snapshot: Manifest; freshness?: Record<string, Freshness> };
  return { manifest: found.snapshot, ...(found.freshness && { freshness: found.freshness }) };
}

/** A table's file. The server has compared it with its checksum. */
export async function file(dataset: string, snapshot: string, table: string, number: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await ask(`/api/tables/${part(table)}.parquet${query({ dataset, snapshot, file: number })}`, { signal: signal ?? null });
  return new Uint8Array(await response.arrayBuffer());
}

export async function runs(dataset: string, cursor?: string, signal?: AbortSignal): Promise<{ runs: readonly Run[]; cursor: string | null }> {
  return (await answer(`/api/runs${query({ dataset, cursor, limit: 100 })}`, { signal: signal ?? null })) as { runs: Run[]; cursor: string | null };
}

export async function run(dataset: string, id: string, signal?: AbortSignal): Promise<Run> {
  return (await answer(`/api/runs/${part(id)}${query({ dataset })}`, { signal: signal ?? null })) as Run;
}

/** Runs now, and waits for the end. */
export async function start(dataset: string): Promise<readonly Run[]> {
  return ((await answer(`/api/runs${query({ dataset })}`, { method: 'POST' })) as { runs: Run[] }).runs;
}

export interface Preview {
  readonly resource: string;
  readonly refused: Failure | null;
  readonly tables: readonly TableReport[];
  readonly schema: { readonly tables: readonly TableSchema[] };
  readonly warnings: readonly Warning[];
  readonly files: readonly { readonly table: string; readonly bytes: number }[];
}

/** What a run would make of one resource now, and the files that it would put. */
export async function preview(dataset: string, resource: string, signal?: AbortSignal): Promise<{ preview: Preview; files: { table: string; bytes: Uint8Array<ArrayBuffer> }[] }> {
  const response = await ask(`/api/preview${query({ dataset, resource, limit: 0, files: 1 })}`, { method: 'POST', signal: signal ?? null });
  // The document's length, the document, then the files' bytes in its order.
  const body = await response.arrayBuffer();
  const length = new DataView(body).getUint32(0, true);
  const preview = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length))) as Preview;
  let at = 4 + length;
  const files = preview.files.map(({ table, bytes }) => ({ table, bytes: new Uint8Array(body.slice(at, (at += bytes))) }));
  return { preview, files };
}
