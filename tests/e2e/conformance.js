// The suite that every store must pass, over the R2 binding of workerd: see src/worker/mod.rs and tests/support/conformance.rs.
import module from '../../build/conformance/gatelake_bg.wasm';
import * as gatelake from '../../build/conformance/gatelake.js';

gatelake.initSync({ module });

export default {
  async fetch(request, env) {
    try {
      return Response.json({ checked: await gatelake.conformance(env, new URL(request.url).searchParams.get('prefix')) });
    } catch (error) {
      return Response.json({ failed: String(error?.message ?? error) });
    }
  },
};
