import type { connect, normalize, parquetFiles, run } from './index.js';
export * from './index.js';

/** The module over a wasm that the caller brings: `gatelake/gatelake.wasm`, compiled, its bytes, or where it is. */
export function gatelake(wasm: WebAssembly.Module | BufferSource | URL | string | Response | Promise<Response>): {
  normalize: typeof normalize;
  parquetFiles: typeof parquetFiles;
  connect: typeof connect;
  run: typeof run;
};
