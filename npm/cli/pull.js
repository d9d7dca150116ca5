// `gatelake pull`: the whole run.
import { trial } from '../store/trial.js';
import { connected, GATEWAY_OPTIONS } from './configuration.js';
import { engine } from './engine.js';
import { EXIT, usage } from './failure.js';
import { open, PLACE_OPTIONS, PLACES } from './place.js';
import { Progress } from './progress.js';
import { report } from './report.js';

/** A run may be asked for a time that is at most so far ahead, in milliseconds: every later run has to be later still. */
const AHEAD = 60_000;

/** @type {import('./arguments.js').Command} */
export const command = {
  usage: 'pull [OPTIONS]',
  options: {
    to: { value: 'PLACE', help: 'where the lake is, or comes to be [lake]' },
    ...GATEWAY_OPTIONS,
    'scheduled-time': { value: 'TIME', help: 'the time that the run is for, in ISO 8601 or milliseconds since 1970 [now]. It is the identity of the run: the same time again publishes nothing new' },
    quiet: { help: 'no progress, only the outcome' },
    ...PLACE_OPTIONS,
  },
  details: `${PLACES}

Exit codes: 0 everything came in; 1 nothing was published; 2 nothing was tried; 3 something failed, the rest is published; 4 another run was at
work, and a gateway was not asked; 130 stopped.`,

  async run({ values }, io) {
    const place = open(values.to ?? 'lake', values, io);
    const time = scheduled(values['scheduled-time']);
    const { text, configuration, gateways, secrets, fetch, close } = await connected(values, io);
    const progress = values.quiet ? undefined : new Progress(io.stderr, io.stderr.isTTY && !io.json);
    try {
      await tried(place, configuration.prefix, gateways);
      const { runGateways } = await engine();
      const means = {
        secrets,
        dataset: values.dataset,
        fetch: progress ? progress.fetching(fetch) : fetch,
        signal: io.signal,
        log: (/** @type {string} */ line) => progress?.say(line),
      };
      /** @type {import('./report.js').Record[]} */
      const runs = await runGateways(text, time, progress ? progress.storing(place.store) : place.store, means);
      progress?.end();
      io.answer({ place: place.name, runs });
      for (const run of runs) io.print(`${report(run, io.paint)}\n`);
      return exitOf(runs.map(({ outcome }) => outcome));
    } finally {
      progress?.end();
      close();
    }
  },
};

/** @param {string | undefined} given */
function scheduled(given) {
  if (given === undefined) return Date.now();
  const time = /^\d+$/.test(given) ? Number(given) : /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : NaN;
  if (Number.isNaN(time) || time < 0) throw usage('--scheduled-time takes a time like 2026-11-27T12:00:00Z, or milliseconds since 1970');
  if (time > Date.now() + AHEAD) throw usage('--scheduled-time is no time of the past', 'A snapshot of the future would keep all others from coming');
  return time;
}

/**
 * Before the first snapshot goes to a place: can it hold a lake at all?
 * @param {import('./place.js').Place} place
 * @param {string} prefix
 * @param {import('./configuration.js').Gateway[]} gateways
 */
async function tried({ store, name, foreign }, prefix, gateways) {
  if (!foreign) return;
  const pointers = gateways.map(({ dataset }) => [prefix, dataset, 'current.json'].filter(Boolean).join('/'));
  const found = await Promise.all(pointers.map((key) => store.head(key)));
  if (found.includes(null)) await trial(store, name);
}

/** @param {string[]} outcomes */
function exitOf(outcomes) {
  const failed = outcomes.includes('failed');
  if (failed && outcomes.every((outcome) => outcome === 'failed' || outcome === 'busy')) return EXIT.FAILED;
  if (failed || outcomes.includes('partial')) return EXIT.PARTIAL;
  return outcomes.includes('busy') ? EXIT.BUSY : EXIT.DONE;
}
