import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import https from 'node:https';
import { test } from 'node:test';
import { askForToken, get, getJson, logIn } from './plain-client.mjs';
import { SECRET_MARKER, startGateway } from './server.mjs';

const V3 = '/backend/3.0.0';

/** A test with a gateway of its own, closed whatever happens. */
function on(name, switches, check) {
  test(name, async () => {
    const gateway = await startGateway({ users: 45, ...switches });
    try {
      await check(gateway);
    } finally {
      await gateway.close();
    }
  });
}

// Login and tokens

on('login: form and client pair at /backend/login', {}, async (gateway) => {
  const response = await askForToken(gateway);
  assert.equal(response.status, 200);
  const { access_token, token_type, expires_in, scope, refresh_token } = await response.json();
  assert.deepEqual([token_type, expires_in, scope, refresh_token], ['bearer', 3600, 'read', undefined]);
  assert.equal((await get(gateway, `${V3}/users`, { token: access_token })).status, 200);
  assert.equal((await askForToken(gateway, { path: '/backend/oauth/token' })).status, 404);
  assert.equal(gateway.counts.logins, 1);
});

on('login: at /backend/oauth/token only', { auth: 'oauth-token' }, async (gateway) => {
  assert.equal((await askForToken(gateway, { path: '/backend/login' })).status, 404);
  assert.equal((await get(gateway, `${V3}/users`, { token: await logIn(gateway) })).status, 200);
});

on('login: v2 has the token in a header only, and refuses with an empty 403', { api: 'v2' }, async (gateway) => {
  const response = await askForToken(gateway);
  assert.match(response.headers.get('authorization'), /^Bearer \S+$/);
  assert.equal(await response.text(), '');
  const wrong = await askForToken(gateway, { fields: { password: 'guess' } });
  assert.deepEqual([wrong.status, await wrong.text()], [403, '']);
  const form = await fetch(`${gateway.url}/backend/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: 'x' }),
  });
  assert.equal(form.status, 415);
});

for (const [errors, wrongPassword, wrongClient, noToken] of [
  ['spring-legacy', [400, 'invalid_grant'], [401, 'invalid_client'], [401, 'unauthorized']],
  ['empty-401', [401, undefined], [401, undefined], [401, undefined]],
  ['boot', [401, 'Unauthorized'], [401, 'Unauthorized'], [401, 'Unauthorized']],
]) {
  on(`errors ${errors}: refused logins and tokens`, { errors }, async (gateway) => {
    const shape = async (response) => [response.status, JSON.parse((await response.text()) || '{}').error];
    assert.deepEqual(await shape(await askForToken(gateway, { fields: { password: 'guess' } })), wrongPassword);
    assert.deepEqual(await shape(await askForToken(gateway, { client: 'some:one' })), wrongClient);
    const bare = await fetch(`${gateway.url}${V3}/users`);
    if (errors !== 'boot') assert.match(bare.headers.get('www-authenticate'), /^Bearer /);
    assert.deepEqual(await shape(bare), noToken);
    assert.equal((await get(gateway, `${V3}/users`, { token: 'made-up' })).status, 401);
    assert.equal((await get(gateway, `${V3}/nothing`)).status, 404);
    assert.equal(gateway.counts.refusedLogins, 2);
    assert.equal(gateway.counts.unauthorized, 2);
  });
}

on('spring-legacy repeats a refused token in its message', {}, async (gateway) => {
  const { error, error_description } = await getJson(gateway, `${V3}/users`, { token: 'leaked-token' });
  assert.equal(error, 'invalid_token');
  assert.match(error_description, /leaked-token/);
});

on('token jwt: three parts, readable claims, and it works', { token: 'jwt' }, async (gateway) => {
  const token = await logIn(gateway);
  const [head, claims, signature] = token.split('.');
  assert.equal(JSON.parse(Buffer.from(head, 'base64url')).alg, 'HS256');
  assert.equal(JSON.parse(Buffer.from(claims, 'base64url')).sub, 'webadmin');
  assert.match(signature, new RegExp(SECRET_MARKER));
  assert.equal((await get(gateway, `${V3}/users`, { token })).status, 200);
});

on('expiresIn: a token ends when it said', { expiresIn: 2 }, async (gateway) => {
  const token = await logIn(gateway);
  assert.equal((await get(gateway, `${V3}/folders`, { token })).status, 200);
  await new Promise((done) => setTimeout(done, 2050));
  assert.equal((await get(gateway, `${V3}/folders`, { token })).status, 401);
});

on('expiresIn none: not stated', { expiresIn: null }, async (gateway) => {
  assert.ok(!('expires_in' in (await (await askForToken(gateway)).json())));
});

on('refreshToken: works once', { refreshToken: true }, async (gateway) => {
  const { refresh_token } = await (await askForToken(gateway)).json();
  const refresh = () => askForToken(gateway, { fields: { grant_type: 'refresh_token', refresh_token } });
  const { access_token } = await (await refresh()).json();
  assert.equal((await get(gateway, `${V3}/users`, { token: access_token })).status, 200);
  assert.equal((await refresh()).status, 400);
  assert.deepEqual([gateway.counts.logins, gateway.counts.refreshes], [1, 1]);
});

on('reuseToken: a second login gets the same token', { reuseToken: true }, async (gateway) => {
  assert.equal(await logIn(gateway), await logIn(gateway));
});

on('tokens differ from login to login otherwise', {}, async (gateway) => {
  assert.notEqual(await logIn(gateway), await logIn(gateway));
});

// Resources

on('v3: every resource', { connections: 4 }, async (gateway) => {
  const token = await logIn(gateway);
  const read = async (path) => {
    const response = await get(gateway, path, { token });
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'application/json']);
    return response.json();
  };
  assert.equal((await read(`${V3}/users`)).length, 45);
  assert.equal((await read(`${V3}/folders`)).length, 10 + 40 + 1 + 5);
  assert.equal((await read(`${V3}/cloudconnections`)).length, 4);
  assert.equal((await read('/backend/diagnostics')).productVersion, '3.7.4');
  const backup = await read(`${V3}/backup`);
  assert.deepEqual([backup.users.length, backup.folders.length, backup.hostKeys.length], [45, 56, 2]);
  assert.match(backup.hostKeys[0].privateKey, /-----BEGIN OPENSSH PRIVATE KEY-----/);
});

on('v3: one user by name, percent-encoded', {}, async (gateway) => {
  const token = await logIn(gateway);
  const users = await getJson(gateway, `${V3}/users`, { token });
  for (const user of users) {
    assert.deepEqual(await getJson(gateway, `${V3}/users/${encodeURIComponent(user.username)}`, { token }), user);
  }
  for (const name of ['nobody', '%ff', '%'])
    assert.equal((await get(gateway, `${V3}/users/${name}`, { token })).status, 404);
});

on('v3 answers nothing under v2 paths or a doubled base, and only GET', {}, async (gateway) => {
  const token = await logIn(gateway);
  for (const path of ['/backend/api/users', `${V3}/backend/3.0.0/users`])
    assert.equal((await get(gateway, path, { token })).status, 404);
  const response = await get(gateway, `${V3}/users`, { token, method: 'DELETE' });
  assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET']);
});

on('v2: users are strings, searchable; encryption levels', { api: 'v2' }, async (gateway) => {
  const token = await logIn(gateway);
  const { users, ...rest } = await getJson(gateway, '/backend/api/users', { token });
  assert.deepEqual([users.length, rest], [45, {}]);
  for (const value of users.flatMap(Object.values)) assert.equal(typeof value, 'string');
  assert.ok(users.every(({ downloadDir }) => ['TRUE', 'FALSE'].includes(downloadDir)));
  const found = (await getJson(gateway, `/backend/api/users?search=${encodeURIComponent('@')}`, { token })).users;
  assert.deepEqual(
    found,
    users.filter(({ username }) => username.includes('@')),
  );
  assert.ok(found.length > 0);
  assert.deepEqual(
    (await getJson(gateway, '/backend/api/s3encryption', { token })).s3encryption.map(({ level }) => level).slice(0, 2),
    ['1', '4'],
  );
  assert.deepEqual(await getJson(gateway, `${V3}/users`, { token }), { message: 'Not Found' });
});

on('v2 on Azure knows no encryption level', { api: 'v2', cloud: 'azure' }, async (gateway) => {
  const { users } = await getJson(gateway, '/backend/api/users');
  assert.ok(users.every((user) => !('s3EncryptionLevel' in user)));
});

on('paths outside /backend/ are the web UI', {}, async (gateway) => {
  const response = await fetch(`${gateway.url}/users`);
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/html;charset=UTF-8']);
});

// Envelopes

const RECORDS = {
  users: (body) => body.users,
  embedded: (body) => body._embedded.users,
  unknown: (body) => body.result.rows.list,
};
for (const [envelope, records] of Object.entries(RECORDS)) {
  on(`envelope ${envelope}: the records of the bare array`, { envelope }, async (gateway) => {
    const wrapped = await getJson(gateway, `${V3}/users`);
    gateway.set({ envelope: 'array' });
    assert.deepEqual(records(wrapped), await getJson(gateway, `${V3}/users`));
  });
}

const PAGE_FACTS = {
  page: ({ number, size, totalElements, totalPages }) => ({ number, size, totalElements, totalPages }),
  'page-new': ({ page }) => page,
};
for (const [envelope, facts] of Object.entries(PAGE_FACTS)) {
  on(
    `envelope ${envelope}: all records once, page by page`,
    { envelope, pageSize: 20, maxPageSize: 30 },
    async (gateway) => {
      const token = await logIn(gateway);
      const page = (query) => getJson(gateway, `${V3}/users${query}`, { token });
      assert.deepEqual(facts(await page('')), { number: 0, size: 20, totalElements: 45, totalPages: 3 });
      assert.deepEqual(facts(await page('?size=1000')), { number: 0, size: 30, totalElements: 45, totalPages: 2 });
      const pages = await Promise.all([0, 1, 2, 3].map((number) => page(`?page=${number}&size=20`)));
      assert.deepEqual(
        pages.map(({ content }) => content.length),
        [20, 20, 5, 0],
      );
      if (envelope === 'page')
        assert.deepEqual(
          pages.map(({ last }) => last),
          [false, false, true, true],
        );
      gateway.set({ envelope: 'array' });
      assert.deepEqual(
        pages.flatMap(({ content }) => content),
        await getJson(gateway, `${V3}/users`, { token }),
      );
      assert.deepEqual(gateway.requests.find(({ query }) => query.page === '2').query, { page: '2', size: '20' });
    },
  );
}

on('envelope page-ignored: the first page for ever', { envelope: 'page-ignored' }, async (gateway) => {
  const token = await logIn(gateway);
  const [first, second] = [
    await getJson(gateway, `${V3}/users`, { token }),
    await getJson(gateway, `${V3}/users?page=1`, { token }),
  ];
  assert.deepEqual(second, first);
  assert.deepEqual([first.number, first.last, first.content.length], [0, false, 20]);
});

on('a page beyond an empty list is empty and last', { envelope: 'page', users: 0 }, async (gateway) => {
  const { content, last, totalElements, totalPages, empty } = await getJson(gateway, `${V3}/users`);
  assert.deepEqual([content, last, totalElements, totalPages, empty], [[], true, 0, 0, true]);
});

on(
  'extraTotal and totalHeader: states more than comes',
  { envelope: 'page', pageSize: 100, extraTotal: 3, totalHeader: true },
  async (gateway) => {
    const response = await get(gateway, `${V3}/users`);
    assert.equal(response.headers.get('x-total-count'), '48');
    const { content, totalElements, last } = await response.json();
    assert.deepEqual([content.length, totalElements, last], [45, 48, true]);
  },
);

on('order shuffled: another order each time, the same records', { order: 'shuffled' }, async (gateway) => {
  const token = await logIn(gateway);
  const ids = async () => (await getJson(gateway, `${V3}/users`, { token })).map(({ id }) => id);
  const [first, second] = [await ids(), await ids()];
  assert.notDeepEqual(first, second);
  const sorted = Array.from({ length: 45 }, (_, n) => n + 1);
  for (const order of [first, second])
    assert.deepEqual(
      order.sort((a, b) => a - b),
      sorted,
    );
});

// Spelling

on('case snake: every field of every resource', { case: 'snake', secrets: 'echoed', revision: 1 }, async (gateway) => {
  const token = await logIn(gateway);
  for (const path of [
    `${V3}/users`,
    `${V3}/folders`,
    `${V3}/cloudconnections`,
    '/backend/diagnostics',
    `${V3}/backup`,
  ]) {
    const names = [];
    JSON.parse(await (await get(gateway, path, { token })).text(), (name, value) => (names.push(name), value));
    assert.deepEqual(
      names.filter((name) => /[A-Z]/.test(name)),
      [],
      path,
    );
  }
  const [user] = (await getJson(gateway, `${V3}/users`, { token })).slice(1);
  assert.ok(user.home_folder.cloud_connection_inherited_id > 0 && user.public_keys[0].created_date);
});

on('home id: only the id', { home: 'id' }, async (gateway) => {
  const [admin, user] = await getJson(gateway, `${V3}/users`);
  assert.deepEqual([admin.homeFolderId, typeof user.homeFolderId, 'homeFolder' in user], [null, 'number', false]);
});

on('secrets: omitted, or echoed under the names that hold them', {}, async (gateway) => {
  const token = await logIn(gateway);
  const text = async (path) => (await get(gateway, `${V3}${path}`, { token })).text();
  for (const path of ['/users', '/cloudconnections']) assert.ok(!(await text(path)).includes(SECRET_MARKER), path);
  gateway.set({ secrets: 'echoed' });
  const connections = JSON.parse(await text('/cloudconnections'));
  const holders = connections.flatMap((connection) =>
    Object.keys(connection).filter((name) => String(connection[name]).includes(SECRET_MARKER)),
  );
  assert.deepEqual(holders, ['accessKey', 'secretKey', 'connectionString', 'serviceAccountKey']);
  assert.ok(JSON.parse(await text('/users')).some((user) => user.password?.includes(SECRET_MARKER)));
});

on('extraFields: names and values that no document knows', { extraFields: true }, async (gateway) => {
  const text = await (await get(gateway, `${V3}/users`)).text();
  assert.match(text, /"bigCounter":9007199254740993[,}]/);
  const [user] = JSON.parse(text);
  assert.deepEqual(user.featureFlags.limits, { maxSessions: 0, ratio: 0.25 });
  assert.ok('x-tenant Ref' in user && 'Labels' in user && 'labels' in user);
});

const INSTANT = {
  'iso-z': (value) => (assert.match(value, /T.*\.\d{3}Z$/), Date.parse(value)),
  'iso-offset': (value) => (assert.match(value, /\+02:00$/), Date.parse(value)),
  'iso-naive': (value) => (assert.match(value, /\.\d{3}$/), Date.parse(`${value}Z`)),
  'epoch-s': (value) => value * 1000,
  'epoch-ms': (value) => value,
  'jackson-array': ([y, month, d, h, m, s = 0, ns = 0]) => Date.UTC(y, month - 1, d, h, m, s, ns / 1e6),
};
for (const [timestamps, read] of Object.entries(INSTANT)) {
  on(`timestamps ${timestamps}: the same instants`, {}, async (gateway) => {
    const instants = async () =>
      (await getJson(gateway, `${V3}/users`)).flatMap((user) => [
        user.modifiedDate,
        ...user.publicKeys.map((key) => key.createdDate),
      ]);
    const plain = (await instants()).map((value) => Date.parse(value));
    gateway.set({ timestamps });
    const exact = timestamps === 'epoch-s' ? plain.map((ms) => Math.floor(ms / 1000) * 1000) : plain;
    assert.deepEqual((await instants()).map(read), exact);
  });
}

// Around it

on('cors: pages of no origin, of one, of any', {}, async (gateway) => {
  const ask = async (origin, method = 'OPTIONS') => {
    const { status, headers } = await fetch(`${gateway.url}${V3}/users`, { method, headers: { origin } });
    return [status, headers.get('access-control-allow-origin')];
  };
  const [page, other] = ['https://page.example', 'https://other.example'];
  assert.deepEqual(await ask(page), [403, null]);
  gateway.set({ cors: page });
  assert.deepEqual(await ask(page), [204, page]);
  assert.deepEqual(await ask(page, 'GET'), [401, page]);
  assert.deepEqual(await ask(other), [403, null]);
  assert.deepEqual(await ask(other, 'GET'), [401, null]);
  gateway.set({ cors: '*' });
  assert.deepEqual(await ask(other), [204, '*']);
  gateway.set({ cors: 'none' });
  assert.deepEqual(await ask(page), [403, null]);
});

on('the journal never holds a secret', { secrets: 'echoed', refreshToken: true }, async (gateway) => {
  await get(gateway, `${V3}/users?size=3&access_token=${SECRET_MARKER}`);
  await askForToken(gateway, { fields: { password: 'guess' } });
  const control = await (await fetch(`${gateway.url}/__emulator`)).text();
  for (const text of [JSON.stringify(gateway.requests), control]) assert.ok(!text.includes(SECRET_MARKER));
  assert.deepEqual(
    gateway.requests.map(({ path, status }) => [path, status]),
    [
      ['/backend/login', 200],
      [`${V3}/users`, 200],
      ['/backend/login', 400],
    ],
  );
});

on('control route: revision, profile and faults at run time', {}, async (gateway) => {
  const post = (body, type = 'application/json') =>
    fetch(`${gateway.url}/__emulator`, { method: 'POST', headers: { 'content-type': type }, body });
  const changed = await (await post('{"revision":2,"fault":{"kind":"502-html","on":"/users","times":1}}')).json();
  assert.deepEqual([changed.profile.revision, changed.faults], [2, [{ kind: '502-html', on: '/users', left: 1 }]]);
  const token = await logIn(gateway);
  assert.equal((await get(gateway, `${V3}/users`, { token })).status, 502);
  assert.ok('department' in (await getJson(gateway, `${V3}/users`, { token }))[0]);
  for (const [body, message] of [
    ['{"revison":1}', /did you mean "revision"/],
    ['{"port":1}', /cannot change while the server runs/],
    ['{"users":3,"faults":[{"kind":"nope"}]}', /unknown fault "nope"/],
    ['{', /JSON/],
    ['[1]', /unknown switch "0"/],
    ['null', /JSON object/],
  ]) {
    const refused = await post(body);
    assert.equal(refused.status, 400, body);
    assert.match((await refused.json()).message, message);
  }
  assert.equal(gateway.profile.users, 45, 'a refused change changes nothing');
  assert.equal((await post('{"revision":1}', 'text/plain')).status, 415);
});

test('switches are checked, with the nearest right name', async () => {
  for (const [switches, message] of [
    [{ usrs: 1 }, /unknown switch "usrs"; did you mean "users"\?/],
    [{ envelope: 'pagenew' }, /unknown value "pagenew"; did you mean "page-new"\?/],
    [{ users: 1_000_001 }, /users: 1000001 is not a whole number from 0 to 1000000/],
    [{ users: -1 }, /users: -1 is not/],
    [{ cors: 'maybe' }, /cors: "maybe" is not an origin like/],
    [{ api: 'v2', envelope: 'page' }, /API v2 knows only "users"/],
    [{ faults: [{ kind: '502html' }] }, /unknown fault "502html"; did you mean "502-html"\?/],
    [{ faults: [{ kind: '500', tims: 2 }] }, /unknown option "tims"; did you mean "times"\?/],
    [{ faults: [{ kind: 'shrink', records: 'few' }] }, /records must be a whole number/],
    [{ faults: [{ kind: '500', on: '~(' }] }, /is not a regular expression/],
  ]) {
    await assert.rejects(startGateway(switches), { message });
  }
});

on('a port that is taken is refused, and nothing stays behind', {}, async (gateway) => {
  const port = Number(new URL(gateway.url).port);
  await assert.rejects(startGateway({ port }), { code: 'EADDRINUSE' });
  const server = new URL('./server.mjs', import.meta.url);
  const script = `import { startGateway } from '${server}'; startGateway({ port: ${port} }).catch(() => console.log('refused'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stuck = setTimeout(() => child.kill(), 10_000);
  const [code] = await once(child, 'exit');
  clearTimeout(stuck);
  assert.equal(code, 0, 'an open socket would keep the process alive');
});

on('tls: HTTPS with a certificate that nobody knows, and that fits when known', { tls: true }, async (gateway) => {
  const ask = (options) =>
    new Promise((done) =>
      https
        .get(`${gateway.url}/`, { agent: false, ...options }, (res) => done(res.statusCode))
        .on('error', (error) => done(error.code)),
    );
  assert.match(gateway.url, /^https:/);
  assert.equal(await ask({}), 'DEPTH_ZERO_SELF_SIGNED_CERT');
  assert.equal(await ask({ ca: gateway.certificate }), 200);
});
