// A gateway's client: its login, and its resources as tables.
import { GatelakeError, known } from './error.js';
import { checked, Load, loadId } from './load.js';
import { Tables } from './tables.js';

export class Gateway {
  #engine;
  #settings;
  #secrets;

  /**
   * @param {import('./load.js').Engine} engine
   * @param {import('../types/index.js').GatewaySettings} given
   */
  constructor(engine, { password, clientSecret, token, ...settings }) {
    this.#engine = engine;
    this.#secrets = { ...(password !== undefined && { PASSWORD: password }), ...(clientSecret !== undefined && { CLIENT_SECRET: clientSecret }), ...(token !== undefined && { TOKEN: token }) };
    // The engine's settings name secrets and hold none.
    this.#settings = JSON.stringify({
      ...settings,
      ...(password !== undefined && { password_secret: 'PASSWORD' }),
      ...(clientSecret !== undefined && { client_secret_secret: 'CLIENT_SECRET' }),
      ...(token !== undefined && { token_secret: 'TOKEN' }),
    });
  }

  /** @param {{ signal?: AbortSignal }} [options] */
  async login({ signal } = {}) {
    const { api } = await this.#pull([], NOTHING, signal);
    return { api: /** @type {2 | 3} */ (api) };
  }

  /**
   * @param {string} resource
   * @param {import('../types/index.js').ResourceOptions} [options]
   */
  async load(resource, { load_id: id = loadId(), schema, signal, ...rest } = {}) {
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
      const { resources } = await this.#pull([resource], sink, signal);
      if (resources.length === 0 || !load) throw new GatelakeError('not_offered', `this gateway does not have ${resource}`);
      return new Tables(this.#engine, load.finish());
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
   * @param {string[]} resources
   * @param {import('../../build/npm/gatelake.js').BodySink} sink
   * @param {AbortSignal | undefined} signal
   */
  async #pull(resources, sink, signal) {
    signal?.throwIfAborted();
    try {
      return await this.#engine.pullGateway(this.#settings, this.#secrets, resources, sink, signal);
    } catch (error) {
      throw known(error);
    }
  }
}

/** For a pull of no resource. */
const NOTHING = /** @type {any} */ ({});
