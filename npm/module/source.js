// What may be given as a body, as bytes.
import { GatelakeError } from './error.js';

/** Bytes that the engine gets at a time of a body that is there as a whole. */
const CHUNK = 1 << 20;

/**
 * @param {import('../types/index.js').Source} source
 * @param {AbortSignal | undefined} signal
 * @returns {AsyncGenerator<Uint8Array>}
 */
export async function* chunks(source, signal) {
  const encoder = new TextEncoder();
  for await (const piece of parts(source, signal)) {
    signal?.throwIfAborted();
    const bytes = typeof piece === 'string' ? encoder.encode(piece) : view(piece);
    for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
  }
  signal?.throwIfAborted();
}

/**
 * @param {import('../types/index.js').Source} source
 * @param {AbortSignal | undefined} signal
 * @returns {Iterable<unknown> | AsyncIterable<unknown>}
 */
function parts(source, signal) {
  if (typeof source === 'string' || ArrayBuffer.isView(source) || source instanceof ArrayBuffer) return [source];
  if (source instanceof ReadableStream) return read(source, signal);
  if (source instanceof Blob) return read(source.stream(), signal);
  if (source instanceof Response) return source.body ? read(source.body, signal) : [];
  if (source !== null && typeof source === 'object' && (Symbol.asyncIterator in source || Symbol.iterator in source)) return /** @type {Iterable<unknown>} */ (source);
  throw unfit();
}

/**
 * Not every browser iterates over a stream by itself. An aborted signal ends a wait for bytes, too.
 * @param {ReadableStream<unknown>} stream
 * @param {AbortSignal | undefined} signal
 */
async function* read(stream, signal) {
  const reader = stream.getReader();
  const end = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener('abort', end);
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      whole = done;
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', end);
    if (!whole) end();
    reader.releaseLock();
  }
}

/** @param {unknown} piece */
function view(piece) {
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  if (piece instanceof ArrayBuffer) return new Uint8Array(piece);
  throw unfit();
}

const unfit = () => new GatelakeError('bad_options', 'the body is neither text, bytes, a Blob, a Response, a ReadableStream nor an iterable of texts or bytes');
