// The engine's Web Worker: the wasm, the sets of tables that it holds, and the methods that the page calls.
import init, { AccessReview, Comparison, pullGateway, Tables, Writer } from '../../../build/web/gatelake.js';
import type { Reply } from './client.ts';
import type { Arrange, Arrangement, ColumnProfile, Review, Row, RowChange, TableChanges, TableInfo, TableSchema, Warning } from './types.ts';

const loaded = init({ module_or_path: fetch(new URL('gatelake_bg.wasm', location.href)) });

/** Tables of the wasm, which go by numbers there. */
interface Held {
  tables: Tables;
  readonly numbers: Map<string, number>;
  /** How a load began: one that broke off begins anew. */
  readonly begin: () => Tables;
}

// The first load would wait for V8 to compile what it uses: a small one before it does.
void loaded.then(() => {
  const tables = Tables.preview('warm', '{"primary_key":["id"]}', '0.0', undefined);
  const record = (id: number) => `{"id":${id},"name":"${'é'.repeat(id % 9)}","on":${id % 2 === 0},"at":"2026-01-01T00:00:00Z","none":null,"list":[{"n":1.5}],"nested":{"text":"${id}"}}`;
  tables.feed(new TextEncoder().encode(`[${Array.from({ length: 2_000 }, (_, id) => record(id)).join(',')}]`));
  tables.finish();
  tables.list();
  tables.cells(0, 0, 0, 50, Uint32Array.of(0, 1, 2, 3));
  tables.free();
});

const sets = new Map<number, Held>();
const comparisons = new Map<number, { readonly work: Comparison; readonly old: number; readonly now: number }>();
let last = 0;

/** What a method may do besides answering. */
interface Context {
  readonly signal: AbortSignal;
  progress(value: unknown): void;
}

/** What a load came to. */
interface Read {
  readonly tables: readonly TableInfo[];
  readonly warnings: readonly Warning[];
}

/** Long work is done in steps of about so many milliseconds; between them other calls are answered. */
const STEP = 30;
/** Cells of one step of the wasm. */
const CELLS = 200_000;
/** Rows that are written at a time. */
const ROWS = 20_000;

/** As a run makes it of its time. */
const loadId = () => (Date.now() / 1_000).toFixed(3);

const gone = (what: string) => Object.assign(new Error(`${what} no longer held: open it again.`), { code: 'gone' });

function held(id: number): Held {
  const found = sets.get(id);
  if (!found) throw gone('These tables are');
  return found;
}

function keep(begin: () => Tables): number {
  sets.set((last += 1), { tables: begin(), numbers: new Map(), begin });
  return last;
}

/** A set's tables, and the number of one of them. */
function find(id: number, name: string): [Tables, number] {
  const { tables, numbers } = held(id);
  if (!numbers.has(name)) list(id);
  const number = numbers.get(name);
  if (number === undefined) throw gone(`The table ${name} is`);
  return [tables, number];
}

function list(id: number): readonly TableInfo[] {
  const { tables, numbers } = held(id);
  const found = tables.list() as TableInfo[];
  found.forEach(({ name }, number) => numbers.set(name, number));
  return found;
}

/** Lets the messages that wait be answered. */
const others = () =>
  new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/** Does a work's steps until one has an answer. */
async function steps<T>(signal: AbortSignal, step: () => T | undefined): Promise<T> {
  for (;;) {
    const until = performance.now() + STEP;
    do {
      const answer = step();
      if (answer !== undefined) return answer;
    } while (performance.now() < until);
    await others();
    signal.throwIfAborted();
  }
}

/** Tells how many bytes came and, not too often, what they became. Answers whether others should have a turn. */
function teller(id: number, progress: (value: unknown) => void): (bytes: number) => boolean {
  let [bytes, next, tables] = [0, performance.now() + STEP, 0];
  return (more) => {
    bytes += more;
    const now = performance.now();
    if (now < next) return false;
    next = now + STEP;
    const all = now > tables;
    if (all) tables = now + 5 * STEP;
    progress(all ? { bytes, tables: list(id) } : { bytes });
    return true;
  };
}

function finish(id: number, progress: (value: unknown) => void, bytes: number): Read {
  const { warnings } = held(id).tables.finish() as { warnings: Warning[] };
  progress({ bytes });
  return { tables: list(id), warnings };
}

const methods = {
  /** A load under way. `options`: JSON text; `schema`: what the last load left. */
  async begin(_: Context, table: string, options: string, schema: string | undefined): Promise<number> {
    await loaded;
    const id = loadId();
    return keep(() => Tables.preview(table, options, id, schema));
  },

  /** Reads a body as it comes, and tells how far it is. */
  async read({ signal, progress }: Context, id: number, body: Blob): Promise<Read> {
    const { tables } = held(id);
    const told = teller(id, progress);
    const reader = body.stream().getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        tables.feed(value);
        if (told(value.length)) {
          await others();
          signal.throwIfAborted();
        }
      }
    } finally {
      // Of a body that nobody wants any more, the rest is not read.
      void reader.cancel().catch(() => {});
    }
    return finish(id, progress, body.size);
  },

  /** Fetches a resource from a gateway, and reads it as it comes. */
  async pull({ signal, progress }: Context, id: number, resource: string, settings: object, secrets: Record<string, string>): Promise<Read> {
    const set = held(id);
    let told = teller(id, progress);
    let bytes = 0;
    await pullGateway(
      JSON.stringify(settings),
      [resource],
      {
        restart() {
          set.tables.free();
          set.tables = set.begin();
          set.numbers.clear();
          told = teller(id, progress);
          bytes = 0;
        },
        begin: (_, records) => set.tables.begin(records === 'root'),
        feed(_, chunk) {
          set.tables.feed(chunk);
          bytes += chunk.length;
          told(chunk.length);
        },
        end: () => set.tables.endBody(),
      },
      { secrets, signal, log: (line) => console.info(line) },
    );
    return finish(id, progress, bytes);
  },

  async empty(_: Context): Promise<number> {
    await loaded;
    return keep(() => Tables.empty());
  },

  /** Adds a file of a table. */
  add(_: Context, id: number, schema: TableSchema, bytes: Uint8Array): void {
    held(id).tables.add(JSON.stringify(schema), bytes);
  },

  list: (_: Context, id: number) => list(id),

  cells(_: Context, id: number, name: string, arrangement: number, first: number, end: number, columns: readonly number[], limit?: number): (string | null)[][] {
    const [tables, table] = find(id, name);
    return tables.cells(table, arrangement, first, end, Uint32Array.from(columns), limit) as (string | null)[][];
  },

  /** Rows in an order, those that fit; `release` it when it is no longer looked at. */
  async arrange({ signal }: Context, id: number, name: string, request: Arrange): Promise<Arrangement> {
    const [tables, table] = find(id, name);
    const handle = tables.arrange(table, JSON.stringify(request));
    try {
      const { rows } = (await steps(signal, () => tables.step(handle, CELLS))) as { rows: number };
      return { handle, rows };
    } catch (error) {
      tables.release(handle);
      throw error;
    }
  },

  release(_: Context, id: number, arrangement: number): void {
    sets.get(id)?.tables.release(arrangement);
  },

  /** A row in full, and where it leads. */
  row(_: Context, id: number, name: string, arrangement: number, place: number): Row {
    const [tables, table] = find(id, name);
    const all = list(id);
    const cells = all[table]!.columns.map((_, column) => tables.text(table, arrangement, place, column) as string | null);
    const parent = tables.parent(table, arrangement, place) as { table: number; row: number } | null;
    const children = tables.children(table, arrangement, place) as { table: number; rows: number; arrangement: number }[];
    return {
      cells,
      parent: parent && { table: all[parent.table]!.name, row: parent.row },
      children: children.map((child) => ({ table: all[child.table]!.name, below: { handle: child.arrangement, rows: child.rows } })),
    };
  },

  async profile({ signal }: Context, id: number, name: string, arrangement: number, column: number): Promise<ColumnProfile> {
    const [tables, table] = find(id, name);
    const work = tables.profile(table, arrangement, column);
    try {
      return (await steps(signal, () => tables.step(work, CELLS))) as ColumnProfile;
    } catch (error) {
      tables.release(work);
      throw error;
    }
  },

  /** Rows as a file of another format. */
  async write({ signal, progress }: Context, id: number, name: string, arrangement: number, format: string): Promise<Blob> {
    const [tables, table] = find(id, name);
    const writer = new Writer(tables, table, arrangement, format);
    const stream = new ReadableStream<Uint8Array>({
      pull(control) {
        signal.throwIfAborted();
        const bytes = writer.next(tables, ROWS);
        if (bytes === undefined) return control.close();
        progress(writer.rows);
        control.enqueue(bytes);
      },
    });
    // The blob lies with the browser, not in this worker's memory.
    try {
      return await new Response(stream, { headers: { 'content-type': writer.mediaType } }).blob();
    } finally {
      writer.free();
    }
  },

  /** A table's Parquet file, byte for byte. */
  file(_: Context, id: number, name: string, number: number): Uint8Array<ArrayBuffer> {
    const [tables, table] = find(id, name);
    return tables.file(table, number) as Uint8Array<ArrayBuffer>;
  },

  /** Compares a resource's tables with what they were. `key`: the columns that root rows are told by. */
  async changes({ signal }: Context, old: number, now: number, root: string, key: readonly string[]): Promise<{ handle: number; tables: readonly TableChanges[] }> {
    const work = new Comparison(held(old).tables, held(now).tables, root, [...key]);
    try {
      const tables = (await steps(signal, () => work.step())) as TableChanges[];
      comparisons.set((last += 1), { work, old, now });
      return { handle: last, tables };
    } catch (error) {
      work.free();
      throw error;
    }
  },

  /** Rows of a comparison's list, those that were removed first, then the changed and the added, with cells of how they are, or were. */
  changedRows(_: Context, handle: number, name: string, first: number, end: number, columns: readonly string[]): RowChange[] {
    const found = comparisons.get(handle);
    if (!found) throw gone('The comparison is');
    const changes = found.work.rows(name, first, end - first) as Omit<RowChange, 'cells'>[];
    const cell = (id: number, row: number, column: string): string | null => {
      const [tables, table] = find(id, name);
      const number = list(id)[table]!.columns.findIndex((one) => one.name === column);
      return number < 0 ? null : (tables.cells(table, 0, row, row + 1, Uint32Array.of(number)) as (string | null)[][])[0]![0]!;
    };
    return changes.map((change) => ({
      ...change,
      cells: columns.map((column) => (change.new_row !== null ? cell(found.now, change.new_row, column) : cell(found.old, change.old_row!, column))),
    }));
  },

  /** Who can get in, as far as a set's tables tell: a set with the table `access_review`, and what is said about it. */
  async access({ signal }: Context, id: number): Promise<Review & { set: number; tables: readonly TableInfo[] }> {
    const work = new AccessReview(held(id).tables, loadId());
    try {
      const review = (await steps(signal, () => work.step(held(id).tables, ROWS))) as Review;
      const set = keep(() => work.tables());
      return { ...review, set, tables: list(set) };
    } finally {
      work.free();
    }
  },

  close(_: Context, id: number): void {
    for (const [handle, { work, old, now }] of comparisons) {
      if (old !== id && now !== id) continue;
      work.free();
      comparisons.delete(handle);
    }
    sets.get(id)?.tables.free();
    sets.delete(id);
  },
};

export type Methods = typeof methods;

const stops = new Map<number, AbortController>();
const post = (reply: Reply) => postMessage(reply);

async function answer(id: number, method: keyof Methods, args: readonly unknown[]): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  try {
    const context: Context = { signal: stop.signal, progress: (progress) => post({ id, progress }) };
    const work = methods[method] as (context: Context, ...args: readonly unknown[]) => unknown;
    post({ id, done: await work(context, ...args) });
  } catch (error) {
    const { code = 'engine_failed', at, help } = error as { code?: string; at?: string; help?: string };
    const message = error instanceof Error ? error.message : String(error);
    post({ id, error: { code: String(code), message: `${message}${at ? ` (${at})` : ''}${help ? `. ${help}` : ''}` } });
  }
  stops.delete(id);
}

addEventListener('message', ({ data }: MessageEvent<{ abort: number } | { id: number; method: keyof Methods; args: unknown[] }>) => {
  if ('abort' in data) stops.get(data.abort)?.abort(new DOMException('no longer wanted', 'AbortError'));
  else void answer(data.id, data.method, data.args);
});
