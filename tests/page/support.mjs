// The page in a real Chromium: served under its real headers, with everything collected that must not happen.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { content, headersOf, parseHeaders, typeOf } from '../../npm/cli/assets.js';
import { chromium as program } from '../../tools/lib/chromium.mjs';
import { ROOT } from '../../tools/lib/execute.mjs';
import { PAGE } from '../../tools/lib/page.mjs';
import { world } from '../e2e/support.mjs';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SCREENSHOTS = join(ROOT, 'build', 'screenshots');
/** What `npm run test:page` adds up: a line of JSON for each page that was closed and each look of axe. */
const TALLY = process.env.GATELAKE_PAGE_TALLY;
const REPORTS = '/csp-reports';
/** How many times slower the page's own thread is to be than it could: what a test does not wait for comes out then. */
const SLOWER = Number(process.env.GATELAKE_PAGE_SLOWER ?? 1);

/** Screens that the page has to look right on, and both themes. */
export const SIZES = [
  { width: 1440, height: 900 },
  { width: 768, height: 1024 },
  { width: 360, height: 740 },
];
export const THEMES = ['light', 'dark'];

/**
 * Serves a folder as Cloudflare's static assets do, `_headers` included (where the folder has none, those of build/www), with
 * violations of the policy reported back. `files`: further ones, path → text or bytes, for a test's own page. Answers
 * `{ url, reports, close }`; `reports` grows with each violation that the browser reports.
 */
export async function serve(folder = PAGE, { files = {} } = {}) {
  const own = join(folder, '_headers');
  const rules = parseHeaders(readFileSync(existsSync(own) ? own : join(ROOT, 'www', '_headers'), 'utf8'));
  const reports = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://page').pathname);
    if (path === REPORTS) {
      let text = '';
      for await (const chunk of request) text += chunk;
      reports.push(JSON.parse(text));
      return response.writeHead(204).end();
    }
    const headers = headersOf(rules, path);
    const name = path.endsWith('/') ? `${path}index.html` : path;
    const file = Object.hasOwn(files, name) ? files[name] : content(folder, path);
    if (file === undefined) return response.writeHead(404, headers).end();
    if (headers['content-security-policy']) headers['content-security-policy'] += `; report-uri ${REPORTS}`;
    headers['content-type'] = typeOf(path);
    return response.writeHead(200, headers).end(file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    reports,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/**
 * The real thing: the Worker in workerd with its page, a local R2 and emulated gateways, as tests/e2e/support.mjs has it (`gateways`
 * and the answer are described there), and `url`. Nobody reports violations to a server here; the page itself still does.
 */
export async function live(gateways = { sftp: { users: 60 } }, options) {
  const lake = await world(gateways, options);
  await lake.call('/healthz');
  return Object.assign(lake, { url: String(lake.local.url) });
}

/**
 * A Chromium with an empty profile. `page({ … })` opens a page in a context of its own, `close()` ends all of it. One is enough for
 * a file of tests: `before(async () => { chrome = await browser(); })`.
 */
export async function browser() {
  const profile = mkdtempSync(join(tmpdir(), 'gatelake-page-'));
  const launched = await chromium.launch({
    executablePath: await program(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', `--disk-cache-dir=${profile}`],
  });
  return {
    playwright: launched,
    page: (options) => openPage(launched, options),
    async close() {
      await launched.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/**
 * A Playwright page at `url`, with `seen`: what was said on the console (`console`: warnings and errors), thrown (`errors`), and
 * refused by the policy (`violations`), in the page and in its workers. `finish()` closes it and fails if there was any of these;
 * `finish({ expect: /…/ })` lets messages through that match. `served`: what `serve` answered; its reports count as well. `deliberate`:
 * the test breaks rules on purpose, and none of it goes into the summary. Other options go to Playwright's `newContext`.
 */
async function openPage(launched, { url, size = SIZES[0], theme = 'light', served, deliberate = false, ...options } = {}) {
  const context = await launched.newContext({ viewport: size, colorScheme: theme, acceptDownloads: true, ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {});
  const page = await context.newPage();
  if (SLOWER > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  const seen = { console: [], errors: [], violations: [] };
  const reported = served?.reports.length ?? 0;
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) seen.console.push(message.text());
  });
  page.on('pageerror', (error) => seen.errors.push(error.stack ?? String(error)));
  await page.exposeFunction('gatelakeViolation', (what) => seen.violations.push(what));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile, lineNumber, sample }) =>
      globalThis.gatelakeViolation(`${effectiveDirective}: ${blockedURI || sample} (${sourceFile}:${lineNumber})`),
    );
  });
  if (url ?? served) await page.goto(url ?? served.url);

  async function finish({ expect } = {}) {
    await context.close();
    // Those of workers reach nobody but the server.
    const fromServer = (served?.reports ?? []).slice(reported).map((report) => JSON.stringify(report));
    tally(page, { csp: Math.max(fromServer.length, seen.violations.length) });
    const wrong = [...seen.violations, ...fromServer, ...seen.errors, ...seen.console].filter((text) => !expect?.test(text));
    assert.deepEqual(wrong, [], 'what the browser had to complain about');
  }
  return Object.assign(page, { seen, deliberate, finish });
}

function tally({ deliberate }, counts) {
  if (TALLY && !deliberate) appendFileSync(TALLY, `${JSON.stringify(counts)}\n`);
}

/**
 * What axe-core finds wrong on a page by WCAG 2.2 AA and its best practices; `within` is a selector. `visible` is a selector of
 * what must be there and seen, so that an empty page does not pass. Fails if there is anything, with rule, element and remedy.
 */
export async function axe(page, { visible = 'main', within } = {}) {
  await page.locator(visible).first().waitFor({ state: 'visible' });
  // What is on its way in has other colours.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)));
  // By the debugger, which the page's policy does not bind; in the page there is no way around it.
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const { violations } = await page.evaluate((root) => globalThis.axe.run(root ?? document, { resultTypes: ['violations'] }), within);
  const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} · ${node.target.join(' ')} · ${node.failureSummary.replaceAll('\n', ' ')}`));
  tally(page, { axe: found.length });
  assert.deepEqual(found, [], 'what axe found');
}

/**
 * Tries `check` until what it asserts holds, and fails as it does in the end: what a key or a click leads to may take a moment, and on
 * a busy machine more of them.
 */
export async function soon(check) {
  const end = Date.now() + 15_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Takes build/screenshots/NAME-WIDTH-THEME.png at all sizes and in both themes; `settle(page)` may wait for something first. */
export async function screenshots(page, name, settle = async () => {}) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await settle(page);
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size.width}-${colorScheme}.png`) });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
}
