// The module as users have it: from the packed file, each time in an empty folder of its own, without the checkout.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { chromium as browser } from 'playwright-core';
import { unstable_startWorker as startWorker } from 'wrangler';
import { chromium } from '../../tools/lib/chromium.mjs';
import { ROOT } from '../../tools/lib/execute.mjs';
import { emulated } from '../../tools/lib/local.mjs';
import { TSC } from '../../tools/lib/page.mjs';
import { assemble, PACKAGE } from '../../tools/package.mjs';
import { startGateway } from '../gateway/server.mjs';
import { temporary } from './support.mjs';

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

let packed;

before(async () => {
  assemble();
  const folder = join(ROOT, 'build');
  const { stdout } = await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['pack', PACKAGE, '--json', '--pack-destination', folder], { env: { ...process.env, npm_config_cache: join(folder, 'npm-cache') } });
  [packed] = Object.values(JSON.parse(stdout));
});

/** An empty folder where the packed file is installed, and what it depends on. */
async function consumer(t, files) {
  const cwd = temporary(t);
  mkdirSync(join(cwd, 'node_modules'));
  await run('tar', ['-xzf', join(ROOT, 'build', packed.filename)], { cwd });
  renameSync(join(cwd, 'package'), join(cwd, 'node_modules', 'gatelake'));
  cpSync(join(ROOT, 'node_modules', 'aws4fetch'), join(cwd, 'node_modules', 'aws4fetch'), { recursive: true });
  for (const [name, text] of Object.entries({ 'package.json': '{"type": "module"}', 'use.js': USE, ...files })) writeFileSync(join(cwd, name), text);
  return cwd;
}

/** What a page of that folder says, in a Chromium. */
async function opened(cwd, script) {
  const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
  const server = createServer(({ url }, response) => {
    try {
      const body = url === '/' ? `<!doctype html><script type="module" src="${script}"></script>` : readFileSync(join(cwd, url));
      response.writeHead(200, { 'content-type': url === '/' ? 'text/html' : (types[extname(url)] ?? 'text/plain') }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const window = await browser.launch({ executablePath: await chromium(), args: ['--no-sandbox'] });
  try {
    const page = await window.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => globalThis.answer, undefined, { timeout: 30_000 });
    return await page.evaluate(() => globalThis.answer);
  } finally {
    await window.close();
    server.close();
  }
}

const IN_PAGE = (from) => `import { normalize } from '${from}'; import { use } from './use.js';
use(normalize).then((answer) => { globalThis.answer = answer; }, (error) => { globalThis.answer = String(error); });`;

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
console.log(JSON.stringify({ node: await use(normalize), slim: await use(gatelake(wasm).normalize), outcomes, api, loaded, pointer: memory.objects.has('gatelake/sftp/current.json'), lines: lines.length > 0, s3: typeof s3Store }));`,
  });
  const { username, password, clientId, clientSecret } = gateway.credentials;
  const settings = { base_url: gateway.url, username, password, client_id: clientId, clientSecret };
  const { stdout } = await run(process.execPath, ['main.js'], { cwd, env: { PATH: process.env.PATH, GIVEN: JSON.stringify({ toml, secrets, settings }) } });
  // A client's requests are logged before.
  const { loaded, api, ...rest } = JSON.parse(stdout.trim().split('\n').at(-1));
  assert.deepEqual(rest, { node: ANSWER, slim: ANSWER, outcomes: ['published', 'published'], pointer: true, lines: true, s3: 'function' });
  assert.equal(api, 3);
  assert.equal(loaded[0][0], 'users');
  assert.ok(loaded[0][1] >= 20);
});

for (const [module, moduleResolution] of [['nodenext', 'nodenext'], ['esnext', 'bundler']]) {
  test(`TypeScript, ${moduleResolution}`, async (t) => {
    const cwd = await consumer(t, {
      'main.ts': `
import { GatelakeError, normalize, run, type Schema, type Tables } from 'gatelake';
import { gatelake } from 'gatelake/slim';
import { folderStore } from 'gatelake/store/folder';
import { memoryStore } from 'gatelake/store/memory';
import { s3Store } from 'gatelake/store/s3';
const tables: Tables = await normalize('[]', { table: 'a', signal: AbortSignal.timeout(1000) });
const schema: Schema = tables.schema;
const bytes: Uint8Array = tables.table('a').parquet();
await run('', { store: memoryStore(), scheduledTime: new Date() });
await run('', { store: folderStore('a') });
s3Store({ bucket: 'a', credentials: { accessKeyId: '', secretAccessKey: '' } });
gatelake(bytes as BufferSource).normalize('', { table: 'a', schema });
new GatelakeError('a', 'b').code.length;
// @ts-expect-error the table is needed
void normalize('[]', {});
`,
    });
    await run(process.execPath, [TSC, '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--lib', 'es2023,dom,dom.iterable,dom.asynciterable', '--module', module, '--moduleResolution', moduleResolution, 'main.ts'], { cwd }).catch((error) => assert.fail(error.stdout));
  });
}

test('a page without a bundler', { timeout: 60_000 }, async (t) => {
  const cwd = await consumer(t, { 'main.js': IN_PAGE('./node_modules/gatelake/module/web.js') });
  assert.equal(await opened(cwd, '/main.js'), ANSWER);
});

test('what nobody imports is not in a bundle', async (t) => {
  const cwd = await consumer(t, { 'none.js': "import { GatelakeError } from 'gatelake'; console.log(GatelakeError.name);" });
  const { outputFiles } = await build({ absWorkingDir: cwd, entryPoints: ['none.js'], bundle: true, minify: true, write: false, format: 'esm', conditions: ['browser'] });
  assert.ok(outputFiles[0].contents.length < 1_000, `${outputFiles[0].contents.length} bytes`);
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

/** All that may be in the package; a file that nobody meant to publish is found by not being one of these. */
const ALLOWED = [
  /^(LICENSE-APACHE|LICENSE-MIT|README\.md|package\.json)$/,
  /^(cli|module)\/[a-z-]+\.js$/,
  /^store\/[a-z0-9-]+\.(js|d\.ts)$/,
  /^types\/[a-z0-9]+\.d\.ts$/,
  /^engine\/gatelake(\.js|\.d\.ts|_bg\.wasm|_bg\.wasm\.d\.ts)$/,
  /^page\/(_headers|favicon\.svg|gatelake_bg\.wasm|index\.html|licenses\.txt|main\.js|sample\.json|style\.css|worker\.js)$/,
  /^page\/chunks\/[\w.-]+\.js$/,
];

test('nothing is packed but what is meant to be, and every path of the exports is; size', (t) => {
  const strange = packed.files.map(({ path }) => path).filter((path) => !ALLOWED.some((allowed) => allowed.test(path)));
  assert.deepEqual(strange, []);
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
  const files = new Set(packed.files.map(({ path }) => `./${path}`));
  const leaves = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(leaves));
  for (const path of leaves(exports)) assert.ok(files.has(path), path);
  for (const [, branch] of Object.entries(exports)) if (typeof branch === 'object') assert.equal(Object.keys(branch)[0], 'types');
  const wasm = readFileSync(join(PACKAGE, 'engine', 'gatelake_bg.wasm'));
  t.diagnostic(`packed ${packed.size} bytes in ${packed.files.length} files; wasm ${wasm.length}, gzip ${gzipSync(wasm, { level: 9 }).length}`);
});
