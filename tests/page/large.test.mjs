// Much: 100 MB of JSON, 1,000,000 rows. Times and memory are told, not judged; that the right rows are shown is judged.
import assert from 'node:assert/strict';
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from '../../tools/lib/execute.mjs';
import { browser, serve, soon } from './support.mjs';

const ROWS = 1_000_000;
const record = (n) => `{"id":${n},"name":"user ${(n * 7919) % ROWS}","enabled":${n % 3 > 0},"size":${(n * 31) % 10007},"home":"/data/partners/${n % 977}/in"}`;
const LARGE = join(ROOT, 'target', 'bench', 'page-rows.json');

let chrome;
let site;
before(async () => {
  mkdirSync(join(ROOT, 'target', 'bench'), { recursive: true });
  if (!existsSync(LARGE)) {
    const file = createWriteStream(`${LARGE}.part`);
    for (let n = 1; n <= ROWS; n += 1) if (!file.write(`${n > 1 ? ',' : '['}${record(n)}`)) await once(file, 'drain');
    file.end(']');
    await once(file, 'finish');
    renameSync(`${LARGE}.part`, LARGE);
  }
  site = await serve();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  await site?.close();
});

/** Counts tasks beyond 50 ms and the frames' times from now on. */
const watch = (page) =>
  page.evaluate(() => {
    const found = { long: [], frames: [], last: performance.now() };
    globalThis.watched = found;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => found.long.push(entry.duration))).observe({ type: 'longtask' });
    const frame = (now) => {
      found.frames.push(now - found.last);
      found.last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
const seen = (page) =>
  page.evaluate(() => {
    const { long, frames } = globalThis.watched;
    const sorted = frames.splice(0).sort((a, b) => a - b);
    const at = (part) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0);
    return { long: long.splice(0).map(Math.round), frames: sorted.length, median: at(0.5), p95: at(0.95), max: at(1 - 1 / sorted.length) };
  });
const tell = (what, found) => console.log(`# ${what}: ${JSON.stringify(found)}`);

test('1 MB: the first tables', async () => {
  const path = join(ROOT, 'target', 'bench', 'page-1mb.json');
  writeFileSync(path, `[${Array.from({ length: 9_500 }, (_, n) => record(n + 1)).join(',')}]`);
  const page = await chrome.page({ served: site });
  await page.waitForLoadState('networkidle');
  const times = [];
  for (let turn = 0; turn < 5; turn += 1) {
    await page.evaluate(() => {
      const input = document.querySelector('#file');
      input.addEventListener('change', () => { globalThis.chosen = performance.now(); globalThis.first = undefined; }, { capture: true, once: true });
      const look = new MutationObserver(() => {
        if (document.querySelector('nav[aria-label^="Tables of"]')) globalThis.first ??= performance.now();
        if (![...document.querySelectorAll('[role=grid] td')].some((cell) => cell.textContent === '1')) return;
        globalThis.shown = performance.now();
        look.disconnect();
      });
      look.observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    await page.locator('#file').setInputFiles(path);
    await page.waitForFunction(() => globalThis.shown > globalThis.chosen);
    times.push(await page.evaluate(() => [globalThis.first, globalThis.shown].map((at) => Math.round(at - globalThis.chosen))));
    await page.getByRole('button', { name: 'Another body' }).click();
  }
  tell(`${(statSync(path).size / 1e6).toFixed(1)} MB, ms from choosing the file to tables, to cells`, times);
  await page.finish();
});

test('100 MB, 1,000,000 rows: read, scrolled, ordered, searched, profiled', async () => {
  const page = await chrome.page({ served: site });
  await page.waitForLoadState('networkidle');
  await watch(page);
  const started = Date.now();
  await page.locator('#file').setInputFiles(LARGE);
  // The first tables are there while bytes still arrive.
  await page.getByRole('navigation', { name: /^Tables of/ }).waitFor();
  const first = Date.now() - started;
  await page.getByText('This is what would be written').waitFor({ timeout: 60_000 });
  tell(`${(statSync(LARGE).size / 1e6).toFixed(0)} MB read`, { first, whole: Date.now() - started, ...(await seen(page)) });
  const grid = page.locator('[role=grid]');
  await soon(async () => assert.equal(await grid.getAttribute('aria-rowcount'), String(ROWS + 1)));

  /** Once a row on the screen shows what its record says, whichever it is by then. */
  const right = () =>
    page.waitForFunction(() => {
      const row = document.querySelectorAll('[role=grid] tbody tr[aria-rowindex]')[3];
      return row?.querySelector('td[aria-colindex="2"]')?.textContent === String(Number(row.getAttribute('aria-rowindex')) - 1);
    });
  await right();
  await grid.hover();
  await seen(page);
  for (let step = 0; step < 60; step += 1) {
    await page.mouse.wheel(0, 700);
    await page.waitForTimeout(16);
  }
  await right();
  tell('60 wheel steps', await seen(page));
  await page.locator('[role=grid] tbody td').first().click();
  await page.keyboard.press('Control+End');
  await page.locator(`[role=grid] tbody tr[aria-rowindex="${ROWS + 1}"]`).waitFor();
  await right();

  const timed = async (what, work) => {
    const from = Date.now();
    await work();
    tell(what, { ms: Date.now() - from, ...(await seen(page)) });
  };
  const head = page.getByRole('columnheader', { name: /^name\b/ });
  await timed('ordered by a text', async () => {
    await head.getByRole('button').first().click();
    await page.waitForFunction(() => document.querySelector('[role=grid] tbody tr[aria-rowindex="2"] td[aria-colindex="3"]')?.textContent === 'user 0');
  });
  await timed('searched', async () => {
    await page.getByPlaceholder('Search all columns').fill('user 99999');
    await page.getByText('11 of 1,000,000 rows', { exact: true }).waitFor({ timeout: 60_000 });
  });
  await page.getByPlaceholder('Search all columns').fill('');
  await timed('profiled', async () => {
    await page.getByRole('columnheader', { name: /^size\b/ }).getByRole('button').nth(1).click();
    // That of all rows again: the order goes on being made meanwhile.
    await page.getByRole('dialog').getByText('10,007').waitFor({ timeout: 60_000 });
  });
  await page.keyboard.press('Escape');
  const memory = await page.evaluate(async () => performance.memory?.usedJSHeapSize);
  tell('JavaScript heap of the page, MB', Math.round(memory / 1e6));
  await page.finish();
});
