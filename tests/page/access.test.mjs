// Who can get in, as a person looks at it: findings as filters, the review as a file and on paper.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { axe, browser, screenshots, serve } from './support.mjs';

let chrome;
let site;
before(async () => {
  site = await serve();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  await site?.close();
});

const key = (name) => readFileSync(new URL(`../access/keys/${name}.pub`, import.meta.url), 'utf8').trim();
const said = new Map(
  readFileSync(new URL('../access/keys/fingerprints.txt', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .map(([name, , print]) => [name, print]),
);
const user = (id, username, keys, more = {}) => ({
  id, username, enabled: true, userType: 'SFTP', usesPassword: false, homeFolder: { id, absolutePath: `/home/${id}` },
  publicKeys: keys.map((name) => ({ name, value: key(name), enabled: true })), permissions: [{ folderId: id, permission: 'READ_WRITE' }], ...more,
});
const USERS = [
  user(1, 'ada', ['ed25519', 'rsa-1024']),
  user(2, 'bob', ['ed25519']),
  user(3, '=HYPERLINK("x")\u202e<b>', []),
  user(4, 'eve', ['dsa'], { enabled: false }),
];

test('findings filter the rows; the review is saved and printed whole', async () => {
  const page = await chrome.page({ served: site });
  await page.addInitScript(() => (globalThis.print = () => (globalThis.printed = document.querySelector('.paper')?.textContent)));
  await page.reload();
  await page.locator('#file').setInputFiles({ name: 'users.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(USERS)) });
  await page.getByRole('navigation', { name: /^Views of/ }).getByRole('link', { name: 'Who can get in' }).click();
  const only = (code) => page.getByRole('button', { name: `Only these: ${code}` });
  await only('weak_key').waitFor();
  const counts = async (code) => (await page.getByRole('row', { name: new RegExp(`^${code} `) }).getByRole('cell').nth(2).innerText()).trim();
  assert.equal(await counts('weak_key'), '2');
  assert.equal(await counts('shared_key'), '2');
  assert.equal(await counts('no_credential'), '1');
  assert.equal(await counts('disabled_with_keys'), '1');

  const rows = page.getByRole('status').filter({ hasText: /row/ });
  await only('shared_key').click();
  await rows.filter({ hasText: '2 of 5 rows' }).waitFor();
  assert.equal(await only('shared_key').getAttribute('aria-pressed'), 'true');
  await only('weak_key').click();
  await rows.filter({ hasText: '0 of 5 rows' }).waitFor();
  await only('weak_key').click();
  await only('shared_key').click();
  await rows.filter({ hasText: /^5 rows$/ }).waitFor();
  await page.getByText(/Not provided by the API: .*last_login/).waitFor();
  await axe(page, { visible: '[role=grid] td' });
  await screenshots(page, 'access-review');

  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  const download = await waiting;
  assert.match(download.suggestedFilename(), /^access_review-.+\.csv$/);
  const csv = readFileSync(await download.path(), 'utf8');
  assert.equal(csv.trim().split('\r\n').length, 6);
  for (const name of ['ed25519', 'rsa-1024', 'dsa']) assert.ok(csv.includes(said.get(`${name}.pub`)), name);
  assert.ok(csv.includes(`"'=HYPERLINK(`), 'a formula is neutralised');

  await page.getByRole('button', { name: 'Print' }).click();
  await page.waitForFunction(() => globalThis.printed);
  const printed = await page.evaluate(() => globalThis.printed);
  for (const text of ['Access review of', 'weak_key', said.get('dsa.pub'), '[U+202E]<b>', 'Not provided by the API']) assert.ok(printed.includes(text), text);
  await page.finish();
});
