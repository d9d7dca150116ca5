// `gatelake check`: what a run needs, step by step, and what to do where it is not so.
import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { trial } from '../store/trial.js';
import { configured, GATEWAY_OPTIONS } from './configuration.js';
import { engine } from './engine.js';
import { EXIT, Failure, failure } from './failure.js';
import { colons, handshake, nodeFetch, trust } from './fetch.js';
import { open, PLACE_OPTIONS, PLACES } from './place.js';
import { secrets } from './secrets.js';
import { count } from './text.js';

/** Milliseconds until something on the network is taken for silent. */
const PATIENCE = 10_000;
/** A certificate that ends within so many days is worth a word. */
const SOON = 30;

/** @type {import('./arguments.js').Command} */
export const command = {
  usage: 'check [OPTIONS]',
  options: {
    to: { value: 'PLACE', help: 'where the lake is, or comes to be: tried with an object that is removed again; not tried, if it is left out' },
    ...GATEWAY_OPTIONS,
    ...PLACE_OPTIONS,
  },
  details: `${PLACES}

Exit codes: 0 a run would do; 1 something has to be mended; 2 the command line, the configuration or a secret is wrong.`,

  async run({ values }, io) {
    const steps = new Steps(io);
    const trusted = await trust(values);
    const found = await steps.take('configuration', async () => {
      const { path, text, gateways } = await configured(values);
      return { detail: `${path}: ${gateways.map(({ dataset }) => dataset).join(', ')}`, text, gateways };
    });
    const names = [...new Set((found?.gateways ?? []).flatMap((gateway) => gateway.secrets))];
    const known = found && (await steps.take('secrets', async () => ({ detail: names.join(', ') || 'none needed', all: await secrets(names, { file: values.secrets, io }) })));
    if (found && known) {
      const fetch = nodeFetch(trusted);
      for (const gateway of found.gateways) await gatewaySteps(gateway, { text: found.text, secrets: known.all, fetch, trusted }, steps, io);
      fetch.close();
    }
    if (values.to !== undefined) await placeSteps(values, steps, io);
    io.answer({ steps: steps.all });
    return steps.exit;
  },
};

/** What was tried, one line each. */
class Steps {
  /** @type {{ step: string, ok: boolean, detail?: string, error?: { code: string, message: string, help?: string } }[]} */
  all = [];
  /** @type {number} */
  exit = EXIT.DONE;
  #io;

  /** @param {import('./io.js').Io} io */
  constructor(io) {
    this.#io = io;
  }

  /**
   * What the work answers; `undefined` if it fails, which is said.
   * @template {{ detail?: string, remark?: string | undefined }} T
   * @param {string} step
   * @param {() => Promise<T>} work
   * @returns {Promise<T | undefined>}
   */
  async take(step, work) {
    const { green, red, yellow, dim } = this.#io.paint;
    this.#io.signal.throwIfAborted();
    try {
      const answer = await work();
      this.all.push({ step, ok: true, ...(answer.detail && { detail: answer.detail }) });
      this.#io.print(`${green('✓')} ${step}${answer.detail ? ` ${dim(answer.detail)}` : ''}`);
      if (answer.remark) this.#io.print(`  ${yellow(answer.remark)}`);
      return answer;
    } catch (error) {
      this.#io.signal.throwIfAborted();
      const { code, message, at, help, exit } = failure(error);
      if (exit === EXIT.STOPPED) throw error;
      const said = at ? `${message} (${at})` : message;
      this.all.push({ step, ok: false, error: { code, message: said, ...(help && { help }) } });
      this.#io.print(`${red('✗')} ${step}: ${said}${help ? `\n  ${help}.`.replace(/\.\.$/, '.') : ''}`);
      this.exit = this.exit === EXIT.USAGE ? this.exit : exit === EXIT.USAGE ? EXIT.USAGE : EXIT.FAILED;
      return undefined;
    }
  }
}

/**
 * @param {import('./configuration.js').Gateway} gateway
 * @param {{ text: string, secrets: Record<string, string>, fetch: typeof globalThis.fetch, trusted: import('./fetch.js').Trust }} means
 * @param {Steps} steps
 * @param {import('./io.js').Io} io
 */
async function gatewaySteps({ dataset, base_url: base }, { text, secrets: known, fetch, trusted }, steps, io) {
  const url = new URL(base);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const signal = () => AbortSignal.any([io.signal, AbortSignal.timeout(PATIENCE)]);
  if (!(await steps.take(`${dataset}: name`, () => resolved(host)))) return;
  if (!(await steps.take(`${dataset}: connection`, () => reached(url, host, signal())))) return;
  if (url.protocol === 'https:' && !(await steps.take(`${dataset}: certificate`, () => certified(url, trusted, signal())))) return;
  const probe = await steps.take(`${dataset}: login`, async () => {
    const { probeGateway } = await engine();
    const found = await probeGateway(text, dataset, { secrets: known, fetch, signal: io.signal });
    return { detail: `API ${found.api}, by ${found.login}`, resources: found.resources };
  });
  for (const { resource, path, status, error, records, records_at: at } of probe?.resources ?? []) {
    await steps.take(`${dataset}: ${path}`, async () => {
      if (error) throw new Failure(error, `a run could not read ${resource}${status ? ` (status ${status})` : ''}`, { help: 'docs/errors.md says what to do about this code; gatelake probe shows more' });
      return { detail: at === null ? 'answers' : `${count(records)} records in the first answer` };
    });
  }
}

/** @param {string} host */
async function resolved(host) {
  if (isIP(host)) return { detail: `${host} is an address` };
  try {
    const found = await lookup(host, { all: true });
    return { detail: `${host} is ${found.map(({ address }) => address).join(', ')}` };
  } catch (error) {
    throw new Failure('connection_failed', `nobody knows the name ${host}`, { help: "Check base_url, and this machine's name server", cause: error });
  }
}

/** @param {URL} url @param {string} host @param {AbortSignal} signal */
async function reached(url, host, signal) {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const socket = connect({ host, port, signal });
  try {
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    const why = code === 'ECONNREFUSED' ? 'nobody listens there' : code === 'ABORT_ERR' ? 'no answer came' : /** @type {Error} */ (error).message;
    throw new Failure('connection_failed', `${host}, port ${port}: ${why}`, { help: 'Check base_url, that the gateway is up, and that its firewall lets this machine in', cause: error });
  } finally {
    socket.destroy();
  }
  return { detail: `${host}, port ${port}` };
}

/** @param {URL} url @param {import('./fetch.js').Trust} trusted @param {AbortSignal} signal */
async function certified(url, trusted, signal) {
  const { fingerprint, until, problem } = await handshake(url, trusted, signal).catch((error) => {
    throw new Failure('connection_failed', `no TLS is spoken there: ${error.message}`, { help: 'If the gateway answers plain HTTP, base_url begins with http:// and needs allow_http = true' });
  });
  const shown = colons(fingerprint);
  if (problem) {
    throw new Failure('certificate', `not trusted: ${problem}. Its SHA-256 is ${shown}`, {
      help: `Compare that with what the appliance itself says (openssl x509 -noout -fingerprint -sha256 -in its certificate); if it is the same, --pin-sha256 ${fingerprint} trusts it. With --cacert FILE an authority of yours is trusted`,
    });
  }
  const days = Math.floor((until.getTime() - Date.now()) / 86_400_000);
  const remark = days < SOON ? `It ends ${days < 0 ? 'or has ended' : `in ${days} days`}, on ${until.toISOString().slice(0, 10)}.` : undefined;
  return { detail: `${trusted.pins.length ? 'pinned, ' : ''}until ${until.toISOString().slice(0, 10)}, SHA-256 ${shown}`, remark };
}

/** @param {Record<string, any>} values @param {Steps} steps @param {import('./io.js').Io} io */
async function placeSteps(values, steps, io) {
  const place = await steps.take('place', async () => {
    const opened = open(values.to, values, io);
    await opened.store.list('', { limit: 1 });
    return { ...opened, detail: opened.name };
  });
  if (!place) return;
  await steps.take('place: conditional puts', async () => {
    await trial(place.store, place.name);
    return { detail: 'two runs at once do no harm' };
  });
}
