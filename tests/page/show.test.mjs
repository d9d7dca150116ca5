// `gatelake show`: the page over a lake in a folder, opened by the link that it prints.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { emulated } from '../../tools/lib/local.mjs';
import { startGateway } from '../gateway/server.mjs';
import { gatelake, start, temporary } from '../npm/support.mjs';
import { axe, browser, soon } from './support.mjs';

let chrome;
before(async () => {
  chrome = await browser();
});
after(() => chrome?.close());

test('the printed link opens the lake: its tables, its time line, what changed, its runs', async (t) => {
  const gateway = await startGateway({ users: 40 });
  const cwd = temporary(t);
  const { toml, secrets } = emulated(gateway);
  writeFileSync(join(cwd, 'gatelake.toml'), toml);
  for (const [revision, time] of [1795773600000, 1795777200000].entries()) {
    gateway.set({ revision });
    assert.equal((await gatelake(['pull', '--scheduled-time', String(time)], { cwd, env: secrets })).code, 0);
  }
  await gateway.close();
  const { child, done } = start(['show', 'lake'], { cwd });
  try {
    const link = await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
    const token = new URLSearchParams(new URL(link).hash.slice(1)).get('token');
    const page = await chrome.page({ url: link });
    await page.getByRole('gridcell').first().waitFor();
    assert.equal(await page.evaluate((secret) => JSON.stringify([localStorage, sessionStorage, document.cookie, location.href]).includes(secret), token), false, 'the address forgets the token');
    await page.getByRole('navigation', { name: /^Tables of / }).getByText('public_keys').waitFor();
    await axe(page, { visible: '[role=grid] td' });
    // The earlier snapshot by the time line, beside the later one.
    const marks = page.getByRole('group', { name: /^Snapshots on a time line/ }).getByRole('button');
    await soon(async () => assert.equal(await marks.count(), 2));
    await marks.first().click();
    await page.getByText('as it was').waitFor();
    await marks.last().focus();
    await page.keyboard.press('c');
    await page.locator('[data-is=compared]').and(marks.last()).waitFor();
    await page.getByRole('navigation', { name: /^Views of/ }).getByRole('link', { name: 'Changes' }).click();
    await page.getByRole('row', { name: /^users / }).waitFor();
    const [added, removed, ...kept] = (await page.getByRole('row', { name: /^users / }).getByRole('cell').allInnerTexts()).slice(-4).map(Number);
    const ids = async (at) => {
      const response = await fetch(new URL(`/api/tables/users?limit=10000&at=${at}`, link), { headers: { authorization: `Bearer ${token}` } });
      return new Set((await response.json()).rows.map(({ id }) => id));
    };
    const snapshots = (await (await fetch(new URL('/api/snapshots', link), { headers: { authorization: `Bearer ${token}` } })).json()).snapshots;
    const [now, before] = await Promise.all(snapshots.map(({ created_at: at }) => ids(at)));
    // The page shows the earlier one: what came since is what is not in it.
    assert.deepEqual([added, removed], [[...before].filter((id) => !now.has(id)).length, [...now].filter((id) => !before.has(id)).length]);
    assert.equal(kept[0] + kept[1], [...before].filter((id) => now.has(id)).length);
    await page.getByRole('navigation', { name: 'Views', exact: true }).getByRole('link', { name: 'Runs' }).click();
    await page.getByText('published').first().waitFor();
    await page.finish();
  } finally {
    child.kill('SIGINT');
    assert.equal((await done).code, 0);
  }
});
