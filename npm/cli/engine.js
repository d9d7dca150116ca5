// The engine: the wasm of the crate, made ready once.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** In the package, and in a checkout. */
const PLACES = ['../engine/', '../../build/npm/'];

/** @type {Promise<typeof import('../../build/npm/gatelake.js')> | undefined} */
let ready;

/** Its exports. */
export function engine() {
  ready ??= (async () => {
    const place = PLACES.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(fileURLToPath(new URL('gatelake.js', url))));
    if (!place) throw new Error('the engine is not there: in a checkout, `npm run build npm` makes it');
    const glue = await import(new URL('gatelake.js', place).href);
    glue.initSync({ module: readFileSync(fileURLToPath(new URL('gatelake_bg.wasm', place))) });
    return glue;
  })();
  return ready;
}
