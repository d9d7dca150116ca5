// The grid as a table that assistive technology and a keyboard find their way in: indices, one tab stop, selection, copy, widths.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axe, browser, serve, soon } from './support.mjs';

const ROWS = 400_000;
const COLUMNS = ['id', 'name', 'note', ...Array.from({ length: 40 }, (_, n) => `c${n}`)];
const value = (row, column) => (column === 'id' ? row : column === 'name' ? `user ${row}` : column === 'note' ? `a\tb "${row}"` : column === 'c0' ? null : row * 100);

let chrome;
let site;
let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatelake-grid-'));
  site = await serve();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A preview of that many records, with the first cells on the screen. */
async function grid(rows, columns = COLUMNS, options = {}) {
  const page = await chrome.page({ served: site, ...options });
  const record = (n) => JSON.stringify(Object.fromEntries(columns.map((column) => [column, value(n, column)])));
  const path = join(folder, 'users.json');
  writeFileSync(path, `[${Array.from({ length: rows }, (_, n) => record(n + 1)).join(',')}]`);
  await page.locator('#file').setInputFiles(path);
  await at(page, 1, 1).getByText('1', { exact: true }).waitFor();
  await page.getByText('This is what would be written').waitFor({ timeout: 60_000 });
  return page;
}

/** The cell of a row (0: the header) and a column (0: the row's number) by their indices among all. */
const at = (page, row, column) => page.locator(`[role=grid] [aria-rowindex="${row + 1}"] [aria-colindex="${column + 1}"]`);
const said = (page) => page.locator('.grid [role=status]').innerText();
const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());
/** What is copied, once it is: cells that are not here have to come first. */
const copied = (page, text) => soon(async () => assert.equal(await clipboard(page), text));
const selected = (page, count) => soon(async () => assert.equal(await page.locator('[aria-selected=true]').count(), count));
const focused = (page) =>
  page.evaluate(() => {
    const cell = document.activeElement?.closest('[aria-colindex]');
    return cell && [Number(cell.closest('[aria-rowindex]').getAttribute('aria-rowindex')) - 1, Number(cell.getAttribute('aria-colindex')) - 1];
  });
async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

test('every key goes where it should, and one cell alone is a tab stop', async () => {
  const page = await grid(ROWS, ['id', 'name', 'note']);
  const table = page.locator('[role=grid]');
  assert.deepEqual(await Promise.all(['aria-rowcount', 'aria-colcount'].map((name) => table.getAttribute(name))), [String(ROWS + 1), '6']);
  await at(page, 1, 1).click();
  const seen = [];
  const go = async (...keys) => {
    await press(page, ...keys);
    seen.push(await focused(page));
  };
  await go('ArrowDown');
  await go('ArrowRight');
  await go('End');
  await go('Home');
  await go('Control+End');
  await go('ArrowDown');
  await go('Control+Home');
  await go('ArrowUp');
  await go('ArrowUp');
  assert.deepEqual(seen, [[2, 1], [2, 2], [2, 5], [2, 1], [ROWS, 5], [ROWS, 5], [1, 1], [0, 1], [0, 1]]);
  await press(page, 'ArrowDown', 'PageDown');
  const [page1] = await focused(page);
  assert.ok(page1 > 5 && page1 < 60, `a page down is at row ${page1}`);
  await press(page, 'PageUp');
  assert.deepEqual(await focused(page), [1, 1]);
  assert.equal(await page.locator('[role=grid] [tabindex="0"]').count(), 1);
  await axe(page, { visible: '[role=grid] td' });

  // Scrolled far away the focus is still in the document, and the next key goes on from it.
  await page.locator('.grid-view').evaluate((view) => (view.scrollTop = view.scrollHeight / 2));
  await page.waitForFunction(() => document.querySelectorAll('[role=grid] tbody tr').length > 5 && Number(document.querySelector('[role=grid] tbody tr:nth-child(4)').getAttribute('aria-rowindex')) > 1_000);
  assert.deepEqual(await focused(page), [1, 1]);
  // Nobody in the grid: the stop is among what is seen.
  await page.getByPlaceholder('Search all columns').focus();
  await page.locator('.grid-view').evaluate((view) => (view.scrollTop += 3));
  await page.waitForFunction(() => document.querySelectorAll('[role=grid] [tabindex="0"]').length === 1 && Number(document.querySelector('[role=grid] [tabindex="0"]').closest('tr').getAttribute('aria-rowindex')) > 1_000);
  await page.getByRole('button', { name: 'Download' }).or(page.locator('summary', { hasText: 'Download' })).focus();
  await press(page, 'Tab');
  await soon(async () => assert.ok((await focused(page))[0] > 1_000, 'the tab key leads to what is seen'));
  await page.finish();
});

test('the bar from top to middle to end and back shows the right rows', async () => {
  const page = await grid(ROWS, ['id', 'name']);
  for (const part of [0.5, 1, 0.25, 0]) {
    await page.locator('.grid-view').evaluate((view, part) => (view.scrollTop = (view.scrollHeight - view.clientHeight) * part), part);
    await page.waitForFunction(
      ([part, rows]) => {
        const lines = [...document.querySelectorAll('[role=grid] tbody tr')].map((line) => [Number(line.getAttribute('aria-rowindex')) - 1, line.querySelector('td')?.textContent]);
        const [row, text] = lines[Math.floor(lines.length / 2)] ?? [];
        return Math.abs(row / rows - part) < 0.02 && text === String(row);
      },
      [part, ROWS],
    );
  }
  await page.finish();
});

test('cells are selected and copied, whole, as a spreadsheet takes them', async () => {
  const page = await grid(3_000);
  await at(page, 2, 1).click();
  await press(page, 'Shift+ArrowDown', 'Shift+ArrowRight', 'Shift+ArrowRight');
  await selected(page, 6);
  await soon(async () => assert.equal(await said(page), '6 cells selected'));
  await axe(page, { visible: '[aria-selected=true]' });
  await press(page, 'Control+c');
  await copied(page, '2\tuser 2\t"a\tb ""2"""\n3\tuser 3\t"a\tb ""3"""');
  // With the header's cells come the columns' names.
  await at(page, 1, 1).click();
  await press(page, 'ArrowUp', 'Shift+ArrowDown', 'Shift+ArrowRight', 'Control+c');
  await copied(page, 'id\tname\n1\tuser 1');
  await press(page, 'Escape');
  await selected(page, 0);

  await at(page, 2, 2).click();
  await press(page, 'Shift+Space', 'Control+c');
  // A column of nulls alone is no column.
  const columns = COLUMNS.filter((name) => name !== 'c0');
  await soon(async () => {
    const row = (await clipboard(page)).split('\t');
    assert.deepEqual(row.slice(0, 2), ['2', 'user 2']);
    assert.equal(row.filter((text) => text === '200').length, columns.filter((name) => value(2, name) === 200).length);
  });

  // All of it, though most was never on the screen; then one cell alone again.
  await at(page, 2, 2).click();
  await press(page, 'Control+a');
  await soon(async () => assert.match(await said(page), /cells selected/));
  await press(page, 'Control+c');
  await soon(async () => {
    const lines = (await clipboard(page)).split('\n');
    assert.deepEqual([lines.length, lines.at(-1).split('\t')[1]], [3_000, 'user 3000']);
  });
  assert.match(await said(page), /rows copied/);
  await press(page, 'ArrowDown');
  await page.keyboard.press('Control+c');
  await copied(page, 'user 3');

  // By mouse.
  const [from, to] = [await at(page, 3, 1).boundingBox(), await at(page, 5, 2).boundingBox()];
  await page.mouse.move(from.x + 20, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(to.x + 20, to.y + 8, { steps: 4 });
  await page.mouse.up();
  await selected(page, 6);
  await page.finish();
});

test('widths by keyboard, by mouse, and what fits', async () => {
  const page = await grid(50, ['id', 'name', 'note']);
  const width = async (column) => Math.round((await at(page, 0, column).boundingBox()).width);
  await at(page, 1, 2).click();
  const before = await width(2);
  await press(page, 'Alt+ArrowRight', 'Alt+ArrowRight', 'Alt+ArrowLeft');
  await soon(async () => assert.equal(await width(2), before + 16));
  assert.equal(await said(page), `${before + 16} pixels wide`);
  const edge = await at(page, 0, 2).locator('.edge').boundingBox();
  await page.mouse.move(edge.x + edge.width / 2, edge.y + 10);
  await page.mouse.down();
  await page.mouse.move(edge.x + edge.width / 2 + 90, edge.y + 10, { steps: 3 });
  await page.mouse.up();
  await soon(async () => assert.ok(Math.abs((await width(2)) - before - 106) <= 2, 'dragged'));
  await at(page, 0, 2).locator('.edge').dblclick();
  await soon(async () => assert.ok((await width(2)) < before + 60, 'as wide as its cells again'));
  await page.finish();
});

test('a click without a pointer, as assistive technology makes it, does what a press does', async () => {
  const page = await grid(50, ['id', 'name']);
  await at(page, 0, 1).getByRole('button').first().evaluate((button) => button.click());
  await page.locator('th[aria-sort=ascending]').waitFor();
  await at(page, 0, 1).getByRole('button').first().evaluate((button) => button.click());
  await page.locator('th[aria-sort=descending]').waitFor();
  await at(page, 1, 1).getByText('50', { exact: true }).waitFor();
  assert.deepEqual(await focused(page), [0, 1], 'the focus stays on what was pressed when other rows come');
  await press(page, 'Enter');
  await at(page, 1, 1).getByText('1', { exact: true }).waitFor();
  await press(page, 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowUp', 'Enter');
  await at(page, 1, 2).getByText('user 1', { exact: true }).waitFor();
  assert.deepEqual(await focused(page), [0, 2]);
  await at(page, 0, 1).getByRole('button').first().evaluate((button) => button.click());
  await page.locator('th[aria-sort=ascending]').and(at(page, 0, 1)).waitFor();
  await at(page, 0, 1).getByRole('button').first().evaluate((button) => button.click());
  await at(page, 1, 1).getByText('50', { exact: true }).waitFor();
  await at(page, 1, 0).getByRole('button').evaluate((button) => button.click());
  await page.getByRole('dialog').getByText('user 50').waitFor();
  await page.keyboard.press('Escape');
  await page.finish();
});

test('forced colours, a screen of 320 pixels, and paper', async () => {
  // 1,280 pixels at 400 % are 320 of them: WCAG 2.2, 1.4.10.
  const page = await grid(200, COLUMNS, { size: { width: 320, height: 256 }, forcedColors: 'active' });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await soon(async () => assert.equal(await overflow(), 0));
  await at(page, 1, 1).scrollIntoViewIfNeeded();
  await axe(page, { visible: '[role=grid] td' });
  for (const name of ['Schema', 'Warnings', 'Diagram', 'Files', 'Changes']) {
    await page.getByRole('navigation', { name: /^Views of/ }).getByRole('link', { name }).click();
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    await soon(async () => assert.equal(await overflow(), 0, name));
  }
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('nav[aria-label="Views"]').isVisible(), false, 'no navigation on paper');
  await page.finish();
});
