/** The module for whoever loads the wasm himself. @module gatelake/slim */

export * from './index.js';

/** The module over a wasm that the caller brings: `gatelake/gatelake.wasm`, compiled, its bytes, or where it is. */
export function gatelake(wasm: WebAssembly.Module | BufferSource | URL | string | Response | Promise<Response>): Pick<typeof import('./index.js'), 'normalize' | 'parquetFiles' | 'connect' | 'run'>;
