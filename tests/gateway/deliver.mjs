// Puts an answer on the wire: text chunks with backpressure, and the ways in which a body can go wrong.
import { setTimeout as pause } from 'node:timers/promises';

/** Waits until the client has taken what was written; false when it has gone away. */
function drained(res) {
  return new Promise((done) => {
    const settle = () => {
      res.off('drain', settle);
      res.off('close', settle);
      done(!res.destroyed);
    };
    if (res.destroyed) return done(false);
    return res.on('drain', settle).on('close', settle);
  });
}

/**
 * A good answer as a fault (or nothing) leaves it: `{ status, headers, body | chunks, shape }`.
 * `tweak` goes to the list that makes the chunks, `type` replaces the content type, `replace` parts of the answer.
 */
export function settle({ status, headers, body, chunks }, { tweak, shape, type, replace } = {}) {
  const typed = type ? { ...headers, 'content-type': type } : headers;
  return { status, headers: typed, body, chunks: chunks?.(tweak), shape, ...replace };
}

/**
 * Sends `{ status, headers, body | chunks }` where `chunks` is an iterable of text and `body` one text.
 * `shape` is what faults ask for:
 *   `mangle(bytes)` → bytes   changes the first chunk
 *   `limit`                   ends after so many bytes of the body …
 *   `then`                    … by `close` (cut), `hang` (stalled for ever) or `reset` (RST)
 *   `chunked`                 no Content-Length even for a body that is held whole
 *   `missing`                 states a Content-Length that is larger by so many bytes than what is sent
 *   `slow: { bytes, ms }`     sends so few bytes at a time, with a pause after each
 */
export async function deliver(res, answer, shape = {}) {
  const chunks = answer.chunks ?? (answer.body ? [answer.body] : []);
  if (shape.missing !== undefined) return deliverShort(res, answer, chunks, shape);
  const headers = answer.chunks ? answer.headers : { ...answer.headers, ...lengthOf(answer, shape) };
  res.writeHead(answer.status, headers);
  if (await pump(res, chunks, shape)) await finish(res, shape.then);
}

/** A whole body has a length, unless a fault changes or ends it early; an empty one says 0. */
function lengthOf({ body }, { mangle, chunked }) {
  return mangle || chunked ? {} : { 'content-length': Buffer.byteLength(body) };
}

/** Only a body that is held whole can state a wrong length: what comes is small, or limited. */
async function deliverShort(res, answer, chunks, shape) {
  const parts = [];
  let room = shape.limit ?? Infinity;
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk).subarray(0, room);
    parts.push(bytes);
    room -= bytes.length;
    if (room <= 0) break;
  }
  const body = Buffer.concat(parts);
  res.writeHead(answer.status, { ...answer.headers, 'content-length': body.length + shape.missing });
  res.write(body, () => res.destroy());
}

/** Writes the chunks as `shape` says; false when the client left before the end. */
async function pump(res, chunks, { mangle, limit = Infinity, slow }) {
  let room = limit;
  let first = true;
  for (const chunk of chunks) {
    let bytes = first && mangle ? mangle(Buffer.from(chunk)) : chunk;
    first = false;
    if (room !== Infinity) {
      bytes = Buffer.from(bytes).subarray(0, room);
      room -= bytes.length;
    }
    if (slow) {
      if (!(await trickle(res, Buffer.from(bytes), slow))) return false;
    } else if (!res.write(bytes) && !(await drained(res))) return false;
    if (room <= 0) break;
  }
  return !res.destroyed;
}

async function trickle(res, bytes, { bytes: step, ms }) {
  for (let at = 0; at < bytes.length; at += step) {
    if (res.destroyed) return false;
    res.write(bytes.subarray(at, at + step));
    await pause(ms);
  }
  return true;
}

/** The client has time to read what came before the connection goes; a reset would throw it away. */
const GRACE_MS = 50;

async function finish(res, then) {
  if (then === undefined) res.end();
  else if (then === 'close') res.socket?.end();
  else if (then === 'reset') {
    await pause(GRACE_MS);
    res.socket?.resetAndDestroy();
  }
}
