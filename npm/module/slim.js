// The module without its wasm, which the caller passes: compiled, as bytes, or where it is.
import * as api from './api.js';
import * as glue from '../engine/gatelake.js';
export { GatelakeError } from './error.js';

/** @type {typeof import('../types/slim.js').gatelake} */
export function gatelake(wasm) {
  /** @type {Promise<unknown> | undefined} */
  let ready;
  const engine = async () => {
    ready ??= glue.default({ module_or_path: wasm });
    await ready;
    return glue;
  };
  return {
    normalize: (source, options) => api.normalize(engine, source, options),
    connect: (settings) => api.connect(engine, settings),
    run: (configuration, options) => api.run(engine, configuration, options),
  };
}
