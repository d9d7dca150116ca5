// The Worker, with the clock and the chance of a test: a request's header `x-clock` is the time for all that it leads to, and chance begins anew with it.
import worker from '../../src/worker/entry.js';
import { fixed } from './clock.mjs';

export default {
  fetch(request, ...more) {
    const clock = request.headers.get('x-clock');
    if (clock !== null) fixed(Number(clock));
    return worker.fetch(request, ...more);
  },
};
