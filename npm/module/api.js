// The module's functions, over an engine that an entry file makes ready: `engine` resolves to the glue's exports.
import { Gateway } from './gateway.js';
import { GatelakeError, known } from './error.js';
import { ParquetFiles } from './files.js';
import { checked, Load, loadId, SELECTS } from './load.js';
import { chunks } from './source.js';
import { filesOf, Tables } from './tables.js';

/** @typedef {() => Promise<import('./load.js').Engine>} Ready */
/** @typedef {ReturnType<typeof wish>} Wish What a load of a body should be. */

/** @param {import('../types/index.js').NormalizeOptions} given */
function wish(given) {
  const { table, select = 'auto', load_id: id = loadId(), before, schema = before?.schema, signal, ...rest } = given ?? {};
  if (typeof table !== 'string') throw new GatelakeError('bad_options', 'table is missing', { help: 'It names the table that the records become' });
  if (!SELECTS.includes(select)) throw new GatelakeError('bad_options', `select is one of ${SELECTS.join(', ')}`);
  return { table, select, id, before, schema, signal, options: checked(rest) };
}

/**
 * The engine, or why there is none.
 * @param {Ready} engine
 */
async function ready(engine) {
  try {
    return await engine();
  } catch (cause) {
    throw new GatelakeError('engine_unavailable', `the engine cannot be made ready: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
      help: "Its wasm, engine/gatelake_bg.wasm of the package, has to be where the module looks for it, and be served as application/wasm; a page's policy has to allow 'wasm-unsafe-eval'",
    });
  }
}

/**
 * @param {Ready} engine
 * @param {import('../types/index.js').Source} source
 * @param {import('../types/index.js').NormalizeOptions} given
 */
export async function normalize(engine, source, given) {
  const { table, select, id, before, schema, signal, options } = wish(given);
  signal?.throwIfAborted();
  try {
    const glue = await ready(engine);
    const load = new Load(glue, table, options, id, schema);
    try {
      await load.body(chunks(source, signal), select);
      return new Tables(glue, load.finish(filesOf(before)));
    } finally {
      load.free();
    }
  } catch (error) {
    throw known(error);
  }
}

/**
 * @param {Ready} engine
 * @param {import('../types/index.js').Source} source
 * @param {import('../types/index.js').ParquetFilesOptions} given
 */
export function parquetFiles(engine, source, given) {
  return new ParquetFiles(() => ready(engine), source, () => wish(given));
}

/**
 * @param {Ready} engine
 * @param {import('../types/index.js').GatewaySettings} settings
 * @param {import('../types/index.js').GatewayOptions} [options]
 */
export async function connect(engine, settings, options) {
  return new Gateway(await ready(engine), settings, options);
}

/**
 * @param {Ready} engine
 * @param {string} configuration
 * @param {import('../types/index.js').RunOptions} options
 */
export async function run(engine, configuration, { store, secrets = {}, dataset, fetch, signal, progress, scheduledTime = Date.now() }) {
  signal?.throwIfAborted();
  try {
    const glue = await ready(engine);
    const means = { secrets, ...(dataset !== undefined && { dataset }), ...(fetch && { fetch }), ...(signal && { signal }), ...(progress && { log: progress }) };
    return await glue.runGateways(configuration, Number(scheduledTime), store, means);
  } catch (error) {
    throw known(error);
  }
}
