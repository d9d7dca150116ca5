// Which path holds what: the catalogue of the data resources of both generations.
import { batched } from './envelope.mjs';

const BASE = '/backend/3.0.0';
const object = (body) => ({ body });

/** Each entry gives a `{ list }`, a `{ body }` (JSON text) or `{ chunks }`. */
const V3 = {
  [`${BASE}/users`]: ({ world }) => ({ list: world.users }),
  [`${BASE}/folders`]: ({ world }) => ({ list: world.folders }),
  [`${BASE}/cloudconnections`]: ({ world }) => ({ list: world.connections }),
  [`${BASE}/backup`]: ({ world }) => ({ chunks: () => batched(backup(world)) }),
  '/backend/diagnostics': ({ world }) => object(world.diagnostics()),
};
const V2 = {
  '/backend/api/users': ({ world, query }) => ({
    list: query.get('search') ? world.usersMatching(query.get('search')) : world.users,
  }),
  '/backend/api/s3encryption': ({ world }) => object(world.encryptionLevels()),
  '/backend/diagnostics': ({ world }) => object(world.diagnostics()),
};

function* backup(world) {
  const { head, between, tail } = world.backup();
  yield head;
  yield* separated(world.users);
  yield between;
  yield* separated(world.folders);
  yield tail;
}

function* separated({ total, record }) {
  for (let n = 0; n < total; n += 1) yield n === 0 ? record(n) : `,${record(n)}`;
}

function item(path, world) {
  let name;
  try {
    name = decodeURIComponent(path.slice(`${BASE}/users/`.length));
  } catch {
    return undefined;
  }
  const body = world.userByName(name);
  return body === undefined ? undefined : object(body);
}

/** What lies at `path` in the generation `api`, or undefined. */
export function read(api, path, world, query) {
  const catalogue = api === 'v2' ? V2 : V3;
  if (Object.hasOwn(catalogue, path)) return catalogue[path]({ world, query });
  return api === 'v3' && path.startsWith(`${BASE}/users/`) ? item(path, world) : undefined;
}
