// What the page may connect to: its own origin, and the gateways that the configuration opens to it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { world } from './support.mjs';

const POLICY = 'content-security-policy';
const connect = ({ headers }) => /connect-src ([^;]*)/.exec(headers.get(POLICY))[1];
const fetched = ({ local }, path, options) => local.fetch(path, options);

let closed;
let open;
before(async () => {
  closed = await world({ sftp: { users: 1 } });
  open = await world({ files: { users: 1, toml: 'direct = true' }, inner: { users: 1 }, third: { users: 1, toml: 'direct = true' } });
});
after(async () => {
  await closed?.close();
  await open?.close();
});

test('without a direct connection every file has one policy, that of its own origin', async () => {
  const [page, engine] = [await fetched(closed, '/'), await fetched(closed, '/worker.js')];
  assert.deepEqual([page.status, engine.status, connect(page), connect(engine)], [200, 200, "'self'", "'self'"]);
  assert.equal(engine.headers.get(POLICY), page.headers.get(POLICY));
  assert.equal(engine.headers.get('cache-control'), 'no-cache');
  assert.match(engine.headers.get('content-type'), /javascript/);
  const again = await fetched(closed, '/worker.js', { headers: { 'if-none-match': engine.headers.get('etag') } });
  assert.equal(again.status, 304);
});

test('a direct connection opens the policy of the engine alone, and to those gateways alone', async () => {
  const { files, third } = open.gateways;
  const [page, engine] = [await fetched(open, '/'), await fetched(open, '/worker.js')];
  assert.equal(connect(page), "'self'");
  assert.equal(connect(engine), `'self' ${files.url} ${third.url}`);
  // Nothing else in it is another one.
  const rest = (response) => response.headers.get(POLICY).replace(/connect-src [^;]*/, '');
  assert.equal(rest(engine), rest(page));
  for (const name of ['x-content-type-options', 'referrer-policy', 'cross-origin-resource-policy']) assert.equal(engine.headers.get(name), page.headers.get(name), name);
  assert.equal(await engine.text(), await (await fetched(closed, '/worker.js')).text());
});

test('a policy that may have changed is not taken from a cache', async () => {
  const { headers } = await fetched(closed, '/worker.js');
  const engine = await fetched(open, '/worker.js', { headers: { 'if-none-match': headers.get('etag') } });
  assert.deepEqual([engine.status, engine.headers.get('etag'), engine.headers.get('cache-control')], [200, null, 'no-store']);
  const head = await fetched(open, '/worker.js', { method: 'HEAD' });
  assert.deepEqual([head.status, connect(head), await head.text()], [200, connect(engine), '']);
});

test('only who has the token is told which gateways', async () => {
  const { datasets } = (await open.call('/api/datasets')).json;
  assert.deepEqual(datasets.map(({ dataset, direct }) => [dataset, direct]), [['files', true], ['inner', false], ['third', true]]);
  assert.deepEqual((await closed.call('/api/datasets')).json.datasets.map(({ direct }) => direct), [false]);
  assert.equal((await open.call('/api/datasets', { headers: { authorization: '' } })).status, 401);
});

test('a configuration that cannot be read opens nothing, and the page still comes', async () => {
  const broken = await world({ sftp: { users: 1, toml: 'direct = true\nno_such_key = 1' } });
  try {
    const engine = await fetched(broken, '/worker.js');
    assert.deepEqual([engine.status, connect(engine)], [200, "'self'"]);
    assert.equal((await broken.call('/api/datasets')).json.error.code, 'bad_config');
  } finally {
    await broken.close();
  }
});
