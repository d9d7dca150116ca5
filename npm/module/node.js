// The module for Node, Deno and Bun.
import * as api from './api.js';
import { engine } from './engine-node.js';
export { GatelakeError } from './error.js';

/** @type {typeof import('../types/index.js').normalize} */
export const normalize = (source, options) => api.normalize(engine, source, options);
/** @type {typeof import('../types/index.js').parquetFiles} */
export const parquetFiles = (source, options) => api.parquetFiles(engine, source, options);
/** @type {typeof import('../types/index.js').connect} */
export const connect = (settings, options) => api.connect(engine, settings, options);
/** @type {typeof import('../types/index.js').run} */
export const run = (configuration, options) => api.run(engine, configuration, options);
