// The module as users have it: from the packed file, each time in an empty folder of its own, without the checkout.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { build as vite } from 'vite';
import { unstable_startWorker as startWorker } from 'wrangler';
import { ROOT } from '../../tools/lib/execute.mjs';
import { emulated } from '../../tools/lib/local.mjs';
import { TSC } from '../../tools/lib/page.mjs';
import { startGateway } from '../gateway/server.mjs';
import { install, opened, pack } from './packed.mjs';

const run = promisify(execFile);
/** What every consumer does, in every place: the tables and their rows, and an error's code. */
const BODY = '[{"id":1,"tags":["a","b"]},{"id":2,"name":"x"}]';
const USE = `
export async function use(normalize) {
  const tables = await normalize(new Blob([${JSON.stringify(BODY)}]).stream(), { table: 'users', primary_key: 'id', load_id: '1.000' });
  const code = await normalize('[{', { table: 'users' }).catch((error) => error.name + ' ' + error.code);
  const parquet = String.fromCharCode(...tables.table('users').parquet().subarray(0, 4));
  return JSON.stringify({ tables: tables.tables.map(({ name, rows }) => [name, rows]), values: [...tables.table('users__tags').records()].map(({ value }) => value), parquet, code });
}`;
const ANSWER = JSON.stringify({ tables: [['users', 2], ['users__tags', 2]], values: ['a', 'b'], parquet: 'PAR1', code: 'GatelakeError cut_body' });

const packed = await pack({ after });

/** An empty folder where the packed file is installed. */
const consumer = (t, files) => install(t, packed, { 'use.js': USE, ...files });

const IN_PAGE = (from) => `import { normalize } from '${from}'; import { use } from './use.js';
use(normalize).then((answer) => { globalThis.answer = answer; }, (error) => { globalThis.answer = String(error); });`;

const HTML = '<!doctype html><script type="module" src="/main.js"></script>';

test('Node: normalize, slim, a run into each store', { timeout: 60_000 }, async (t) => {
  const gateway = await startGateway({ users: 20 });
  t.after(() => gateway.close());
  const { toml, secrets } = emulated(gateway);
  const cwd = await consumer(t, {
    'main.js': `
import { readFileSync } from 'node:fs';
import { connect, normalize, run } from 'gatelake';
import { gatelake } from 'gatelake/slim';
import { folderStore } from 'gatelake/store/folder';
import { memoryStore } from 'gatelake/store/memory';
import { s3Store } from 'gatelake/store/s3';
import { use } from './use.js';
const wasm = readFileSync(new URL(import.meta.resolve('gatelake/gatelake.wasm')));
const memory = memoryStore();
const lines = [];
const { toml, secrets, settings } = JSON.parse(process.env.GIVEN);
const outcomes = [];
for (const store of [memory, folderStore('lake')]) outcomes.push((await run(toml, { store, secrets, progress: (line) => lines.push(line) }))[0].outcome);
const gateway = await connect(settings);
const { api } = await gateway.login();
const loaded = [];
for await (const [name, tables] of gateway.loads(['users'])) loaded.push([name, tables.table('users').rows]);
const streamed = (await normalize(gateway.stream('users'), { table: 'users' })).table('users').rows;
console.log(JSON.stringify({ node: await use(normalize), slim: await use(gatelake(wasm).normalize), outcomes, api, loaded, streamed, pointer: memory.objects.has('gatelake/sftp/current.json'), lines: lines.length > 0, s3: typeof s3Store }));`,
  });
  const { username, password, clientId, clientSecret } = gateway.credentials;
  const settings = { base_url: gateway.url, username, password, client_id: clientId, client_secret: clientSecret };
  const { stdout } = await run(process.execPath, ['main.js'], { cwd, env: { PATH: process.env.PATH, GIVEN: JSON.stringify({ toml, secrets, settings }) } });
  const { loaded, streamed, api, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, { node: ANSWER, slim: ANSWER, outcomes: ['published', 'published'], pointer: true, lines: true, s3: 'function' });
  assert.equal(api, 3);
  assert.equal(loaded[0][0], 'users');
  assert.ok(loaded[0][1] >= 20);
  assert.equal(streamed, loaded[0][1]);
});

test('an engine that cannot be loaded is an error with a code; where it may come back, the next call tries again', async (t) => {
  const wasm = readFileSync(join(packed.folder, 'engine', 'gatelake_bg.wasm'));
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    if (asked === 1) response.writeHead(503).end();
    else response.writeHead(200, { 'content-type': 'application/wasm' }).end(wasm);
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const place = `http://127.0.0.1:${server.address().port}/`;
  const cwd = await consumer(t, {
    'main.js': `
import { connect, normalize, parquetFiles, run } from 'gatelake';
import { gatelake } from 'gatelake/slim';
const said = async (promise) => promise.then(() => 'done', ({ name, code, help, cause }) => [name, code, typeof help, cause instanceof Error].join(' '));
const load = ({ normalize }) => said(normalize('[]', { table: 'a' }));
const answers = [await load({ normalize }), await said(connect({})), await said(run('', { store: {} })), await said(parquetFiles('[]', { table: 'a' })[Symbol.asyncIterator]().next())];
for (const wasm of [() => new Uint8Array(8), () => Promise.reject(new Error('no'))]) answers.push(await load(gatelake(wasm())));
const slim = gatelake('${place}');
console.log(JSON.stringify([...answers, await load(slim), await load(slim), await load(slim)]));`,
  });
  rmSync(join(cwd, 'node_modules', 'gatelake', 'engine', 'gatelake_bg.wasm'));
  const { stdout } = await run(process.execPath, ['main.js'], { cwd });
  assert.deepEqual(JSON.parse(stdout), [...Array(7).fill('GatelakeError engine_unavailable string true'), 'done', 'done']);
  assert.equal(asked, 2);
});

test('a page whose policy or server keeps the engine from it is told so', { timeout: 60_000 }, async (t) => {
  const script = `import { normalize } from './node_modules/gatelake/module/web.js';
normalize('[]', { table: 'a' }).then(() => 'done', ({ code, help }) => code + ': ' + help).then((answer) => { globalThis.answer = answer; });`;
  const cwd = await consumer(t, { 'index.html': HTML, 'main.js': script });
  assert.equal(await opened(cwd, "script-src 'self' 'wasm-unsafe-eval'"), 'done');
  assert.match(await opened(cwd, "script-src 'self'"), /^engine_unavailable: .*'wasm-unsafe-eval'/);
  rmSync(join(cwd, 'node_modules', 'gatelake', 'engine', 'gatelake_bg.wasm'));
  assert.match(await opened(cwd), /^engine_unavailable: .*gatelake_bg\.wasm/);
});

test('the examples of docs/npm.md work as they stand', async (t) => {
  const gateway = await startGateway({ users: 30 });
  t.after(() => gateway.close());
  const { username, password, clientId, clientSecret } = gateway.credentials;
  const blocks = Array.from(readFileSync(join(ROOT, 'docs', 'npm.md'), 'utf8').matchAll(/^```js\n(.*?)^```$/gms), ([, block]) => block);
  assert.ok(blocks.length >= 4);
  const real = [
    ['https://sftp.example.com', gateway.url],
    ["'reports'", JSON.stringify(username)],
    ["'3fb65e17'", JSON.stringify(clientId)],
    ['username = "reports"', `username = "${username}"`],
    ['client_id = "3fb65e17"', `client_id = "${clientId}"`],
  ];
  const files = Object.fromEntries(blocks.map((block, number) => [`${number}.js`, real.reduce((text, [from, to]) => text.replaceAll(from, to), block)]));
  const cwd = await consumer(t, { ...files, 'large.json': JSON.stringify(Array.from({ length: 1000 }, (_, id) => ({ id }))) });
  const said = [];
  for (const name of Object.keys(files)) said.push((await run(process.execPath, [name], { cwd, env: { PATH: process.env.PATH, SFTP_PASSWORD: password, SFTP_CLIENT_SECRET: clientSecret } })).stdout);
  assert.match(said[0], /users 2 \d+/);
  assert.match(said.join(''), /users 30\b/);
  assert.match(said.join(''), /published/);
});

for (const [module, moduleResolution] of [['nodenext', 'nodenext'], ['esnext', 'bundler']]) {
  test(`TypeScript, ${moduleResolution}`, async (t) => {
    const cwd = await consumer(t, {
      'main.ts': `
import { connect, GatelakeError, normalize, parquetFiles, run, type Schema, type Tables } from 'gatelake';
import { gatelake } from 'gatelake/slim';
import { folderStore } from 'gatelake/store/folder';
import { memoryStore } from 'gatelake/store/memory';
import { s3Store } from 'gatelake/store/s3';
import type { Store } from 'gatelake';
import type { Store as TheEngines } from './node_modules/gatelake/engine/gatelake.js';
// The engine asks of a store what a store promises, and no less.
export const one = (store: Store): TheEngines => store;
export const other = (store: TheEngines): Store => store;
const tables: Tables = await normalize('[]', { table: 'a', signal: AbortSignal.timeout(1000) });
const schema: Schema = tables.schema;
const bytes: Uint8Array = tables.table('a').parquet();
await run('', { store: memoryStore(), scheduledTime: new Date() });
await run('', { store: folderStore('a') });
s3Store({ bucket: 'a', credentials: { accessKeyId: '', secretAccessKey: '' } });
gatelake(bytes as BufferSource).normalize('', { table: 'a', schema });
new GatelakeError('a', 'b').code.length;
{
  using gateway = await connect({ base_url: '', client_secret: '', headers: { a: 'b' } }, { fetch, progress: (line) => void line.length });
  for (const { name, table, path } of await gateway.resources({ signal: AbortSignal.timeout(1) })) void [name, table, path];
  for await (const record of gateway.records('users')) void record['id'];
  for await (const { id } of gateway.records<{ id: number }>('users')) void id.toFixed();
  using next = await normalize(gateway.stream('users'), { table: 'users', before: tables });
  await using files = parquetFiles(new Response(gateway.stream('users')), { table: next.table('users').name, file_bytes: 1 });
  for await (const { table, number, rows, bytes, schema } of files) void [table, number + rows, bytes.length, schema.columns];
  void files.schema?.tables;
  // @ts-expect-error secrets are texts
  void connect({ base_url: '', password: 1 });
}
// @ts-expect-error the table is needed
void normalize('[]', {});
`,
    });
    await run(process.execPath, [TSC, '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--lib', 'es2023,dom,dom.iterable,dom.asynciterable', '--module', module, '--moduleResolution', moduleResolution, 'main.ts'], { cwd }).catch((error) => assert.fail(error.stdout));
  });
}

test('a page without a bundler', { timeout: 60_000 }, async (t) => {
  const cwd = await consumer(t, { 'index.html': HTML, 'main.js': IN_PAGE('./node_modules/gatelake/module/web.js') });
  assert.equal(await opened(cwd), ANSWER);
});

test('a page that Vite has built', { timeout: 120_000 }, async (t) => {
  const cwd = await consumer(t, { 'index.html': HTML, 'main.js': IN_PAGE('gatelake') });
  const { output } = await vite({ root: cwd, configFile: false, logLevel: 'warn' });
  const wasm = output.map(({ fileName }) => fileName).filter((name) => name.endsWith('.wasm'));
  assert.equal(wasm.length, 1, wasm.join(' '));
  assert.match(wasm[0], /^assets\/gatelake_bg-[\w-]{8}\.wasm$/, 'it may be cached for ever');
  assert.equal(await opened(join(cwd, 'dist')), ANSWER);
});

test('what nobody imports is not in a bundle', async (t) => {
  const cwd = await consumer(t, { 'none.js': "import { GatelakeError } from 'gatelake'; console.log(GatelakeError.name);" });
  const { outputFiles } = await build({ absWorkingDir: cwd, entryPoints: ['none.js'], bundle: true, minify: true, write: false, format: 'esm', conditions: ['browser'] });
  assert.ok(outputFiles[0].contents.length < 1_000, `${outputFiles[0].contents.length} bytes`);
  const bundled = async (name) => (await build({ stdin: { contents: `export { ${name} } from 'gatelake';`, resolveDir: cwd }, bundle: true, write: false, format: 'esm', conditions: ['browser'] })).outputFiles[0].text;
  assert.doesNotMatch(await bundled('normalize'), /gateway_closed|class ParquetFiles/);
  assert.match(await bundled('connect'), /gateway_closed/);
});

test('workerd', { timeout: 60_000 }, async (t) => {
  const cwd = await consumer(t, {
    'worker.js': "import { normalize } from 'gatelake'; import { use } from './use.js'; export default { fetch: async () => new Response(await use(normalize)) };",
    'wrangler.toml': 'name = "consumer"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n',
  });
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
  process.env.WRANGLER_SEND_METRICS ??= 'false';
  const worker = await startWorker({ config: join(cwd, 'wrangler.toml'), dev: { server: { hostname: '127.0.0.1', port: 0 }, logLevel: 'none', watch: false, persist: false, inspector: false } });
  try {
    await worker.ready;
    assert.equal(await (await worker.fetch('http://worker/')).text(), ANSWER);
  } finally {
    await worker.dispose();
  }
});
