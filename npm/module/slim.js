// The module without its wasm, which the caller passes: compiled, as bytes, or where it is.
import * as api from './api.js';
import * as glue from '../engine/gatelake.js';
export { GatelakeError } from './error.js';

/** @type {typeof import('../types/slim.js').gatelake} */
export function gatelake(wasm) {
  /** @type {Promise<unknown> | undefined} */
  let ready;
  const engine = async () => {
    ready ??= glue.default({ module_or_path: wasm }).catch((error) => {
      // What is somewhere may be there the next time; a response can be read once.
      if (!(wasm instanceof Response || wasm instanceof Promise)) ready = undefined;
      throw error;
    });
    await ready;
    return glue;
  };
  return {
    normalize: (source, options) => api.normalize(engine, source, options),
    parquetFiles: (source, options) => api.parquetFiles(engine, source, options),
    connect: (settings, options) => api.connect(engine, settings, options),
    run: (configuration, options) => api.run(engine, configuration, options),
  };
}
