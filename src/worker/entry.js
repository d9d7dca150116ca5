// What Cloudflare calls. `npm run build` makes the imported glue and wasm.
import module from '../../build/worker/gatelake_bg.wasm';
import * as gatelake from '../../build/worker/gatelake.js';
import { guard } from './guard.js';

gatelake.initSync({ module });
const handler = guard(gatelake);
const [fetch, scheduled] = [handler('fetch'), handler('scheduled')];

export default {
  fetch,
  // The promise rejects when the run failed, so that Cloudflare counts the failure too.
  scheduled: (event, env) => scheduled(event.scheduledTime, env),
};
