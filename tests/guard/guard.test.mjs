// A glue as wasm-bindgen writes it, reduced to what the guard touches, over a real wasm that traps.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { guard } from '../../src/worker/guard.js';

// (module (func (export "trap") unreachable))
const TRAPS = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3, 0, 0, 11]);
const { trap } = new WebAssembly.Instance(new WebAssembly.Module(TRAPS)).exports;

let state;
let resets;
let onError;
beforeEach(() => {
  state = { criticalError: false };
  resets = 0;
  globalThis.addEventListener = (type, listener) => {
    assert.equal(type, 'error');
    onError = listener;
  };
});

const glue = (handlers) => ({ __worker_init_state: () => state, __wbg_reset_state: () => resets++, ...handlers });
const never = () => new Promise(() => {});

test('arguments and answers go through, and nothing is reset', async () => {
  const add = guard(glue({ add: async (a, b) => a + b }))('add');
  assert.equal(await add(2, 3), 5);
  assert.equal(resets, 0);
});

test('an error of the handler is the caller’s, and nothing is reset', async () => {
  const fail = guard(glue({ fail: async () => Promise.reject(new Error('the run failed')) }))('fail');
  await assert.rejects(fail(), /the run failed/);
  await assert.rejects(fail(), /the run failed/);
  assert.equal(resets, 0);
});

test('a trap fails its call, and the next call gets a fresh instance', async () => {
  const handler = guard(glue({ trap: () => trap(), fine: async () => 'fine' }));
  await assert.rejects(handler('trap')(), WebAssembly.RuntimeError);
  assert.equal(resets, 0);
  assert.equal(await handler('fine')(), 'fine');
  assert.equal(await handler('fine')(), 'fine');
  assert.equal(resets, 1);
});

test('a panic in a callback, told by the hook, fails every call in flight', async () => {
  const handler = guard(glue({ never, fine: async () => 'fine' }));
  const waiting = [handler('never')(), handler('never')()];
  state.criticalError = true;
  for (const call of waiting) await assert.rejects(call, /hit a bug/);
  assert.equal(await handler('fine')(), 'fine');
  assert.equal(resets, 1);
});

test('a trap in a callback, told by the runtime, fails every call in flight; another error does not', async () => {
  const handler = guard(glue({ never, fine: async () => 'fine' }));
  const waiting = handler('never')();
  onError({ error: new TypeError('elsewhere') });
  assert.equal(await Promise.race([waiting, 'still waiting']), 'still waiting');
  onError({ error: new WebAssembly.RuntimeError('unreachable') });
  await assert.rejects(waiting, WebAssembly.RuntimeError);
});
