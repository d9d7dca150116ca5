// Lakes that are there: which datasets a place has, and reading them.
import { engine } from './engine.js';
import { EXIT, Failure } from './failure.js';

const POINTER = 'current.json';
/** Keys that are looked through for datasets; a lake has its pointer among the first. */
const LOOKED_THROUGH = 100_000;

/**
 * @typedef {import('../../build/npm/gatelake.js').Lake} Lake
 * @typedef {{ dataset: string, prefix: string, lake: Lake }} Dataset
 */

/**
 * A document of a lake, as the API has it (docs/api.md).
 * @param {Lake} lake
 * @param {string[]} path below /api/
 */
export async function asked(lake, path) {
  const { status, body } = await lake.answer(path, []);
  const { error, ...answer } = JSON.parse(new TextDecoder().decode(body));
  if (status !== 200) throw new Failure(error.code, error.message, { at: error.at ?? undefined, help: error.help ?? undefined });
  return answer;
}

/**
 * The datasets of a place: what has a pointer and snapshots. Their order is that of their keys.
 * @param {import('./place.js').Place} place
 * @param {string} [wanted] the one dataset to open
 * @returns {Promise<Dataset[]>}
 */
export async function datasets({ store, name }, wanted) {
  const { Lake } = await engine();
  const found = [];
  const seen = new Set();
  let looked = 0;
  for (let cursor, first = true; (first || cursor) && looked < LOOKED_THROUGH; first = false) {
    /** @type {Awaited<ReturnType<typeof store.list>>} */
    const page = await store.list('', { limit: 1000, ...(cursor && { cursor }) });
    for (const { key } of page.objects) {
      const parts = key.split('/');
      if (parts.at(-1) !== POINTER || parts.length < 2) continue;
      const dataset = parts.at(-2) ?? '';
      const prefix = parts.slice(0, -2).join('/');
      if ((wanted !== undefined && wanted !== dataset) || seen.has(dataset)) continue;
      seen.add(dataset);
      found.push({ dataset, prefix, lake: new Lake(store, prefix, dataset) });
    }
    looked += page.objects.length;
    cursor = page.cursor;
  }
  if (found.length) return found;
  throw new Failure('nothing_published', wanted === undefined ? `there is no lake in ${name}` : `there is no dataset ${wanted} in ${name}`, {
    help: 'gatelake pull --to PLACE makes one; a place is the folder or bucket that was given to it',
    exit: EXIT.FAILED,
  });
}
