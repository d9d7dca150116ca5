// Loads that merge, in workerd, ten in a row: every row is held against what the gateway had.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from './support.mjs';
import { world as dataOf } from '../gateway/data/index.mjs';

const HOUR = 3_600_000;
const LOADS = 10;
const COUNTED = { users: 2000, edited: 24, added: 6, removed: 4, envelope: 'page-new', pageSize: 500, maxPageSize: 500 };
const OTHERS = 'folders = false\ncloud_connections = false\ndiagnostics = false\n';
const MERGED = `[gateway.merged.resources]\n${OTHERS}users = { disposition = "merge", strategy = "upsert", primary_key = ["id"] }\n`;
const VERSIONS = `[gateway.versions.resources]\n${OTHERS}users = { disposition = "merge", strategy = "scd2", validity_column_names = ["since", "until"] }\n`;

/** The users that a gateway has now, each as what the tables must come to. */
const usersOf = ({ profile }) => {
  const { total, record } = dataOf(profile).users;
  return Array.from({ length: total }, (_, n) => flat(JSON.parse(record(n))));
};
const flat = ({ id, username, version, modifiedDate, notes, publicKeys, permissions, allowedIps }) => ({
  id,
  username,
  version,
  modified: Date.parse(modifiedDate),
  notes,
  keys: publicKeys.map((key) => `${key.id} ${key.value}`),
  permissions: permissions.map(({ folderId }) => folderId),
  allowed: allowedIps,
});

/** The same of a lake's rows; `more` is what is taken of a row of the root table beside. */
async function stored(lake, dataset, more) {
  const [users, keys, permissions, allowed] = await Promise.all(['users', 'users__public_keys', 'users__permissions', 'users__allowed_ips'].map((table) => lake.rows(dataset, table)));
  const below = (rows, value) => {
    const lists = Map.groupBy([...rows].sort((a, b) => a._dlt_list_idx - b._dlt_list_idx), (row) => row._dlt_parent_id);
    return ({ _dlt_id: id }) => (lists.get(id) ?? []).map(value);
  };
  const [keysOf, permissionsOf, allowedOf] = [below(keys, (key) => `${key.id} ${key.value}`), below(permissions, (one) => one.folder_id), below(allowed, (one) => one.value)];
  const parents = new Set(users.map((row) => row._dlt_id));
  for (const row of [...keys, ...permissions, ...allowed]) assert.ok(parents.has(row._dlt_parent_id), 'a row without its parent');
  return users.map((row) => ({
    id: row.id,
    username: row.username,
    version: row.version,
    modified: Date.parse(row.modified_date),
    notes: row.notes,
    keys: keysOf(row),
    permissions: permissionsOf(row),
    allowed: allowedOf(row),
    ...more(row),
  }));
}

const inOrder = (users) => users.sort((a, b) => a.id - b.id || (a.since ?? 0) - (b.since ?? 0));

test('ten loads merged by key and ten with versions leave the rows that the gateway had, all of them and no others', async () => {
  const lake = await world({ merged: { ...COUNTED, toml: MERGED }, versions: { ...COUNTED, toml: VERSIONS } });
  try {
    const begun = Math.floor(Date.now() / HOUR) * HOUR - LOADS * HOUR;
    const byId = new Map();
    /** Every version that there ever was; the one that is valid has no end. */
    const versions = [];
    const valid = new Map();
    for (let load = 0; load < LOADS; load += 1) {
      const time = begun + load * HOUR;
      for (const gateway of Object.values(lake.gateways)) gateway.set({ revision: load });
      for (const dataset of ['merged', 'versions']) {
        const { record } = await lake.run(dataset, time);
        assert.equal(record.outcome, 'published', JSON.stringify(record));
      }
      const now = usersOf(lake.gateways.versions);
      // A load of all users retires those that are gone, and a merge by key keeps them as they were.
      const ids = new Set(now.map(({ id }) => id));
      for (const [id, version] of valid) {
        if (ids.has(id)) continue;
        version.until = time;
        valid.delete(id);
      }
      for (const user of now) {
        byId.set(user.id, user);
        const before = valid.get(user.id);
        if (before?.version === user.version) continue;
        if (before) before.until = time;
        const version = { ...user, since: time, until: null };
        valid.set(user.id, version);
        versions.push(version);
      }
    }
    assert.equal(versions.length - valid.size, (LOADS - 1) * (COUNTED.edited + COUNTED.removed), 'retired versions');
    assert.equal(valid.size, COUNTED.users + (LOADS - 1) * (COUNTED.added - COUNTED.removed));
    const times = (row) => ({ since: Date.parse(row.since), until: row.until === null ? null : Date.parse(row.until) });
    assert.deepEqual(inOrder(await stored(lake, 'versions', times)), inOrder(versions));
    assert.deepEqual(inOrder(await stored(lake, 'merged', () => ({}))), inOrder([...byId.values()]));
    // The same again is nothing new.
    const { record } = await lake.run('versions', begun + LOADS * HOUR);
    assert.equal(record.outcome, 'unchanged');
  } finally {
    await lake.close();
  }
});
