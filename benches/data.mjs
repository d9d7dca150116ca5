// The benchmark's input: users as the emulated gateway makes them, as one JSON array, written once to target/bench/.
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { world } from '../tests/gateway/data/index.mjs';
import { parseSwitches, resolve } from '../tests/gateway/profile.mjs';
import { hash } from '../tests/gateway/data/random.mjs';
import { ROOT } from '../tools/lib/execute.mjs';
import { step } from '../tools/lib/say.mjs';

const FOLDER = join(ROOT, 'target', 'bench');

/** What real answers do that makes a parser's life harder. Each is a function of a record's text and number. */
export const VARIANTS = {
  missing: (text, n) => JSON.stringify(reshape(JSON.parse(text), n, (entries, draw) => entries.filter((_, at) => draw(at) % 10 !== 0))),
  random: (text, n) => JSON.stringify(reshape(JSON.parse(text), n, (entries, draw) => shuffled(entries, draw))),
  pretty: (text) => JSON.stringify(JSON.parse(text), null, 2),
  // Slashes and every letter beyond ASCII as escapes, as some serializers write them.
  escaped: (text) => text.replaceAll('/', '\\/').replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
};

/** The path of the file; made on first use. */
export async function users(count, variant) {
  const path = join(FOLDER, `${['users', count === 100_000 ? '' : count, variant].filter(Boolean).join('-')}.json`);
  if (existsSync(path)) return path;
  mkdirSync(FOLDER, { recursive: true });
  await step(`Writing ${path.slice(ROOT.length)}`, async (note) => {
    const list = world(resolve(parseSwitches({ users: count }))).users;
    const vary = VARIANTS[variant] ?? ((text) => text);
    const file = createWriteStream(`${path}.part`);
    for (let n = 0; n < list.total; n += 1) {
      const more = file.write(`${n ? ',' : '['}${vary(list.record(n), n)}`);
      if (more) continue;
      note(`${n} users`);
      await once(file, 'drain');
    }
    file.end(']');
    await once(file, 'finish');
    renameSync(`${path}.part`, path);
    return { detail: `${(statSync(path).size / 1e6).toFixed(1)} MB` };
  });
  return path;
}

/** Applies `change` to the entries of every object in it. */
function reshape(value, n, change) {
  if (Array.isArray(value)) return value.map((item, at) => reshape(item, n + at, change));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, reshape(inner, n + 1, change)]);
  return Object.fromEntries(change(entries, (at) => hash(1, n, at)));
}

const shuffled = (entries, draw) =>
  entries
    .map((entry, at) => [draw(at), entry])
    .sort(([a], [b]) => a - b)
    .map(([, entry]) => entry);
