// The table `access_review` that a run publishes, held against the emulated gateway's own data.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { world as data } from '../gateway/data/index.mjs';
import { world } from './support.mjs';

const parsed = ({ total, record }) => Array.from({ length: total }, (_, n) => JSON.parse(record(n)));

/** Type, bits and fingerprint of an OpenSSH key. */
function facts(text) {
  const blob = Buffer.from(text.split(' ')[1], 'base64');
  const parts = [];
  for (let at = 0; at < blob.length; at += 4 + parts.at(-1).length) parts.push(blob.subarray(at + 4, at + 4 + blob.readUInt32BE(at)));
  const type = parts[0].toString();
  return {
    key_type: type,
    key_bits: type === 'ssh-rsa' ? BigInt(`0x${parts[2].toString('hex')}`).toString(2).length : 256,
    key_fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  };
}

const NOBODY = {
  user_type: null, enabled: null, uses_password: null, home_folder: null, folder: null, permission: null, cloud_connection: null,
  allowed_ips: null, key_name: null, key_type: null, key_bits: null, key_fingerprint: null, key_created: null, disabled_keys: null,
  last_login: null, user_expires: null, key_expires: null, findings: null,
};

/** What the review must say of these users, in the words of API 3.x: a row for each of a user's folders with each enabled key. */
function expected({ users, folders, connections }) {
  const folder = new Map(parsed(folders).map((one) => [one.id, one]));
  const connection = new Map(parsed(connections).map((one) => [one.id, one.name]));
  const all = parsed(users);
  const owners = new Map();
  for (const user of all) {
    for (const key of user.publicKeys.filter((one) => one.enabled)) {
      const { key_fingerprint: print } = facts(key.value);
      owners.set(print, (owners.get(print) ?? new Set()).add(user.id));
    }
  }
  return all.flatMap((user) => {
    const home = user.homeFolder;
    const keys = user.publicKeys.filter((key) => key.enabled);
    const about = {
      ...NOBODY,
      user: user.username,
      user_type: user.userType,
      enabled: user.enabled,
      uses_password: user.usesPassword,
      home_folder: home?.absolutePath ?? null,
      allowed_ips: user.allowedIps.sort().join(', ') || null,
      disabled_keys: user.publicKeys.length - keys.length,
      not_provided: 'last_login, user_expires, key_expires',
    };
    const said = [];
    if (user.enabled && !keys.length && !user.usesPassword) said.push('no_credential');
    if (!user.enabled && keys.length) said.push('disabled_with_keys');
    const places = user.permissions.map((one) => ({
      folder: folder.get(one.folderId).absolutePath,
      permission: one.permission,
      cloud_connection: connection.get(folder.get(one.folderId).cloudConnectionInheritedId),
    }));
    return (places.length ? places : [{}]).flatMap((place) =>
      (keys.length ? keys : [undefined]).map((key) => {
        if (!key) return { ...about, ...place, findings: said.join(', ') || null };
        const own = facts(key.value);
        const found = [];
        if (own.key_type === 'ssh-rsa' && own.key_bits < 2048) found.push('weak_key');
        if (owners.get(own.key_fingerprint).size > 1) found.push('shared_key');
        const created = key.createdDate.replace(/Z$/, '000Z');
        return { ...about, ...place, ...own, key_name: key.name, key_created: created, findings: [...found, ...said].join(', ') || null };
      }),
    );
  });
}

const sorted = (rows) => rows.map((row) => JSON.stringify(Object.entries(row).filter(([name]) => !name.startsWith('_dlt_')).sort())).sort();

test('sixty users of API 3.x, in either spelling, through a revision', async () => {
  for (const switches of [{}, { case: 'snake', home: 'id', envelope: 'page' }]) {
    const lake = await world({ sftp: { users: 60, seed: 2, toml: 'access_review = true', ...switches } });
    try {
      for (const revision of [0, 3]) {
        lake.gateways.sftp.set({ revision });
        const { record } = await lake.run('sftp');
        assert.equal(record.outcome, 'published', JSON.stringify(record));
        const profile = { ...lake.gateways.sftp.profile, case: 'camel', home: 'nested' };
        const rows = expected(data(profile));
        // The data has what the review looks for.
        for (const code of ['weak_key', 'shared_key', 'no_credential', 'disabled_with_keys']) {
          assert.ok(rows.some((row) => row.findings?.includes(code)), code);
        }
        assert.deepEqual(sorted(await lake.rows('sftp', 'access_review')), sorted(rows));
      }
      assert.equal((await lake.run('sftp')).record.outcome, 'unchanged');
    } finally {
      await lake.close();
    }
  }
});

test('API 2.x tells less: what it does not provide is named', async () => {
  const section = ({ url, credentials: { username, password } }) => ({
    toml: `[gateway.sftp]\nbase_url = "${url}"\nusername = "${username}"\npassword_secret = "P"\naccess_review = true\n`,
    secrets: { P: password },
  });
  const lake = await world({ sftp: { api: 'v2', users: 60, section } });
  try {
    assert.equal((await lake.run('sftp')).record.outcome, 'published');
    const users = parsed(data(lake.gateways.sftp.profile).users);
    const prints = users.map((user) => user.pubSsh && facts(user.pubSsh).key_fingerprint);
    const rows = users.map((user, at) => {
      const key = user.pubSsh ? facts(user.pubSsh) : {};
      const found = [];
      if (key.key_type === 'ssh-rsa' && key.key_bits < 2048) found.push('weak_key');
      if (prints[at] && prints.filter((print) => print === prints[at]).length > 1) found.push('shared_key');
      if (!prints[at]) found.push('no_key');
      return {
        ...NOBODY, ...key, user: user.username, home_folder: user.path, folder: user.path, cloud_connection: user.bucketName, findings: found.join(', ') || null,
        not_provided: 'user_type, enabled, uses_password, permission, allowed_ips, key_name, key_created, disabled_keys, last_login, user_expires, key_expires',
      };
    });
    assert.ok(rows.some((row) => row.findings === 'no_key') && rows.some((row) => row.findings?.includes('shared_key')));
    assert.deepEqual(sorted(await lake.rows('sftp', 'access_review')), sorted(rows));
  } finally {
    await lake.close();
  }
});
