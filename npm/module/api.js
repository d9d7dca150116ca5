// The module's functions, over an engine that an entry file makes ready: `engine` resolves to the glue's exports.
import { Gateway } from './gateway.js';
import { GatelakeError, known } from './error.js';
import { checked, Load, loadId, SELECTS } from './load.js';
import { chunks } from './source.js';
import { filesOf, Tables } from './tables.js';

/** @typedef {() => Promise<import('./load.js').Engine>} Ready */

/**
 * @param {Ready} engine
 * @param {import('../types/index.js').Source} source
 * @param {import('../types/index.js').NormalizeOptions} given
 */
export async function normalize(engine, source, given) {
  const { table, select = 'auto', load_id: id = loadId(), before, schema = before?.schema, signal, ...rest } = given ?? {};
  if (typeof table !== 'string') throw new GatelakeError('bad_options', 'table is missing', { help: 'It names the table that the records become' });
  if (!SELECTS.includes(select)) throw new GatelakeError('bad_options', `select is one of ${SELECTS.join(', ')}`);
  const options = checked(rest);
  signal?.throwIfAborted();
  try {
    const glue = await engine();
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
 * @param {import('../types/index.js').GatewaySettings} settings
 */
export async function connect(engine, settings) {
  return new Gateway(await engine(), settings);
}

/**
 * @param {Ready} engine
 * @param {string} configuration
 * @param {import('../types/index.js').RunOptions} options
 */
export async function run(engine, configuration, { store, secrets = {}, dataset, fetch, signal, progress, scheduledTime = Date.now() }) {
  signal?.throwIfAborted();
  try {
    const glue = await engine();
    const means = { secrets, ...(dataset !== undefined && { dataset }), ...(fetch && { fetch }), ...(signal && { signal }), ...(progress && { log: progress }) };
    return await glue.runGateways(configuration, Number(scheduledTime), store, means);
  } catch (error) {
    throw known(error);
  }
}
