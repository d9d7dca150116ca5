// A gateway's client: its login, and its resources as tables or as records.
import { GatelakeError, known } from './error.js';
import { checked, Load, loadId } from './load.js';
import { either } from './stop.js';
import { arrayOf, parsed } from './stream.js';
import { filesOf, Tables } from './tables.js';

/** Settings that are secrets, and what the engine's settings call the one that they name. */
const SECRETS = { password: 'password_secret', client_secret: 'client_secret_secret', token: 'token_secret' };

/**
 * The engine's settings name secrets and hold none: these, as its text of JSON, and what they name.
 * @param {import('../types/index.js').GatewaySettings} given
 */
function apart({ headers, ...given }) {
  /** @type {Record<string, string>} */
  const secrets = {};
  /** @type {Record<string, unknown>} */
  const settings = { ...given };
  for (const [name, named] of Object.entries(SECRETS)) {
    const secret = given[name];
    if (secret === undefined) continue;
    delete settings[name];
    settings[named] = name.toUpperCase();
    secrets[name.toUpperCase()] = String(secret);
  }
  if (headers) {
    settings.headers = Object.fromEntries(Object.keys(headers).map((name, number) => [name, `HEADER_${number}`]));
    for (const [number, value] of Object.values(headers).entries()) secrets[`HEADER_${number}`] = value;
  }
  return { settings: JSON.stringify(settings), secrets };
}

export class Gateway {
  #engine;
  #settings;
  #secrets;
  #means;
  #closed = new AbortController();

  /**
   * @param {import('./load.js').Engine} engine
   * @param {import('../types/index.js').GatewaySettings} given
   * @param {import('../types/index.js').GatewayOptions} [options]
   */
  constructor(engine, given, { fetch, progress } = {}) {
    this.#engine = engine;
    ({ settings: this.#settings, secrets: this.#secrets } = apart(given));
    this.#means = { ...(fetch && { fetch }), ...(progress && { log: progress }) };
  }

  /** @param {{ signal?: AbortSignal }} [options] */
  async login({ signal } = {}) {
    const { api } = await this.#pull([], NOTHING, signal);
    return { api: /** @type {2 | 3} */ (api) };
  }

  /** @param {{ signal?: AbortSignal }} [options] */
  async resources({ signal } = {}) {
    const { offers } = await this.#pull([], NOTHING, signal);
    return offers.map(({ table, path }) => ({ name: table, table, path }));
  }

  /**
   * @param {string} resource
   * @param {import('../types/index.js').LoadOptions} [options]
   */
  async load(resource, { load_id: id = loadId(), before, schema = before?.schema, signal, ...rest } = {}) {
    const options = checked(rest);
    /** @type {Load | undefined} */
    let load;
    const sink = {
      restart: () => {
        load?.free();
        load = undefined;
        load = new Load(this.#engine, resource, options, id, schema);
      },
      begin: (/** @type {string} */ _, /** @type {string} */ records) => load?.begin(records === 'root'),
      feed: (/** @type {string} */ _, /** @type {Uint8Array} */ bytes) => load?.feed(bytes),
      end: () => load?.endBody(),
    };
    try {
      await this.#one(resource, sink, signal);
      if (!load) throw new GatelakeError('internal', `nothing came of ${resource}`);
      return new Tables(this.#engine, load.finish(filesOf(before)));
    } catch (error) {
      throw known(error);
    } finally {
      load?.free();
    }
  }

  /**
   * @param {readonly string[]} resources
   * @param {import('../types/index.js').ResourceOptions} [options]
   */
  async *loads(resources, options) {
    for (const resource of resources) yield /** @type {const} */ ([resource, await this.load(resource, options)]);
  }

  /**
   * @param {string} resource
   * @param {{ signal?: AbortSignal }} [options]
   */
  stream(resource, { signal } = {}) {
    return arrayOf(this.#engine, (sink, stopped) => this.#one(resource, sink, stopped), signal);
  }

  /**
   * @param {string} resource
   * @param {{ signal?: AbortSignal }} [options]
   */
  async *records(resource, options) {
    yield* parsed(this.stream(resource, options));
  }

  close() {
    this.#secrets = {};
    this.#closed.abort(new GatelakeError('gateway_closed', "the gateway's client was closed", { help: '`connect` makes another one' }));
  }

  [Symbol.dispose]() {
    this.close();
  }

  /**
   * @param {string} resource
   * @param {import('../../build/npm/gatelake.js').BodySink} sink
   * @param {AbortSignal | undefined} signal
   */
  async #one(resource, sink, signal) {
    const { resources, offers } = await this.#pull([resource], sink, signal);
    if (resources.length) return;
    throw new GatelakeError('not_offered', `this gateway does not have ${resource}`, { help: `It has: ${offers.map(({ table }) => table).join(', ')}` });
  }

  /**
   * @param {string[]} resources
   * @param {import('../../build/npm/gatelake.js').BodySink} sink
   * @param {AbortSignal | undefined} signal
   */
  async #pull(resources, sink, signal) {
    const { stop, release } = either(signal, this.#closed.signal);
    try {
      stop.signal.throwIfAborted();
      return await this.#engine.pullGateway(this.#settings, resources, sink, { ...this.#means, secrets: this.#secrets, signal: stop.signal });
    } catch (error) {
      throw known(error);
    } finally {
      release();
    }
  }
}

/** For a pull of no resource. */
const NOTHING = /** @type {any} */ ({});
