import type { connect, normalize, run } from './index.js';
export * from './index.js';

/** The module over a wasm that the caller brings: `gatelake/gatelake.wasm`, compiled, its bytes, or where it is. */
export function gatelake(wasm: WebAssembly.Module | BufferSource | URL | string | Response | Promise<Response>): {
  normalize: typeof normalize;
  connect: typeof connect;
  run: typeof run;
};
