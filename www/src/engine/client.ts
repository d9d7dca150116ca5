// The page's side of the engine, which runs in a Web Worker so that no load, sort or search holds the page up.
import type { Methods } from './worker.ts';
import { workerUrl } from './trusted.ts';

/** An error of the engine: its stable code, what happened, what to do. */
export class EngineError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export type Method = keyof Methods;
type Arguments<M extends Method> = Parameters<Methods[M]> extends [unknown, ...infer Rest] ? Rest : never;
type Answer<M extends Method> = Awaited<ReturnType<Methods[M]>>;

/** What the worker posts. */
export type Reply =
  | { readonly id: number; readonly done: unknown }
  | { readonly id: number; readonly progress: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

interface Waiting {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  progress?: ((value: never) => void) | undefined;
}

export interface Call<P = unknown> {
  readonly signal?: AbortSignal | undefined;
  readonly transfer?: readonly Transferable[];
  readonly progress?: (value: P) => void;
}

const worker = new Worker(workerUrl(), { type: 'module', name: 'engine' });
const waiting = new Map<number, Waiting>();
let last = 0;

worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
  const call = waiting.get(data.id);
  if (!call) return;
  if ('progress' in data) return call.progress?.(data.progress as never);
  waiting.delete(data.id);
  if ('error' in data) call.reject(new EngineError(data.error.code, data.error.message));
  else call.resolve(data.done);
});

// The script or its wasm did not load, or the engine broke off for good.
worker.addEventListener('error', (event) => {
  event.preventDefault();
  const error = new EngineError('engine_gone', `The engine stopped${event.message ? `: ${event.message}` : ''}. Reload the page to go on.`);
  for (const call of waiting.values()) call.reject(error);
  waiting.clear();
});

/** Calls a method of the engine. Aborting rejects at once; the engine stops at its next step. */
export function engine<M extends Method, P = unknown>(method: M, args: Arguments<M>, { signal, transfer = [], progress }: Call<P> = {}): Promise<Answer<M>> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const id = (last += 1);
    const abort = () => {
      waiting.delete(id);
      worker.postMessage({ abort: id });
      reject(signal?.reason);
    };
    const settle = <T>(then: (value: T) => void) => (value: T) => {
      signal?.removeEventListener('abort', abort);
      then(value);
    };
    signal?.addEventListener('abort', abort);
    waiting.set(id, { resolve: settle((value) => resolve(value as Answer<M>)), reject: settle(reject), progress });
    worker.postMessage({ id, method, args }, [...transfer]);
  });
}
