// The engine, fetched from beside this file when it is first needed. Bundlers know the form of this URL.
import * as glue from '../engine/gatelake.js';

/** @type {Promise<unknown> | undefined} */
let ready;

export async function engine() {
  ready ??= glue.default({ module_or_path: new URL('../engine/gatelake_bg.wasm', import.meta.url) }).catch((error) => {
    // A network may be back the next time.
    ready = undefined;
    throw error;
  });
  await ready;
  return glue;
}
