// The folder tree: the root (id 0), nine top folders (1 to 9), then for every ten users one team folder
// and nine folders of their own; the tenth user lives in the team folder. So ids have no gaps and both the
// n-th folder and a user's home are arithmetic.
import { fieldNames } from './dialect.mjs';
import { isAdmin, username } from './people.mjs';
import { TEAM, TOP_FOLDER } from './words.mjs';

const FIXED = 1 + TOP_FOLDER.length;
const CREW = 10;

/** How many folders a world of `indexes` users (removed ones included: a folder outlives its user) has. */
export function folderCount(indexes) {
  const rest = indexes % CREW;
  return FIXED + Math.floor(indexes / CREW) * CREW + (rest === 0 ? 0 : 1 + rest);
}

/** The id of a user's home folder; `null` for a web admin, who has none. */
export function homeFolderId(index) {
  if (isAdmin(index)) return null;
  const team = FIXED + Math.floor(index / CREW) * CREW;
  return index % CREW === CREW - 1 ? team : team + 1 + (index % CREW);
}

/** Folder `id` as facts. Sub-folders inherit the cloud connection of their top folder. */
export function folder(seed, id, connections) {
  if (id === 0) return { id, parentId: null, name: '/', path: '/', connection: connections ? 1 : null, cloud: '' };
  const top = id < FIXED ? id - 1 : Math.floor((id - FIXED) / CREW) % TOP_FOLDER.length;
  const connection = connections ? 1 + (top % connections) : null;
  const topPath = `/${TOP_FOLDER[top]}`;
  if (id < FIXED)
    return { id, parentId: 0, name: TOP_FOLDER[top], path: topPath, connection, cloud: `${TOP_FOLDER[top]}/` };
  const crew = Math.floor((id - FIXED) / CREW);
  const place = (id - FIXED) % CREW;
  const team = `${TEAM[crew % TEAM.length]}-${crew + 1}`;
  const teamPath = `${topPath}/${team}`;
  const common = { id, connection };
  if (place === 0) return { ...common, parentId: top + 1, name: team, path: teamPath, cloud: `${teamPath.slice(1)}/` };
  const name = username(seed, crew * CREW + place - 1);
  return { ...common, parentId: id - place, name, path: `${teamPath}/${name}`, cloud: `${teamPath.slice(1)}/${name}/` };
}

const FIELDS = ['id', 'parentId', 'name', 'absolutePath', 'cloudConnectionInheritedId', 'cloudRelativePath'];

/** A function from a folder's id to its JSON text. */
export function folderWriter({ seed, connections, casing }) {
  const k = fieldNames(FIELDS, casing);
  const text = JSON.stringify;
  return (id) => {
    const f = folder(seed, id, connections);
    return `{${k.id}${id},${k.parentId}${f.parentId},${k.name}${text(f.name)},${k.absolutePath}${text(f.path)},${
      k.cloudConnectionInheritedId
    }${f.connection},${k.cloudRelativePath}${text(f.cloud)}}`;
  };
}
