import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { world } from './data/index.mjs';
import { getRaw, logIn } from './plain-client.mjs';
import { parseSwitches, resolve } from './profile.mjs';
import { startGateway } from './server.mjs';

const QUICK = process.env.QUICK === '1';

const make = (switches = {}) => world(resolve(parseSwitches(switches)));
const texts = ({ total, record }) => Array.from({ length: total }, (_, n) => record(n));
const parsed = (list) => texts(list).map((text) => JSON.parse(text));
const usersOf = (switches) => parsed(make(switches).users);

/** The parts of an SSH blob: each four bytes of length and its bytes. */
function blobParts(blob) {
  const parts = [];
  for (let at = 0; at < blob.length; at += 4 + parts.at(-1).length)
    parts.push(blob.subarray(at + 4, at + 4 + blob.readUInt32BE(at)));
  return parts;
}

test('the same seed gives the same bytes, another seed others', () => {
  const all = (switches) => {
    const { users, folders, connections, diagnostics } = make(switches);
    return [...texts(users), ...texts(folders), ...texts(connections), diagnostics()].join('\n');
  };
  assert.equal(all({ users: 300, seed: 7 }), all({ users: 300, seed: 7 }));
  assert.notEqual(all({ users: 300, seed: 7 }), all({ users: 300, seed: 8 }));
});

test('a user does not depend on how many others there are', () => {
  assert.deepEqual(usersOf({ users: 1000 }).slice(0, 250), usersOf({ users: 250 }));
});

test('no users is an empty list, with the folders and connections in place', () => {
  const { users, folders, connections } = make({ users: 0, connections: 0 });
  assert.deepEqual([users.total, folders.total, connections.total], [0, 10, 0]);
  assert.equal(parsed(folders)[3].cloudConnectionInheritedId, null);
});

test('ids, names and key ids are unique, and a user is 700 to 1000 characters of JSON', () => {
  const { users } = make({ users: 5000 });
  const list = parsed(users);
  assert.equal(new Set(list.map((user) => user.id)).size, 5000);
  assert.equal(new Set(list.map((user) => user.username)).size, 5000);
  const keys = list.flatMap((user) => user.publicKeys.map((key) => key.id));
  assert.equal(new Set(keys).size, keys.length);
  const width = texts(users).join('').length / 5000;
  assert.ok(width > 700 && width < 1000, `${width} characters for each user`);
});

test('ten users show every trait that reports look for', () => {
  const users = usersOf({ users: 10, secrets: 'echoed' });
  const values = users.flatMap((user) => user.publicKeys.map((key) => key.value.split(' ')[1]));
  assert.ok(users.some((user) => user.publicKeys.length === 0));
  assert.ok(users.some((user) => user.publicKeys.length === 3));
  assert.ok(users.some((user) => !user.enabled));
  assert.ok(users.some((user) => user.userType === 'ADMIN' && user.homeFolder === null && user.usesPassword));
  assert.ok(users.some((user) => /[^\x00-\x7f]/.test(user.username)));
  assert.ok(users.some((user) => user.username.includes('@')));
  assert.ok(new Set(values).size < values.length, 'a key that two users share');
  assert.ok(users.some((user) => user.publicKeys.some((key) => !key.value.startsWith('ssh-ed25519'))));
});

test('public keys are well-formed, in five strengths', () => {
  const seen = new Set();
  for (const { value } of usersOf({ users: 2000 }).flatMap((user) => user.publicKeys)) {
    const [type, base64] = value.split(' ');
    const blob = Buffer.from(base64, 'base64');
    assert.equal(blob.toString('base64'), base64);
    const [name, ...parts] = blobParts(blob);
    assert.equal(name.toString(), type);
    if (type === 'ssh-rsa') {
      assert.deepEqual([...parts[0]], [1, 0, 1]);
      assert.equal(parts[1][0], 0);
      assert.ok(parts[1][1] >= 0x80 && parts[1].at(-1) % 2 === 1);
      seen.add(`${type} ${(parts[1].length - 1) * 8}`);
    } else if (type === 'ssh-ed25519') {
      assert.equal(parts[0].length, 32);
      seen.add(type);
    } else {
      assert.equal(parts[0].toString(), 'nistp256');
      assert.equal(parts[1].length, 65);
      assert.equal(parts[1][0], 4);
      seen.add(type);
    }
  }
  assert.deepEqual([...seen].sort(), [
    'ecdsa-sha2-nistp256',
    'ssh-ed25519',
    'ssh-rsa 1024',
    'ssh-rsa 2048',
    'ssh-rsa 4096',
  ]);
});

test(
  'ssh-keygen reads them all',
  { skip: spawnSync('ssh-keygen', ['-?']).error ? 'no ssh-keygen here' : false },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-keys-'));
    try {
      const keys = usersOf({ users: 400 }).flatMap((user) => user.publicKeys.map((key) => key.value));
      writeFileSync(join(folder, 'keys'), `${keys.join('\n')}\n`);
      const shown = execFileSync('ssh-keygen', ['-l', '-f', join(folder, 'keys')], { encoding: 'utf8' })
        .trim()
        .split('\n');
      assert.equal(shown.length, keys.length);
      assert.ok(shown.some((line) => line.startsWith('256 ') && line.endsWith('(ECDSA)')));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test('addresses are documentation addresses only', () => {
  const networks = usersOf({ users: 2000 }).flatMap((user) => user.allowedIps);
  assert.ok(networks.length > 500);
  for (const network of networks) assert.match(network, /^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}(\/28)?$/);
});

test('folders form one tree from root 0, without gaps, and every reference leads to one', () => {
  for (const users of [0, 1, 9, 10, 11, 25, 537]) {
    const world = make({ users, revision: 2 });
    const folders = parsed(world.folders);
    const byId = new Map(folders.map((folder) => [folder.id, folder]));
    assert.equal(byId.size, folders.length);
    for (const folder of folders) {
      if (folder.id === 0) assert.deepEqual([folder.parentId, folder.absolutePath], [null, '/']);
      else
        assert.equal(
          folder.absolutePath,
          `${byId.get(folder.parentId).absolutePath.replace(/\/$/, '')}/${folder.name}`,
        );
    }
    for (const user of parsed(world.users)) {
      if (user.homeFolder) assert.deepEqual(user.homeFolder, byId.get(user.homeFolder.id));
      for (const permission of user.permissions) {
        assert.equal(permission.userId, user.id);
        assert.ok(byId.has(permission.folderId));
      }
    }
  }
});

test('a revision disables, removes, edits and adds users, adds a key and a field, and leaves the rest alone', () => {
  for (const users of [10, 100, 1050]) {
    const before = new Map(usersOf({ users }).map((user) => [user.id, user]));
    const after = usersOf({ users, revision: 1 });
    const kept = after.filter((user) => before.has(user.id));
    assert.ok(after.length - kept.length >= 1, 'added');
    assert.ok(kept.length < users, 'removed');
    const is = (change) => kept.filter((user) => change(before.get(user.id), user)).length;
    assert.ok(is((a, b) => a.enabled && !b.enabled) >= 1, 'disabled');
    assert.ok(is((a, b) => b.publicKeys.length === a.publicKeys.length + 1) >= 1, 'a key more');
    assert.ok(is((a, b) => a.version + 1 === b.version && a.modifiedDate !== b.modifiedDate) >= 1, 'edited');
    assert.equal(
      is((a, b) => !('department' in a) && 'department' in b),
      kept.length,
      'a new field',
    );
    const same = is((a, { department, ...b }) => JSON.stringify(a) === JSON.stringify(b));
    assert.ok(same >= 0.5 * users, `${same} of ${users} unchanged`);
  }
});

test('a revision edits, adds and removes as many users as it is told to, and nothing else', () => {
  const switches = { users: 1000, edited: 60, added: 7, removed: 4 };
  let before = usersOf({ users: 1000 });
  const edits = new Map();
  for (let revision = 1; revision <= 12; revision += 1) {
    const after = usersOf({ ...switches, revision });
    const known = new Map(before.map((user) => [user.id, user]));
    const kept = after.filter((user) => known.has(user.id));
    assert.deepEqual([after.length - kept.length, before.length - kept.length], [7, 4]);
    const edited = kept.filter((user) => JSON.stringify(user) !== JSON.stringify(known.get(user.id)));
    assert.equal(edited.length, 60);
    for (const { id, version } of edited) {
      assert.equal(version, known.get(id).version + 1);
      edits.set(id, (edits.get(id) ?? 0) + 1);
    }
    assert.ok(edited.some((user) => user.publicKeys.length > known.get(user.id).publicKeys.length), 'a key more');
    const spread = edited.map((user) => Math.floor((user.id - 1) / 100));
    assert.equal(new Set(spread).size, 10, 'all over the list');
    before = after;
  }
  assert.equal(Math.max(...edits.values()), 1, 'others each time');
  const { users, userByName } = make({ ...switches, revision: 12 });
  for (const user of parsed(users)) assert.deepEqual(JSON.parse(userByName(user.username)), user);
  const all = usersOf({ users: 50, edited: 50, revision: 3 });
  assert.deepEqual(all.map(({ version }) => version), usersOf({ users: 50 }).map(({ version }) => version + 3));
  assert.deepEqual(usersOf({ users: 50, edited: 0, revision: 3 }), usersOf({ users: 50 }));
});

test('totals and the n-th user agree at any size and revision', () => {
  for (const [users, counted] of [0, 1, 2, 3, 99, 100, 101, 257].flatMap((users) => [[users, {}], [users, { edited: 3, added: 2, removed: 1 }]])) {
    for (const revision of [0, 1, 2, 30, 120]) {
      const list = usersOf({ users, revision, ...counted });
      const ids = list.map((user) => user.id);
      assert.equal(new Set(ids).size, list.length);
      assert.deepEqual(
        ids,
        [...ids].sort((a, b) => a - b),
      );
    }
  }
});

test('a user is found by name while present, and no other name finds one', () => {
  const { users, userByName } = make({ users: 200, revision: 1 });
  for (const user of parsed(users)) assert.equal(JSON.parse(userByName(user.username)).id, user.id);
  const present = new Set(parsed(users).map((user) => user.id));
  const removed = usersOf({ users: 200 }).filter((user) => !present.has(user.id));
  assert.ok(removed.length > 0);
  for (const { username } of removed) assert.equal(userByName(username), undefined);
  for (const name of ['', 'nobody', 'nobody1', '1', '99999999999']) assert.equal(userByName(name), undefined);
});

const MANY = QUICK ? 50_000 : 1_000_000;

test(`${MANY} users stream past in bounded memory`, async () => {
  const gateway = await startGateway({ users: MANY, home: 'id' });
  try {
    const token = await logIn(gateway);
    const mark = Buffer.from(',"userType":"');
    const start = process.memoryUsage().rss;
    let highest = start;
    let records = 0;
    let carried = Buffer.alloc(0);
    const { status, error, bytes } = await getRaw(gateway, '/backend/3.0.0/users', {
      token,
      idle: 30_000,
      onData: (chunk) => {
        // A mark that straddles two chunks is found in the seam; within the carried bytes alone it cannot fit.
        const seam = Buffer.concat([carried, chunk.subarray(0, mark.length - 1)]);
        for (let at = seam.indexOf(mark); at >= 0; at = seam.indexOf(mark, at + 1)) records += 1;
        for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + mark.length)) records += 1;
        carried = chunk.subarray(-(mark.length - 1));
        highest = Math.max(highest, process.memoryUsage.rss());
      },
    });
    assert.deepEqual([status, error], [200, undefined]);
    assert.equal(records, MANY);
    assert.ok(bytes > MANY * 500);
    const growth = (highest - start) / 2 ** 20;
    assert.ok(growth < 150, `memory grew by ${growth.toFixed(0)} MiB`);
  } finally {
    await gateway.close();
  }
});
