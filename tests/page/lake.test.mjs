// The lake through the Worker's API: snapshots, tables of any of them, runs, stale resources, what changed, previews.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { TOKEN } from '../e2e/support.mjs';
import { axe, browser, live, screenshots, soon } from './support.mjs';

let chrome;
let lake;
before(async () => {
  chrome = await browser();
  lake = await live({ sftp: { users: 60 } });
  const day = 86_400_000;
  const now = Date.now() - 3 * day;
  await lake.run('sftp', now);
  lake.gateways.sftp.set({ revision: 1 });
  await lake.run('sftp', now + day);
  lake.gateways.sftp.fault({ kind: '403', on: '/folders' });
  lake.gateways.sftp.set({ revision: 2 });
  await lake.run('sftp', now + 2 * day);
  lake.gateways.sftp.set({ faults: [] });
});
after(async () => {
  await chrome?.close();
  await lake?.close();
});

const tab = (page, name) => page.getByRole('navigation', { name: /^Views of/ }).getByRole('link', { name });
const nav = (page, name) => page.getByRole('navigation', { name: 'Views', exact: true }).getByRole('link', { name });
async function enter(page) {
  await page.getByLabel('API token').fill(TOKEN);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
}

test('a wrong token is refused, a right one opens the lake, and is forgotten on demand', async () => {
  const page = await chrome.page({ url: lake.url });
  await nav(page, 'Lake').click();
  await page.getByLabel('API token').fill('not the token, not at all');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('alert').getByText('denied').waitFor();
  await axe(page, { visible: '.problem' });
  await enter(page);
  await page.getByRole('gridcell').first().waitFor();
  assert.equal(await page.evaluate((token) => JSON.stringify([localStorage, sessionStorage, document.cookie, location.href]).includes(token), TOKEN), false);
  await page.getByRole('button', { name: 'Forget the token' }).click();
  await page.getByLabel('API token').waitFor();
  await soon(async () => assert.equal(await page.getByRole('gridcell').count(), 0));
  // The refused token's 401 is an error on the browser's console.
  await page.finish({ expect: /401/ });
});

test('snapshots, their tables, what is stale, and what changed between two', async () => {
  const page = await chrome.page({ url: `${lake.url}#view=lake` });
  await enter(page);
  await page.getByRole('gridcell').first().waitFor();
  await page.getByText('1 resource could not be brought up to date').waitFor();
  await page.getByText('access_denied').first().waitFor();
  await axe(page, { visible: '[role=grid] td' });
  await screenshots(page, 'lake', () => page.locator('[role=grid] td').first().waitFor());

  const { json } = await lake.call('/api/snapshots');
  const [newest, middle, oldest] = json.snapshots;
  assert.ok(oldest, 'three snapshots');
  // By the time line too, where the focus stays.
  const marks = page.getByRole('group', { name: /^Snapshots on a time line/ }).getByRole('button');
  await soon(async () => assert.equal(await marks.count(), 3));
  await marks.last().focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await page.locator('[data-is=selected]').and(marks.nth(1)).waitFor();
  await soon(() => assert.equal(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('snapshot'), middle.snapshot));
  await soon(async () => assert.ok(await marks.nth(1).evaluate((mark) => mark === document.activeElement)));
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('c');
  await page.locator('[data-is=compared]').and(marks.nth(2)).waitFor();
  await soon(() => assert.equal(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('compare'), newest.snapshot));
  await page.getByText('Rows of each table over time').click();
  const listed = (await lake.call(`/api/snapshots/${newest.snapshot}`)).json.snapshot.tables;
  for (const { name, rows } of listed) await soon(async () => assert.match(await page.getByRole('slider', { name, exact: true }).getAttribute('aria-valuetext'), new RegExp(`^${rows.toLocaleString('en-US')} rows?,`)));

  await page.goto(`${lake.url}#snapshot=${oldest.snapshot}&table=users`);
  await page.getByRole('heading', { name: 'users', exact: true }).waitFor();
  await page.getByText('as it was').waitFor();
  await page.getByRole('gridcell').first().waitFor();
  const before = (await lake.call(`/api/snapshots/${oldest.snapshot}`)).json.snapshot.tables.find((table) => table.name === 'users').rows;
  await page.getByText(`${before} rows`).first().waitFor();

  await page.goto(`${lake.url}#snapshot=${newest.snapshot}&compare=${oldest.snapshot}&table=users&tab=changes`);
  await page.getByRole('row', { name: /^users / }).waitFor();
  const counts = (await page.getByRole('row', { name: /^users / }).getByRole('cell').allInnerTexts()).slice(-4).map(Number);
  const names = async (id) => (await lake.call(`/api/tables/users?limit=10000&snapshot=${id}`)).json.rows.map((row) => row.id);
  const [old, now] = [new Set(await names(oldest.snapshot)), new Set(await names(newest.snapshot))];
  assert.equal(counts[0], [...now].filter((id) => !old.has(id)).length, 'added');
  assert.equal(counts[1], [...old].filter((id) => !now.has(id)).length, 'removed');
  assert.equal(counts[2] + counts[3], [...now].filter((id) => old.has(id)).length, 'changed and same');
  await axe(page);
  await page.finish();
});

test('who can get in, as evidence', async () => {
  const page = await chrome.page({ url: `${lake.url}#view=lake&tab=access` });
  await enter(page);
  await page.getByRole('columnheader', { name: /^home_folder\b/ }).waitFor();
  await page.getByText(/Not provided by the API/).first().waitFor();
  await axe(page, { visible: '[role=grid] td' });
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: /Save as CSV/ }).click();
  const text = (await readFile(await (await waiting).path())).toString();
  assert.match(text, /^"?user/);
  assert.match(text, /SHA256:/);
  await page.finish();
});

test('runs and their reports', async () => {
  const page = await chrome.page({ url: lake.url });
  await nav(page, 'Runs').click();
  await enter(page);
  await page.getByText('partial').first().waitFor();
  await axe(page, { visible: 'table.plain' });
  await screenshots(page, 'runs', () => page.locator('table.plain').first().waitFor());
  await page.getByRole('row', { name: /partial/ }).getByRole('link').click();
  await page.getByText('access_denied').first().waitFor();
  await axe(page, { visible: 'table.plain' });
  await page.finish();
});

test('the Worker previews a resource, all of it', async () => {
  lake.gateways.sftp.set({ revision: 3 });
  const page = await chrome.page({ url: `${lake.url}#view=lake` });
  await enter(page);
  await page.getByRole('gridcell').first().waitFor();
  await nav(page, 'Preview').click();
  await page.getByLabel(/^Resource of/).selectOption('users');
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await page.getByRole('gridcell').first().waitFor();
  await page.getByText('beside the current snapshot').waitFor();
  await tab(page, 'Changes').click();
  await page.getByRole('row', { name: /^users / }).waitFor();
  await axe(page);
  const objects = await lake.keys();
  assert.ok(objects.length > 0);
  await page.finish();
});

test('a run from the page', async () => {
  const page = await chrome.page({ url: `${lake.url}#view=lake` });
  await enter(page);
  await page.getByRole('gridcell').first().waitFor();
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByText('The run ended: published').waitFor({ state: 'attached' });
  await page.getByText('could not be brought up to date').waitFor({ state: 'hidden' });
  await page.finish();
});

test('a gateway that is opened to pages is read by the page itself, and no other', async () => {
  const own = await live({ sftp: { users: 45, toml: 'direct = true' } });
  const page = await chrome.page({ url: `${own.url}#view=lake` });
  try {
    own.gateways.sftp.set({ cors: new URL(own.url).origin });
    await enter(page);
    await page.getByText('Nothing has been published yet').waitFor();
    await nav(page, 'Preview').click();
    const { username, password, clientId, clientSecret } = own.gateways.sftp.credentials;
    const connect = async (word) => {
      await page.getByLabel('Web admin').fill(username);
      await page.getByLabel('Password', { exact: true }).fill(word);
      await page.getByLabel('Client id').fill(clientId);
      await page.getByLabel('Client secret').fill(clientSecret);
      await page.getByRole('button', { name: 'Connect and preview' }).click();
    };
    await axe(page, { visible: 'form.card' });
    await connect('not the password');
    await page.getByRole('alert').getByText('login_refused').waitFor();
    await page.getByRole('button', { name: 'Another body' }).click();
    await connect(password);
    await page.getByRole('gridcell').first().waitFor();
    await page.getByText('This is what would be written').waitFor();
    await soon(async () => assert.equal(await page.locator('[role=grid]').getAttribute('aria-rowcount'), '46'));
    assert.equal((await page.content()).includes(password), false, 'the password is in the page');
    assert.equal((await own.keys()).length, 0, 'a preview stores nothing');
    // The policy knows this gateway, and nothing else.
    const engine = page.workers()[0];
    assert.equal(await engine.evaluate(() => fetch('https://elsewhere.example/').then(() => 'went', () => 'refused')), 'refused');
    // Nothing published yet is a 404, a refused login a 401: errors on the browser's console.
    await page.finish({ expect: /40[14]|elsewhere.example/ });
  } finally {
    await own.close();
  }
});
