// `gatelake probe`: what a gateway's answers look like, for a report that holds nobody's data.
import { connected, GATEWAY_OPTIONS } from './configuration.js';
import { engine } from './engine.js';
import { EXIT, usage } from './failure.js';
import { count, table } from './text.js';

/** @type {import('./arguments.js').Command} */
export const command = {
  usage: 'probe [OPTIONS]',
  options: GATEWAY_OPTIONS,
  details: `Looks once at every resource and says what the answers are made of: names and types, no values. With --json it is the whole report,
fit for an issue if your appliance answers otherwise than Gatelake expects.

Exit codes: 0 every resource answered as a run needs it; 1 the gateway cannot be read; 2 nothing was tried; 3 some resources cannot be read.`,

  async run({ values }, io) {
    const { text, gateways, secrets, fetch, close } = await connected(values, io);
    try {
      const [gateway, another] = gateways;
      if (!gateway || another) throw usage('there are several gateways', `Name one with --dataset: ${gateways.map(({ dataset }) => dataset).join(', ')}`);
      const { probeGateway } = await engine();
      const probe = await probeGateway(text, gateway.dataset, { secrets, fetch, signal: io.signal });
      io.answer(probe);
      const rows = probe.resources.map((/** @type {any} */ one) => [one.resource, one.path, one.status || '–', one.records_at ?? '–', one.records ?? '–', one.error ?? 'as expected']);
      io.print(table(['resource', 'path', 'status', 'records at', 'records', 'a run would find it'], rows, io.paint.bold));
      for (const { resource, shape } of probe.resources) {
        const members = Object.entries(shape ?? {});
        if (members.length === 0) continue;
        io.print(`\n${io.paint.bold(resource)}`);
        for (const [pointer, kinds] of members) io.print(`  ${pointer || '(the body)'}  ${io.paint.dim(Object.entries(kinds).map(([kind, times]) => `${kind} ${count(times)}`).join(', '))}`);
      }
      const failed = probe.resources.filter((/** @type {any} */ one) => one.error).length;
      return failed === 0 ? EXIT.DONE : failed === probe.resources.length ? EXIT.FAILED : EXIT.PARTIAL;
    } finally {
      close();
    }
  },
};
