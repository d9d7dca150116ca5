// The engine's Web Worker: the wasm, the sets of tables that it holds, and the methods that the page calls.
import init, { Tables } from '../../../build/web/gatelake.js';
import type { Reply } from './client.ts';
import type { Arrange, Arrangement, ColumnProfile, Review, Row, RowChange, TableChanges, TableInfo, Warning } from './types.ts';

const loaded = init({ module_or_path: fetch(new URL('gatelake_bg.wasm', location.href)) });

const sets = new Map<number, Tables>();
const comparisons = new Map<number, { readonly changes: ReturnType<Tables['changes']>; readonly old: number; readonly set: number }>();
let last = 0;

/** What a method may do besides answering. */
interface Context {
  readonly signal: AbortSignal;
  progress(value: unknown): void;
}

/** Long work is done in steps of about so many milliseconds; between them other calls are answered. */
const STEP = 30;

function held(id: number): Tables {
  const tables = sets.get(id);
  if (!tables) throw Object.assign(new Error('These tables are no longer held: open them again.'), { code: 'gone' });
  return tables;
}

function keep(tables: Tables): number {
  sets.set((last += 1), tables);
  return last;
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

/** Does a work's steps until one says that it is done. */
async function steps(signal: AbortSignal, step: () => boolean): Promise<void> {
  for (;;) {
    const until = performance.now() + STEP;
    do {
      if (step()) return;
    } while (performance.now() < until);
    await others();
    signal.throwIfAborted();
  }
}
