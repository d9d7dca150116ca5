import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS } from './fault-kinds.mjs';
import { askForToken, get, getJson, getRaw, logIn } from './plain-client.mjs';
import { SECRET_MARKER, startGateway } from './server.mjs';

const USERS = '/backend/3.0.0/users';
const tested = new Set();

/** A test of one kind of fault, armed with `options` on `/users`; the gateway is closed whatever happens. */
function fault(kind, options, check, switches = {}) {
  tested.add(kind);
  test(`${kind} ${JSON.stringify(options)}`, async () => {
    const gateway = await startGateway({ users: 30, ...switches, faults: [{ kind, on: '/users', ...options }] });
    try {
      await check(gateway, await logIn(gateway));
    } finally {
      await gateway.close();
    }
  });
}

/** The next request, after the fault, is answered in full. */
async function recovered(gateway, token) {
  const response = await get(gateway, USERS, { token });
  assert.equal(response.status, 200);
  assert.equal((await response.json()).length, 30);
}

fault('429-seconds', { times: 2, retryAfter: 3 }, async (gateway, token) => {
  for (let n = 0; n < 2; n += 1) {
    const response = await get(gateway, USERS, { token });
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '3']);
  }
  await recovered(gateway, token);
});

fault('429-date', { times: 1, retryAfter: 30 }, async (gateway, token) => {
  const response = await get(gateway, USERS, { token });
  const ahead = Date.parse(response.headers.get('retry-after')) - Date.now();
  assert.match(response.headers.get('retry-after'), /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  assert.ok(response.status === 429 && ahead > 25_000 && ahead <= 30_000, `${ahead} ms`);
  await recovered(gateway, token);
});

for (const [kind, status, type, text] of [
  ['400', 400, 'application/json', new RegExp(SECRET_MARKER)],
  ['404', 404, 'application/json', /"error":"Not Found"/],
  ['409', 409, 'application/json', /"error":"Conflict"/],
  ['500', 500, 'application/json', /"error":"Internal Server Error"/],
  ['503', 503, 'application/json', /"status":503/],
  ['504', 504, 'text/html', /<center>nginx<\/center>/],
  ['502-html', 502, 'text/html', /<h1>502 Bad Gateway<\/h1>/],
  ['html-200', 200, 'text/html;charset=UTF-8', /<title>SFTP Gateway<\/title>/],
  ['403', 403, 'application/json', /"error":"access_denied"/],
]) {
  fault(kind, { times: 2 }, async (gateway, token) => {
    for (let n = 0; n < 2; n += 1) {
      const response = await get(gateway, USERS, { token });
      assert.deepEqual([response.status, response.headers.get('content-type')], [status, type]);
      assert.match(await response.text(), text);
    }
    await recovered(gateway, token);
    assert.equal(gateway.counts.faults, 2);
  });
}

fault('redirect-origin', {}, async (gateway, token) => {
  const { status, headers } = await get(gateway, USERS, { token });
  assert.equal(status, 302);
  assert.notEqual(new URL(headers.get('location')).origin, gateway.url);
  assert.equal(gateway.counts.decoy, 0);
  assert.deepEqual(await getJson(gateway, USERS, { token, redirect: 'follow' }), []);
  assert.equal(gateway.counts.decoy, 1, 'whoever follows is counted');
});

fault('redirect-origin', { to: 'https://elsewhere.example/in' }, async (gateway, token) => {
  assert.equal((await get(gateway, USERS, { token })).headers.get('location'), 'https://elsewhere.example/in');
});

fault('redirect-login', {}, async (gateway, token) => {
  assert.equal((await get(gateway, USERS, { token })).headers.get('location'), '/login');
  const page = await get(gateway, USERS, { token, redirect: 'follow' });
  assert.deepEqual([page.status, new URL(page.url).pathname], [200, '/login']);
  assert.match(await page.text(), /<title>Sign in<\/title>/);
});

fault('stalled-headers', { times: 1 }, async (gateway, token) => {
  assert.deepEqual(await getRaw(gateway, USERS, { token, idle: 500 }), {
    status: undefined,
    headers: undefined,
    bytes: 0,
    error: 'IDLE',
  });
  await recovered(gateway, token);
});

fault('reset', { times: 1 }, async (gateway, token) => {
  const { status, error } = await getRaw(gateway, USERS, { token });
  assert.deepEqual([status, error], [undefined, 'ECONNRESET']);
  await recovered(gateway, token);
});

fault('wrong-password', { on: '/login', after: 1, times: 1 }, async (gateway) => {
  const refused = await askForToken(gateway);
  assert.deepEqual([refused.status, (await refused.json()).error], [400, 'invalid_grant']);
  assert.equal((await askForToken(gateway)).status, 200);
});

fault('token-expired', { after: 2, times: 1 }, async (gateway, token) => {
  await recovered(gateway, token);
  await recovered(gateway, token);
  for (let n = 0; n < 2; n += 1) assert.equal((await getJson(gateway, USERS, { token })).error, 'invalid_token');
  const next = await logIn(gateway);
  for (let n = 0; n < 4; n += 1) await recovered(gateway, next);
  assert.equal(gateway.counts.logins, 2);
});

fault('token-expired', {}, async (gateway, token) => {
  assert.equal((await get(gateway, USERS, { token })).status, 401);
  assert.equal((await get(gateway, USERS, { token: await logIn(gateway) })).status, 401);
  assert.equal((await get(gateway, '/backend/3.0.0/folders', { token: await logIn(gateway) })).status, 200);
});

fault('token-expired', { afterSeconds: 2, times: 1 }, async (gateway, token) => {
  await recovered(gateway, token);
  await new Promise((done) => setTimeout(done, 2050));
  assert.equal((await get(gateway, USERS, { token })).status, 401);
  await recovered(gateway, await logIn(gateway));
});

fault('cut-length', { times: 1, bytes: 700, missing: 50 }, async (gateway, token) => {
  const { status, headers, bytes, error } = await getRaw(gateway, USERS, { token });
  assert.deepEqual([status, headers['content-length'], bytes, error], [200, '750', 700, 'ECONNRESET']);
  await recovered(gateway, token);
});

fault('cut-chunked', { times: 1, bytes: 700 }, async (gateway, token) => {
  const { status, headers, bytes, error } = await getRaw(gateway, USERS, { token });
  assert.deepEqual([status, headers['transfer-encoding'], bytes, error], [200, 'chunked', 700, 'ECONNRESET']);
  await recovered(gateway, token);
});

fault('cut-chunked', { on: '/login', after: 1, times: 1, bytes: 10 }, async (gateway) => {
  await assert.rejects((await askForToken(gateway)).text(), 'the answer to a login can be cut as well');
});

for (const kind of ['cut-length', 'cut-chunked']) {
  fault(kind, { times: 1, records: 4 }, async (gateway, token) => {
    const chunks = [];
    const { error } = await getRaw(gateway, USERS, { token, onData: (chunk) => chunks.push(chunk) });
    assert.equal(error, 'ECONNRESET');
    const all = await getJson(gateway, USERS, { token });
    assert.deepEqual(JSON.parse(`${Buffer.concat(chunks)}]`), all.slice(0, 4), 'whole records came before the cut');
  });
}

fault('stalled-body', { times: 1, bytes: 100 }, async (gateway, token) => {
  const { status, bytes, error } = await getRaw(gateway, USERS, { token, idle: 500 });
  assert.deepEqual([status, bytes, error], [200, 100, 'IDLE']);
  await recovered(gateway, token);
});

fault('reset-body', { times: 1, bytes: 100 }, async (gateway, token) => {
  const { status, bytes, error } = await getRaw(gateway, USERS, { token });
  assert.deepEqual([status, bytes, error], [200, 100, 'ECONNRESET']);
  await recovered(gateway, token);
});

fault('slow-body', { times: 1, bytes: 4000, ms: 40 }, async (gateway, token) => {
  const start = performance.now();
  const { error, bytes } = await getRaw(gateway, USERS, { token });
  const took = performance.now() - start;
  assert.equal(error, undefined);
  assert.ok(bytes > 20_000 && took > (bytes / 4000 - 1) * 39, `${bytes} bytes in ${took} ms`);
});

fault('invalid-utf8', { times: 1 }, async (gateway, token) => {
  const bytes = await (await get(gateway, USERS, { token })).arrayBuffer();
  assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes), {
    code: 'ERR_ENCODING_INVALID_ENCODED_DATA',
  });
  assert.equal(JSON.parse(new TextDecoder().decode(bytes)).length, 30, 'the bytes are bad within a string only');
});

fault('invalid-json', { times: 1 }, async (gateway, token) => {
  const response = await get(gateway, USERS, { token });
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'application/json']);
  await assert.rejects(response.json(), SyntaxError);
  await recovered(gateway, token);
});

fault(
  'invalid-json',
  { times: 1 },
  async (gateway, token) => {
    await assert.rejects(getJson(gateway, USERS, { token }), SyntaxError);
  },
  { users: 0 },
);

fault('empty-body', { times: 1 }, async (gateway, token) => {
  const response = await get(gateway, USERS, { token });
  assert.deepEqual([response.status, response.headers.get('content-length'), await response.text()], [200, '0', '']);
});

fault('wrong-content-type', { times: 1, type: 'application/octet-stream' }, async (gateway, token) => {
  const response = await get(gateway, USERS, { token });
  assert.equal(response.headers.get('content-type'), 'application/octet-stream');
  assert.equal((await response.json()).length, 30);
});

fault(
  'shrink',
  { times: 1, records: 3 },
  async (gateway, token) => {
    const { content, totalElements } = await getJson(gateway, USERS, { token });
    assert.deepEqual([content.length, totalElements], [3, 30]);
  },
  { envelope: 'page', pageSize: 100 },
);

fault('shrink', { times: 1, records: 0 }, async (gateway, token) => {
  assert.deepEqual(await getJson(gateway, USERS, { token }), []);
  await recovered(gateway, token);
});

fault('duplicate', { times: 1 }, async (gateway, token) => {
  const ids = (await getJson(gateway, USERS, { token })).map(({ id }) => id);
  assert.deepEqual(ids.slice(0, 3), [1, 1, 2]);
  assert.equal(ids.length, 31);
});

test('every kind of fault has a test', () => {
  assert.deepEqual(
    Object.keys(FAULTS).filter((kind) => !tested.has(kind)),
    [],
  );
});

test('a fault strikes its path only, after the requests that it lets pass, in the order of arming', async () => {
  const gateway = await startGateway({ users: 3 });
  try {
    const token = await logIn(gateway);
    const status = async (path) => (await get(gateway, `/backend/3.0.0${path}`, { token })).status;
    gateway.fault({ kind: 503, on: /\/(users|folders)$/, after: 1, times: 1 });
    gateway.fault({ kind: '502-html', on: '~^/backend/3', times: 1 });
    assert.equal(await status('/cloudconnections'), 502);
    assert.deepEqual(
      [await status('/users'), await status('/cloudconnections'), await status('/folders'), await status('/folders')],
      [200, 200, 503, 200],
    );
    gateway.fault({ kind: 404 });
    assert.deepEqual([await status('/users'), await status('/users')], [404, 404], 'always, everywhere');
    gateway.set({ faults: [] });
    assert.equal(await status('/users'), 200);
    assert.deepEqual(gateway.requests.map(({ fault }) => fault).filter(Boolean), ['502-html', '503', '404', '404']);
  } finally {
    await gateway.close();
  }
});

test('a client that leaves in the middle does no harm', async () => {
  const gateway = await startGateway({ users: 200_000 });
  try {
    const token = await logIn(gateway);
    const response = await get(gateway, USERS, { token });
    const reader = response.body.getReader();
    await reader.read();
    await reader.cancel();
    gateway.set({ users: 30 });
    await recovered(gateway, token);
  } finally {
    await gateway.close();
  }
});
