// The engine where wasm is imported as a module, and cannot be compiled.
import * as glue from '../engine/gatelake.js';
// @ts-ignore a module of wasm, which the type checker does not know
import module from '../engine/gatelake_bg.wasm';

export async function engine() {
  glue.initSync({ module });
  return glue;
}
