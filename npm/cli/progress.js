// How far a run is, on standard error: bars on a terminal, otherwise a line now and then and for each thing that is done. It watches
// from outside: the bodies that come in through `fetch`, and the files that go into the store.
import { bytes, count, seconds } from './text.js';

const WIDTH = 24;
/** Milliseconds between two looks of a terminal, and between two lines of anything else. */
const FRAME = 100;
const LINE = 10_000;

/**
 * @typedef {{ label: string, done: number, total: number | undefined, began: number, ended?: number }} Transfer
 */

export class Progress {
  #stream;
  #bars;
  #began = Date.now();
  /** @type {Map<string, Transfer>} */
  #transfers = new Map();
  #stored = { files: 0, bytes: 0 };
  #drawn = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {{ isTTY?: boolean, columns?: number, write(text: string): unknown }} stream
   * @param {boolean} [bars]
   */
  constructor(stream, bars = stream.isTTY === true) {
    this.#stream = stream;
    this.#bars = bars;
    this.#timer = setInterval(() => (bars ? this.#draw() : this.#line()), bars ? FRAME : LINE);
    this.#timer.unref();
  }

  /**
   * Watches what a gateway answers with.
   * @param {typeof globalThis.fetch} fetch
   * @returns {typeof globalThis.fetch}
   */
  fetching(fetch) {
    return async (input, init) => {
      const response = await fetch(input, init);
      const label = new URL(input instanceof Request ? input.url : input).pathname.split('/').filter(Boolean).at(-1) ?? '';
      if (!response.body || !response.ok) return response;
      const transfer = this.#transfer(label, Number(response.headers.get('content-length')) || undefined);
      const watched = response.body.pipeThrough(
        new TransformStream({
          transform: (chunk, controller) => {
            transfer.done += chunk.byteLength;
            controller.enqueue(chunk);
          },
          flush: () => {
            transfer.ended = Date.now();
          },
        }),
      );
      return new Response(watched, { status: response.status, headers: response.headers });
    };
  }

  /**
   * Watches what goes into a store.
   * @param {import('../store/store.js').Store} store
   * @returns {import('../store/store.js').Store}
   */
  storing(store) {
    return {
      get: (key) => store.get(key),
      head: (key) => store.head(key),
      list: (prefix, options) => store.list(prefix, options),
      delete: (keys) => store.delete(keys),
      put: async (key, content, options) => {
        const etag = await store.put(key, content, options);
        if (etag !== null && key.endsWith('.parquet')) {
          this.#stored.files += 1;
          this.#stored.bytes += content.length;
        }
        return etag;
      },
    };
  }

  /** A line beside the bars. @param {string} text */
  say(text) {
    this.#clear();
    this.#stream.write(`${text}\n`);
    if (this.#bars) this.#draw();
  }

  end() {
    clearInterval(this.#timer);
    this.#clear();
  }

  /** Pages of one resource are one transfer. @param {string} label @param {number | undefined} total @returns {Transfer} */
  #transfer(label, total) {
    const before = this.#transfers.get(label);
    if (before) {
      before.total = before.total === undefined || total === undefined ? undefined : before.total + total;
      delete before.ended;
      return before;
    }
    const transfer = { label, done: 0, total, began: Date.now() };
    this.#transfers.set(label, transfer);
    return transfer;
  }

  #clear() {
    if (this.#drawn) this.#stream.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  #draw() {
    const lines = [...this.#transfers.values()].map(bar);
    lines.push(`  ${this.#said()}`);
    this.#clear();
    const columns = this.#stream.columns || 80;
    this.#stream.write(lines.map((line) => `${line.slice(0, columns - 1)}\n`).join(''));
    this.#drawn = lines.length;
  }

  #line() {
    const running = [...this.#transfers.values()].filter(({ ended }) => ended === undefined);
    const coming = running.map(({ label, done, total }) => `${label} ${bytes(done)}${total ? ` of ${bytes(total)}` : ''}`);
    this.#stream.write(`${[...coming, this.#said()].join(', ')}\n`);
  }

  #said() {
    return `${count(this.#stored.files)} ${this.#stored.files === 1 ? 'file' : 'files'} stored (${bytes(this.#stored.bytes)}), ${seconds(Date.now() - this.#began)}`;
  }
}

/** @param {Transfer} transfer */
function bar({ label, done, total, began, ended }) {
  const part = ended ? 1 : total ? Math.min(done / total, 1) : undefined;
  // Without a known end something moves to and fro.
  const at = Math.floor(Date.now() / FRAME) % WIDTH;
  const drawn = part === undefined ? `${'·'.repeat(at)}█${'·'.repeat(WIDTH - at - 1)}` : `${'█'.repeat(Math.round(part * WIDTH))}${'·'.repeat(WIDTH - Math.round(part * WIDTH))}`;
  const rate = done / Math.max((ended ?? Date.now()) - began, 1);
  return `  ${label.padEnd(20)} ${drawn} ${bytes(done).padStart(10)}  ${(rate / 1000).toFixed(1).padStart(6)} MB/s`;
}
