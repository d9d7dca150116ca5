// The engine where wasm is imported as a module, and cannot be compiled.
import * as glue from '../engine/gatelake.js';
import module from '../engine/gatelake_bg.wasm';

export async function engine() {
  glue.initSync({ module });
  return glue;
}
