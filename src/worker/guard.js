// A trap (a panic, memory running out) leaves a wasm instance unusable, and calls that wait on it would wait for ever.
// Here a trap fails every call in flight, and the next call begins on a fresh instance.

/** `glue`: what wasm-bindgen wrote. The answer: a function that makes a handler of an exported one's name. */
export function guard(glue) {
  const inFlight = new Set();
  let broken = false;

  function trapped(error) {
    broken = true;
    for (const fail of inFlight) fail(error);
    inFlight.clear();
  }

  // The worker crate's panic hook sets this before the trap: the only sign of a panic in a callback.
  Object.defineProperty(glue.__worker_init_state(), 'criticalError', {
    get: () => broken,
    set: (value) => value && trapped(new Error('The Worker hit a bug and stopped this run; the log has the details')),
  });
  addEventListener('error', ({ error }) => error instanceof WebAssembly.RuntimeError && trapped(error));

  return (name) =>
    async (...args) => {
      if (broken) {
        glue.__wbg_reset_state();
        broken = false;
      }
      let fail;
      try {
        return await new Promise((resolve, reject) => {
          fail = reject;
          inFlight.add(fail);
          glue[name](...args).then(resolve, reject);
        });
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) trapped(error);
        throw error;
      } finally {
        inFlight.delete(fail);
      }
    };
}
