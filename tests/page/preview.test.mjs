// A preview as a person makes one: a file, a paste, the sample; tables, schema, warnings, changes, downloads.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { axe, browser, screenshots, serve, soon } from './support.mjs';

let chrome;
let site;
let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatelake-preview-'));
  site = await serve();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
});

const link = (page, name) => page.getByRole('link', { name, exact: true });
const tab = (page, name) => page.getByRole('navigation', { name: /^Views of/ }).getByRole('link', { name });
const tables = (page) => page.getByRole('navigation', { name: /^Tables of/ }).getByRole('link');
const cell = (page, text) => page.getByRole('gridcell', { name: text, exact: true }).first();
const json = (name, value) => {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
};
const give = (page, path) => page.locator('#file').setInputFiles(path);
/** The text that a click saves, and under which name. */
async function saved(page, click) {
  const waiting = page.waitForEvent('download');
  await click();
  const download = await waiting;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}
const loaded = (page) => page.evaluate(() => performance.getEntriesByType('resource').filter(({ responseEnd }) => responseEnd > 0).map(({ name }) => new URL(name).pathname));
const open = async (page) => {
  await page.getByRole('button', { name: 'Use the sample' }).click();
  await tab(page, 'Rows').waitFor();
  await cell(page, 'ines.jarvelin1').waitFor();
};

test('the sample: tables, schema, warnings, diagram, who can get in; nothing leaves the page', async () => {
  const page = await chrome.page({ served: site });
  await axe(page, { visible: '.drop' });
  await screenshots(page, 'start');
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await open(page);
  await soon(async () => assert.equal(await tables(page).count(), 4));
  await page.getByText(/40 users|40 rows/).first().waitFor();
  await axe(page, { visible: '[role=grid] td' });
  await screenshots(page, 'rows', () => page.locator('[role=grid] td').first().waitFor());

  await tab(page, 'Schema').click();
  const origin = page.getByRole('row', { name: /^home_folder__absolute_path/ });
  assert.match(await origin.innerText(), /\/homeFolder\/absolutePath/);
  await page.getByText('uid__v_text').waitFor();
  await axe(page, { visible: 'table.plain' });
  await screenshots(page, 'schema');

  await tab(page, 'Warnings').click();
  await page.getByText('redacted', { exact: true }).first().waitFor();
  await axe(page, { visible: 'table.plain' });

  await tab(page, 'Diagram').click();
  await page.locator('svg').filter({ hasText: 'users' }).first().waitFor();
  await axe(page, { visible: 'svg' });
  await screenshots(page, 'diagram');

  await tab(page, 'Who can get in').click();
  await page.getByText('weak_key').first().waitFor();
  await axe(page);
  await screenshots(page, 'access');

  await tab(page, 'Changes').click();
  await page.getByText('There is nothing to compare with').waitFor();
  assert.deepEqual(asked.filter((url) => !url.startsWith('blob:') && !url.startsWith(site.url)), []);
  assert.doesNotMatch(await page.content(), /Sommer-2024/, 'a password in the page');
  await page.finish();
});

test('a file that is dropped becomes tables; a second one is compared with it', async () => {
  const page = await chrome.page({ served: site });
  const users = Array.from({ length: 300 }, (_, n) => ({ id: n + 1, name: `user ${n + 1}`, keys: [{ value: `k${n}` }] }));
  await page.locator('#key').fill('id');
  await give(page, json('users.json', users));
  await cell(page, 'user 1').waitFor();
  await page.getByRole('button', { name: 'Another body' }).click();
  users[4].name = 'renamed';
  users[5].keys[0].value = 'another';
  users.push({ id: 999, name: 'new one', department: 'ops', keys: [] });
  users.splice(10, 1);
  await page.locator('#key').fill('id');
  await give(page, json('users.json', users));
  await cell(page, 'user 1').waitFor();
  await tab(page, 'Changes').click();
  const own = page.getByRole('row', { name: /^users / });
  await own.waitFor();
  assert.deepEqual((await own.getByRole('cell').allInnerTexts()).slice(-4), ['1', '1', '1', '298']);
  const keys = page.getByRole('row', { name: /^users__keys / });
  assert.deepEqual((await keys.getByRole('cell').allInnerTexts()).slice(-4), ['0', '1', '1', '298']);
  assert.match(await own.innerText(), /new\s+department/);
  await axe(page, { visible: '[role=grid] td' });
  await screenshots(page, 'changes', () => page.locator('[role=grid] td').first().waitFor());
  await cell(page, 'changed').dblclick();
  await page.getByRole('dialog').getByText('renamed').waitFor();
  await page.getByRole('dialog').getByText('user 5').waitFor();
  await axe(page, { visible: 'dialog' });
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.finish();
});

test('a broken body says where, and what was read before stays', async () => {
  const page = await chrome.page({ served: site });
  await page.getByLabel('Paste a response').fill('[{"id": 1}, {"id": tru}]');
  await page.getByRole('button', { name: 'Show its tables' }).click();
  const problem = page.getByRole('alert');
  await problem.waitFor();
  assert.match(await problem.innerText(), /byte 2\d/);
  assert.match(await page.locator('main').innerText(), /Nothing of this body would be published/);
  await axe(page, { visible: '.problem' });
  await page.getByRole('button', { name: 'Another body' }).click();
  await page.getByLabel('Paste a response').fill('{"count": 3}');
  await page.getByRole('button', { name: 'Show its tables' }).click();
  await page.getByRole('alert').getByText(/unknown_shape/).waitFor();
  await page.getByRole('button', { name: 'Another body' }).click();
  await page.getByLabel('Paste a response').fill('[]');
  await page.getByRole('button', { name: 'Show its tables' }).click();
  await page.getByText('There is no record in this body').waitFor();
  await page.finish();
});

test('search, filter, order, profile', async () => {
  const page = await chrome.page({ served: site });
  await open(page);
  await page.getByPlaceholder('Search all columns').fill('203.0.113.204');
  await page.getByPlaceholder('Search all columns').fill('jarvelin');
  await soon(async () => {
    const found = Number.parseInt(await page.getByText(/^\d+ of 40 rows$/).innerText(), 10);
    const names = await page.locator('[role=gridcell][aria-colindex="3"]').allInnerTexts();
    assert.ok(found > 0 && found < 40, String(found));
    assert.equal(names.length, found);
    for (const name of names) assert.match(name, /jarvelin/i);
  });
  await page.getByPlaceholder('Search all columns').fill('');

  await page.locator('summary', { hasText: 'Filter' }).click();
  await page.getByLabel('Column', { exact: true }).selectOption({ label: 'id' });
  await page.getByLabel('Condition').selectOption({ label: 'is greater than' });
  await page.getByLabel('Value').fill('nonsense');
  await page.getByRole('button', { name: 'Add filter' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: /Remove the filter/ }).click();
  await page.locator('summary', { hasText: 'Filter' }).click();
  await page.getByLabel('Value').fill('30');
  await page.getByRole('button', { name: 'Add filter' }).click();
  await page.getByText('10 of 40 rows').waitFor();
  await axe(page, { visible: '[role=grid] td' });

  const head = page.getByRole('columnheader', { name: /^id\b/ });
  await head.getByRole('button').first().click();
  await page.waitForFunction(() => document.querySelector('[role=columnheader][aria-sort=ascending], th[aria-sort=ascending]'));
  await cell(page, '31').waitFor();
  await head.getByRole('button').first().click();
  await page.waitForFunction(() => document.querySelector('[aria-sort=descending]'));
  await page.waitForFunction(() => document.querySelector('[role=grid] tbody td')?.textContent === '40');
  await page.getByRole('button', { name: /Remove the filter/ }).click();

  await page.getByRole('columnheader', { name: /^enabled\b/ }).getByRole('button').nth(1).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('different values').waitFor();
  assert.match(await drawer.innerText(), /true/);
  await axe(page, { visible: 'dialog' });
  await screenshots(page, 'profile', () => drawer.getByText('different values').waitFor());
  await drawer.getByRole('button', { name: 'Only these, value 2' }).click();
  await page.getByText(/^\d+ of 40 rows$/).waitFor();
  await page.finish();
});

test('a row, its children, one of them, and back', async () => {
  const page = await chrome.page({ served: site });
  await open(page);
  await cell(page, 'zita.mossgrave2').dblclick();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('users, row 2').waitFor();
  await axe(page, { visible: 'dialog' });
  await screenshots(page, 'row', () => drawer.getByText('users, row 2').waitFor());
  await drawer.getByRole('button', { name: 'users__public_keys: 1 row' }).click();
  await drawer.getByRole('gridcell', { name: 'phone', exact: true }).dblclick();
  await drawer.getByText(/^users__public_keys, row/).waitFor();
  await drawer.getByText(/^ssh-rsa AAAAB3/).waitFor();
  await drawer.getByRole('button', { name: 'To its row in users' }).click();
  await drawer.getByText('users, row 2').waitFor();
  for (let step = 0; step < 3; step += 1) await drawer.getByRole('button', { name: 'Back' }).click();
  assert.equal(await drawer.getByRole('button', { name: 'Back' }).count(), 0);
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await page.finish();
});

test('downloads: CSV without formulas, JSON Lines, Arrow, and the Parquet that would be written', async () => {
  const page = await chrome.page({ served: site });
  await open(page);
  const take = (name) =>
    saved(page, async () => {
      await page.locator('summary', { hasText: 'Download' }).click();
      await page.getByRole('button', { name }).click();
    });
  const parquet = await take(/^Parquet/);
  assert.equal(parquet.name, 'users.parquet');
  const rows = await parquetReadObjects({ file: new Uint8Array(parquet.bytes).buffer });
  assert.equal(rows.length, 40);
  const lines = await take(/^JSON Lines/);
  assert.equal(lines.name, 'users.jsonl');
  const objects = lines.bytes.toString().trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(objects.map((row) => row.username), rows.map((row) => row.username));
  const csv = await take(/^CSV/);
  const text = csv.bytes.toString();
  assert.match(text, /"?'=HYPERLINK/);
  assert.doesNotMatch(text, /(^|,)"?=/m);
  const arrow = await take(/^Arrow/);
  assert.equal(arrow.name, 'users.arrows');
  assert.equal(arrow.bytes.readUInt32LE(0), 0xffffffff);
  assert.ok(arrow.bytes.length > 1_000);
  // What is shown is what is saved.
  await page.getByPlaceholder('Search all columns').fill('jarvelin');
  await page.getByText(/^\d+ of 40 rows$/).waitFor();
  const some = await take(/^JSON Lines/);
  assert.equal(some.bytes.toString().trim().split('\n').length, Number.parseInt(await page.getByText(/^\d+ of 40 rows$/).innerText(), 10));
  await page.finish();
});

test('by keyboard alone', async () => {
  const page = await chrome.page({ served: site });
  const press = async (key, times = 1) => {
    for (let n = 0; n < times; n += 1) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  const until = async (text) => {
    for (let n = 0; n < 60; n += 1) {
      await press('Tab');
      if ((await focused()).trim().startsWith(text)) return;
    }
    assert.fail(`${text} was not reached`);
  };
  await until('Use the sample');
  await press('Enter');
  await cell(page, 'ines.jarvelin1').waitFor();
  await page.locator('body').press('Home');
  await until('Schema');
  await press('Enter');
  await page.getByText('/homeFolder/absolutePath').waitFor();
  await page.keyboard.press('Shift+Tab');
  await press('Enter');
  await cell(page, 'ines.jarvelin1').waitFor();
  for (let n = 0; n < 60 && !(await page.evaluate(() => document.activeElement?.closest('[role=grid]') !== null)); n += 1) await press('Tab');
  await press('Control+Home');
  await press('ArrowDown');
  await press('ArrowDown');
  await press('Enter');
  await page.getByRole('dialog').waitFor();
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await soon(async () => assert.ok(await page.evaluate(() => document.activeElement?.closest('[role=grid]') !== null), 'the focus is back in the grid'));
  await page.finish();
});

test('addresses lead back to a table and its view', async () => {
  const page = await chrome.page({ served: site });
  await open(page);
  await link(page, 'Rows').count();
  await tables(page).nth(1).click();
  await tab(page, 'Schema').click();
  await page.waitForURL(/#.*table=users__.*tab=schema|#.*tab=schema.*table=users__/);
  await page.goBack();
  await page.locator('[role=grid]').waitFor();
  await page.goBack();
  await cell(page, 'ines.jarvelin1').waitFor();
  await page.finish();
});

test('it goes on without a network', async () => {
  const page = await chrome.page({ served: site });
  // What comes late comes when the page is idle: the sample, and what lays out a diagram.
  for (const late of [/sample\.json$/, /chunks\/.*\.js$/]) await soon(async () => assert.ok((await loaded(page)).some((path) => late.test(path)), String(late)));
  await page.context().setOffline(true);
  const failed = [];
  page.on('requestfailed', (request) => failed.push(new URL(request.url()).pathname));
  await open(page);
  for (const name of ['Schema', 'Diagram', 'Who can get in']) await tab(page, name).click();
  await tab(page, 'Diagram').click();
  await page.locator('svg').filter({ hasText: 'users' }).first().waitFor();
  // Chromium asks for the icon again with every address.
  assert.deepEqual(failed.filter((path) => path !== '/favicon.svg'), []);
  await page.finish({ expect: /ERR_INTERNET_DISCONNECTED/ });
});

test('hostile bodies do no harm', async () => {
  const page = await chrome.page({ served: site });
  const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`c${n}`, n]));
  const hostile = [
    { __proto__: null, id: 1, ['__proto__']: 'polluted', constructor: 'x', markup: '<img src=x onerror=alert(1)><script>alert(1)</script>', bidi: 'abc\u202Egnp.exe', nul: 'a\u0000b', long: 'x'.repeat(1_000_000) },
    { id: 2, ...wide },
  ];
  await give(page, json('hostile.json', `[${hostile.map((one) => JSON.stringify(one)).join(',')}]`.replace('"id":1,', '"id":1,"__proto__":"polluted",')));
  await cell(page, '1').waitFor();
  assert.equal(await page.evaluate(() => ({}).polluted ?? Object.prototype.polluted ?? 'clean'), 'clean');
  assert.ok((await page.locator('*').count()) < 3_000, 'columns are windowed');
  await cell(page, '1').dblclick();
  await page.getByRole('dialog').getByText('[U+202E]').first().waitFor();
  await page.getByRole('dialog').getByText('<img src=x onerror=alert(1)>').first().waitFor();
  await page.keyboard.press('Escape');
  await axe(page, { visible: '[role=grid] td' });
  await page.finish();
});
