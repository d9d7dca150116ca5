// Every way in which a gateway may answer, end to end: what is published is what the gateway holds.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { world as data } from '../gateway/data/index.mjs';
import { TIMESTAMPS } from '../gateway/data/dialect.mjs';
import { world } from './support.mjs';

const V2 = (lines = '') => ({ api: 'v2', section: (gateway) => v2(gateway, lines) });
const v2 = ({ url, credentials: { username, password } }, lines) => ({
  toml: `[gateway.v2]\nbase_url = "${url}"\nusername = "${username}"\npassword_secret = "V2_PASSWORD"\n${lines}`,
  secrets: { V2_PASSWORD: password },
});
/** Each is pulled twice; the second time nothing has changed. */
const GOOD = {
  array: {},
  users: { envelope: 'users' },
  embedded: { envelope: 'embedded' },
  page: { envelope: 'page', pageSize: 7 },
  page_new: { envelope: 'page-new', pageSize: 7 },
  page_asked: { envelope: 'page', toml: '[gateway.page_asked.resources]\nusers = { page_size = 16 }' },
  page_new_asked: { envelope: 'page-new', toml: '[gateway.page_new_asked.resources]\nusers = { page_size = 40 }' },
  page_of_all: { envelope: 'page', pageSize: 1000 },
  unasked_size: { toml: '[gateway.unasked_size.resources]\nusers = { page_size = 7 }' },
  total_header: { totalHeader: true },
  oauth: { auth: 'oauth-token' },
  oauth_named: { auth: 'oauth-token', toml: 'auth = "oauth-token"' },
  login_named: { toml: 'auth = "login"\napi = "3"' },
  jwt: { token: 'jwt' },
  endless: { expiresIn: 'none' },
  refresh: { refreshToken: true, reuseToken: true },
  short_lived: { expiresIn: 1 },
  errors_boot: { errors: 'boot' },
  errors_empty: { errors: 'empty-401' },
  snake: { case: 'snake' },
  home_id: { home: 'id' },
  echoed: { secrets: 'echoed' },
  extra: { extraFields: true },
  shuffled: { order: 'shuffled' },
  cors: { cors: '*' },
  empty: { users: 0 },
  one: { users: 1 },
  backup: { toml: '[gateway.backup.resources]\nbackup = true' },
  ...Object.fromEntries(Object.keys(TIMESTAMPS).map((kind) => [`time_${kind.replaceAll('-', '_')}`, { timestamps: kind }])),
};
/** Gateways whose answers must not be published, and the code that says why. */
const BAD = {
  ignored: [{ envelope: 'page-ignored', pageSize: 7 }, 'page_ignored'],
  unknown: [{ envelope: 'unknown' }, 'unknown_shape'],
  fewer: [{ envelope: 'page', pageSize: 7, extraTotal: 3 }, 'incomplete'],
  fewer_header: [{ totalHeader: true, extraTotal: 3 }, 'incomplete'],
};

let lake;
before(async () => {
  const bad = Object.fromEntries(Object.entries(BAD).map(([name, [switches]]) => [name, switches]));
  lake = await world({ ...GOOD, ...bad, v2: V2() });
});
after(() => lake?.close());

const field = (record, ...names) => names.map((name) => record[name]).find((value) => value !== undefined);

/** What the emulated gateway holds: user names, and how many keys and permissions they have together. */
function held(gateway) {
  const { users } = data(gateway.profile);
  const all = Array.from({ length: users.total }, (_, n) => JSON.parse(users.record(n)));
  const sum = (...names) => all.reduce((total, user) => total + (field(user, ...names)?.length ?? 0), 0);
  return {
    names: all.map((user) => user.username).sort(),
    keys: sum('publicKeys', 'public_keys'),
    permissions: sum('permissions'),
  };
}

for (const name of [...Object.keys(GOOD), 'v2']) {
  test(`${name}: all that the gateway holds, and nothing again when nothing changed`, async () => {
    const first = await lake.run(name);
    assert.equal(first.record.outcome, 'published', JSON.stringify(first.record));
    assert.equal(first.status, 200);
    const { names, keys, permissions } = held(lake.gateways[name]);
    const table = (wanted) => first.record.tables.find((one) => one.name === wanted)?.rows ?? 0;
    assert.equal(table('users'), names.length);
    if (names.length) assert.deepEqual((await lake.rows(name, 'users')).map((user) => user.username).sort(), names);
    if (name !== 'v2') {
      assert.equal(table('users__public_keys'), keys);
      assert.equal(table('users__permissions'), permissions);
    }

    const objects = new Set(await lake.keys());
    const log = (table) => [...objects].some((key) => key.endsWith(`/${name}/data/${table}/_delta_log/00000000000000000000.json`));
    assert.deepEqual(first.record.tables.map((one) => one.name).filter((table) => !log(table)), [], 'every table has a Delta log');
    assert.deepEqual(first.record.warnings.filter((warning) => /^(delta|derived)_/.test(warning.code)), []);
    const second = await lake.run(name);
    assert.equal(second.record.outcome, 'unchanged', JSON.stringify(second.record));
    const { get, head, put, list } = second.record.operations;
    assert.ok(get + head + put + list <= 4, JSON.stringify(second.record.operations));
    const fresh = (await lake.keys()).filter((key) => !objects.has(key));
    assert.deepEqual(fresh.map((key) => key.split('/')[2]), ['runs']);
    const { counts } = lake.gateways[name];
    if (name !== 'short_lived') assert.equal(counts.logins, 2, 'one login a run');
  });
}

for (const [name, [, code]] of Object.entries(BAD)) {
  test(`${name}: not published (${code})`, async () => {
    const { status, record } = await lake.run(name);
    assert.equal(status, 502);
    assert.equal(record.resources.find((one) => one.name === 'users').error?.code, code, JSON.stringify(record.resources));
    assert.equal(record.tables.find((one) => one.name === 'users'), undefined);
  });
}

test('secrets that a gateway echoes are told, not kept', async () => {
  const { record } = await lake.run('echoed');
  const { snapshot } = await lake.current('echoed');
  assert.ok(snapshot.warnings.some((warning) => warning.code === 'redacted'), JSON.stringify(snapshot.warnings));
  assert.equal(record.outcome, 'unchanged');
});

test('a static token needs no login', async () => {
  const gateway = lake.gateways.array;
  const { username, password, clientId, clientSecret } = gateway.credentials;
  const login = await fetch(`${gateway.url}/backend/login`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'password', username, password }),
  });
  const { access_token: token } = await login.json();
  const section = ({ url }) => ({ toml: `[gateway.still]\nbase_url = "${url}"\ntoken_secret = "STILL_TOKEN"\n`, secrets: { STILL_TOKEN: token } });
  const still = await world({ still: { section: () => section(gateway) } });
  try {
    const before = gateway.counts.logins;
    const { record } = await still.run('still');
    assert.equal(record.outcome, 'published', JSON.stringify(record));
    assert.equal(gateway.counts.logins, before);
  } finally {
    await still.close();
  }
});
