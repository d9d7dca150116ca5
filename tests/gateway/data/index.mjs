// The data behind one profile: resources as lists whose n-th record can be written on its own.
import { backupFrame, connectionWriter, diagnostics, encryptionLevels } from './appliance.mjs';
import { TIMESTAMPS } from './dialect.mjs';
import { folderCount, folderWriter } from './folders.mjs';
import { indexOf, username } from './people.mjs';
import { churnOf, revisionOf } from './revision.mjs';
import { userWriter, userWriterV2 } from './users.mjs';

/**
 * A list is `{ name, total, record(n) → JSON text }`; `name` is its key in an envelope that names it.
 * `userByName(name)` is the JSON text of one user or `undefined`. Everything is a pure function of the profile.
 */
export function world(profile) {
  const { seed, users, revision, connections, api } = profile;
  const { edited, added, removed } = profile;
  const counted = [edited, added, removed].some((count) => count !== null);
  // Where it is counted what changes, nothing else does: no user has a new field.
  const options = { ...profile, casing: profile.case, timestamp: TIMESTAMPS[profile.timestamps], ...(counted && { revision: 0 }) };
  const present = counted ? churnOf(users, revision, { edited: edited ?? 0, added: added ?? 0, removed: removed ?? 0 }) : revisionOf(users, revision);
  const writeUser = api === 'v2' ? userWriterV2(options) : userWriter(options);
  const userAt = (index) => writeUser(index, present.changes(index));

  return {
    users: { name: 'users', total: present.total, record: (n) => userAt(present.nth(n)) },
    /** 2.x search: the users whose name contains the text. */
    usersMatching: (search) => {
      const found = matching(present, seed, search);
      return { name: 'users', total: found.length, record: (n) => userAt(found[n]) };
    },
    userByName: (name) => {
      const index = indexOf(seed, name);
      return present.has(index) ? userAt(index) : undefined;
    },
    folders: { name: 'folders', total: folderCount(present.indexes), record: folderWriter(options) },
    connections: {
      name: options.casing === 'snake' ? 'cloud_connections' : 'cloudConnections',
      total: connections,
      record: connectionWriter(options),
    },
    diagnostics: () => diagnostics(options),
    encryptionLevels,
    backup: () => backupFrame(options),
  };
}

function matching(present, seed, search) {
  const found = [];
  for (let n = 0; n < present.total; n += 1) {
    const index = present.nth(n);
    if (username(seed, index).includes(search)) found.push(index);
  }
  return found;
}
