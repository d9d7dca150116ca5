// A resource's records as they arrive, at the pace of whoever reads them.
import { chunks } from './source.js';
import { either } from './stop.js';

/**
 * What `pull` brings, as one JSON array. Nothing is asked for before the first read, and further bytes only when they are wanted;
 * to cancel it ends the pull.
 * @param {import('./load.js').Engine} engine
 * @param {(sink: import('../../build/npm/gatelake.js').BodySink, signal: AbortSignal) => Promise<unknown>} pull
 * @param {AbortSignal | undefined} signal
 * @returns {ReadableStream<Uint8Array>}
 */
export function arrayOf(engine, pull, signal) {
  /** @type {{ stop: AbortController, done: Promise<void> } | undefined} */
  let work;
  let more = () => {};

  /** @param {ReadableStreamDefaultController<Uint8Array>} control @param {AbortSignal} stopped */
  const bring = async (control, stopped) => {
    let array = new engine.RecordArray();
    let given = false;
    const give = () => {
      const bytes = array.take();
      if (bytes.length === 0) return undefined;
      given = true;
      const wanted = /** @type {Promise<void>} */ (new Promise((resolve) => (more = resolve)));
      control.enqueue(bytes);
      return wanted;
    };
    try {
      await pull(
        {
          // What was given away cannot be taken back.
          get again() {
            return !given;
          },
          restart() {
            array.free();
            array = new engine.RecordArray();
          },
          begin: (_, records) => array.begin(records === 'root'),
          feed(_, bytes) {
            array.feed(bytes);
            return give();
          },
          end: () => array.endBody(),
        },
        stopped,
      );
      array.finish();
      void give();
      control.close();
    } catch (error) {
      control.error(error);
    } finally {
      array.free();
    }
  };

  return new ReadableStream(
    {
      pull(control) {
        if (work) return more();
        const { stop, release } = either(signal);
        work = { stop, done: bring(control, stop.signal).finally(release) };
      },
      async cancel(reason) {
        work?.stop.abort(reason);
        await work?.done;
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * The records of such an array, one by one.
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {AsyncGenerator<any>}
 */
export async function* parsed(stream) {
  const decoder = new TextDecoder();
  let open = '';
  for await (const bytes of chunks(stream, undefined)) {
    const lines = (open + decoder.decode(bytes, { stream: true })).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) if (line !== '[' && line !== ']') yield parse(line.endsWith(',') ? line.slice(0, -1) : line);
  }
}

/** Texts, which may hold anything, and integers of 16 digits or more. */
const LONG = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.+\-eE])-?\d{16,}(?![\d.eE])/g;

/** Integers that a number cannot hold become texts. @param {string} text compact JSON */
function parse(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text.replace(LONG, (found) => (found.startsWith('"') || Number.isSafeInteger(Number(found)) ? found : `"${found}"`)));
}
