// The package as it would be published: one packed file, and empty folders where it is installed.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium as browser } from 'playwright-core';
import { chromium } from '../../tools/lib/chromium.mjs';
import { ROOT } from '../../tools/lib/execute.mjs';
import { assemble } from '../../tools/package.mjs';
import { temporary } from './support.mjs';

const run = promisify(execFile);

/**
 * Packs it, of parts that have been built, in a folder that goes with the test: several files of tests may do so at a time. The answer: `path` of the packed
 * file, its `size`, its `files` (`{ path, size }` each), and `folder`, of what was packed.
 */
export async function pack(test) {
  const home = temporary(test);
  const folder = join(home, 'package');
  assemble(folder);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { stdout } = await run(npm, ['pack', folder, '--json', '--pack-destination', home], { cwd: home, env: { ...process.env, npm_config_cache: join(home, 'cache') } });
  const [{ filename, size, files }] = Object.values(JSON.parse(stdout));
  return { path: join(home, filename), size, files, folder };
}

/** An empty folder where the packed file is installed, and what it depends on, with `files` (name → text) beside. */
export async function install(test, packed, files = {}) {
  const cwd = temporary(test);
  mkdirSync(join(cwd, 'node_modules'));
  await run('tar', ['-xzf', packed.path], { cwd });
  renameSync(join(cwd, 'package'), join(cwd, 'node_modules', 'gatelake'));
  // What `npm install` would have fetched.
  const { dependencies } = JSON.parse(readFileSync(join(packed.folder, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) cpSync(join(ROOT, 'node_modules', name), join(cwd, 'node_modules', name), { recursive: true });
  for (const [name, text] of Object.entries({ 'package.json': '{"type": "module"}', ...files })) writeFileSync(join(cwd, name), text);
  return cwd;
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Serves a folder with an index.html, under a policy, opens it in a Chromium, and answers what its script leaves in `globalThis.answer`. */
export async function opened(folder, policy) {
  const server = createServer(({ url }, response) => {
    const path = join(folder, url === '/' ? 'index.html' : new URL(url, 'http://page').pathname);
    if (existsSync(path)) response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain', ...(policy && { 'content-security-policy': policy }) }).end(readFileSync(path));
    else response.writeHead(404).end();
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
