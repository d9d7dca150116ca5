// The pictures, each on a page of its own: with a mouse, with the keyboard, in all sizes and themes, and with what is hard to draw.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { access, DAY, forest, GATEWAY, history, HOSTILE, rowsOver, START } from './pictures/data.mjs';
import { site } from './pictures/site.mjs';
import { axe, browser, screenshots, SIZES, soon } from './support.mjs';

let chrome;
let served;
before(async () => {
  chrome = await browser();
  served = await site();
});
after(async () => {
  await chrome?.close();
  await served?.close();
});

const open = (options) => chrome.page({ served, url: `${served.url}pictures.html`, timezoneId: 'UTC', locale: 'en-US', ...options });
const draw = (page, name, data) => page.evaluate(([kind, of]) => globalThis.draw(kind, of), [name, data]);
const update = (page, name, data) => page.evaluate(([kind, of]) => globalThis.pictures[kind].update(of), [name, data]);
const calls = (page) => page.evaluate(() => globalThis.calls.splice(0));
const note = (page) => page.locator('.picture-note').innerText();
const tip = (page) => page.getByRole('tooltip');
/** Waits until the tip has a text. */
const tells = (page, text) => tip(page).filter({ hasText: text }).waitFor();
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute('aria-label'));
const number = (value) => value.toLocaleString('en-US');
const rows = (value) => `${number(value)} ${value === 1 ? 'row' : 'rows'}`;
/** `Nov 7, 2026, 12:00:00 PM UTC` */
const moment = (at) => new Date(at).toLocaleString('en-US', { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'medium' });

/** Nothing is wider than the page, and no text lies outside of its drawing. */
async function fits(page) {
  const found = () =>
    page.evaluate(() => [
      document.documentElement.scrollWidth - document.documentElement.clientWidth,
      [...document.querySelectorAll('.picture-scroll > svg text')].filter((text) => {
        const [own, frame] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
        return own.left < frame.left - 1 || own.right > frame.right + 1;
      }).map((text) => text.textContent),
    ]);
  // It is drawn anew for another width before the next frame.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await soon(async () => assert.deepEqual(await found(), [0, []]));
}

/** The tab stops in the drawing. */
const stops = (page) => page.locator('.picture-scroll > svg [tabindex="0"]').count();

async function looks(page, name, { within = '#host', visible = '.picture svg' } = {}) {
  await axe(page, { within, visible });
  await screenshots(page, `picture-${name}`, async () => {
    await page.locator(visible).first().waitFor();
    await fits(page);
  });
}

/** The same as a table, which is made when it is unfolded. */
async function asTable(page) {
  await page.getByText('As a table').click();
  await page.locator('.picture-table tbody tr').first().waitFor();
}

/** Goes on with Tab until an element inside the drawing has the focus. */
async function tabInto(page) {
  for (let press = 0; press < 12; press++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.closest('.picture-scroll > svg') !== null)) return;
  }
  assert.fail('no tab stop in the drawing');
}

test('time line: a snapshot is shown and another one compared, by the mouse and by the keyboard', async () => {
  const page = await open();
  const data = { ...history(7), selected: 's6', compared: 's5' };
  await draw(page, 'timeline', data);
  assert.equal(await note(page), `7 snapshots, from ${moment(START)} UTC to ${moment(START + 6 * DAY)} UTC.`);
  const mark = (at) => page.getByRole('button', { name: moment(START + at * DAY), exact: false });
  const buttons = page.getByRole('group', { name: /^Snapshots on a time line/ }).getByRole('button');
  assert.equal(await buttons.count(), 7);
  assert.equal(await page.locator('[aria-current]').getAttribute('aria-label'), await mark(6).getAttribute('aria-label'));
  // Left is earlier.
  const lefts = await buttons.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
  assert.deepEqual(lefts, lefts.toSorted((left, right) => left - right));

  const third = data.snapshots.find(({ id }) => id === 's2');
  await mark(2).hover();
  for (const text of [moment(third.at), `${third.tables} tables`, rows(third.rows), `${third.bytes / 1024} KiB`, 's2']) await tells(page, text);
  await page.keyboard.press('Escape');
  await tip(page).waitFor({ state: 'hidden' });
  await mark(2).click();
  await mark(4).click({ modifiers: ['Shift'] });
  await page.getByRole('button', { name: 'Compare with', exact: true }).click();
  await mark(1).click();
  // The one that is shown is not compared with itself.
  await mark(6).click();
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  assert.deepEqual(await calls(page), [['onSelect', 's2'], ['onCompare', 's4'], ['onCompare', 's1']]);

  await draw(page, 'timeline', data);
  assert.equal(await stops(page), 1);
  await tabInto(page);
  assert.match(await focused(page), new RegExp(moment(START + 6 * DAY)), 'the one that is shown has the tab stop');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.match(await focused(page), new RegExp(moment(START + 4 * DAY)));
  await tells(page, 's4');
  await page.keyboard.press('c');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowLeft');
  assert.match(await focused(page), new RegExp(moment(START)), 'there is nothing before the first one');
  assert.deepEqual(await calls(page), [['onCompare', 's4'], ['onSelect', 's0']]);
  // What is drawn anew keeps the focus.
  await update(page, 'timeline', { ...data, selected: 's0', compared: 's4' });
  assert.match(await focused(page), new RegExp(`${moment(START)}.*, shown`));
  assert.equal(await page.getByRole('button', { name: /compared with/ }).first().getAttribute('aria-label').then((text) => text.startsWith(moment(START + 4 * DAY))), true);
  await looks(page, 'timeline');
  await page.finish();
});

test('time line: runs that published nothing are told, and all of it is in the table', async () => {
  const page = await open();
  const data = history(10);
  await draw(page, 'timeline', data);
  const failed = data.runs.filter(({ outcome }) => outcome === 'failed').length;
  const legend = await page.getByRole('list', { name: 'Signs' }).innerText();
  assert.ok(legend.includes(`${failed} runs that failed`), legend);
  assert.ok(legend.includes('10 runs that found nothing new'), legend);
  assert.ok(legend.includes('partial run'), legend);
  await asTable(page);
  const [newest] = data.snapshots;
  const cells = await page.getByRole('row').nth(1).locator('th, td').allInnerTexts();
  assert.deepEqual(cells.slice(1, 5), [newest.id, String(newest.tables), number(newest.rows), `${newest.bytes / 1024} KiB`]);
  assert.equal(await page.getByRole('row').count(), 11);
  const second = await page.getByRole('row').nth(2).locator('td').last().innerText();
  assert.deepEqual(second.split(', ').sort(), ['1 failed', '1 unchanged']);
  await axe(page, { within: '#host', visible: '.picture-table table' });
  await page.finish();
});

test('time line: one snapshot, none, many, and many of one moment', async () => {
  const page = await open({ size: SIZES[2] });
  await draw(page, 'timeline', { ...history(1), selected: 's0' });
  assert.match(await note(page), /^One snapshot, of /);
  await axe(page, { within: '#host' });
  await draw(page, 'timeline', { snapshots: [], runs: [] });
  assert.equal(await note(page), 'There are no snapshots yet.');
  await axe(page, { within: '#host' });

  const marks = page.locator('.timeline-mark');
  for (const [kind, data] of [['timeline-many', { ...history(120), selected: 's60' }], ['timeline-equal', { ...history(30, { step: 0 }), selected: 's3' }]]) {
    await draw(page, 'timeline', data);
    assert.equal(await marks.count(), data.snapshots.length);
    const boxes = await marks.locator('.picture-hit').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
    const gaps = boxes.slice(1).map((left, at) => left - boxes[at]);
    assert.ok(Math.min(...gaps) > 23.9, `what is pressed is 24 pixels apart: ${Math.min(...gaps)}`);
    const shown = page.locator('[aria-current]');
    const [box, view] = [await shown.boundingBox(), await page.locator('.picture-scroll').first().boundingBox()];
    assert.ok(box.x >= view.x && box.x + box.width <= view.x + view.width, 'the one that is shown is in view');
    await tabInto(page);
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    assert.deepEqual(await calls(page), [['onSelect', data.snapshots[0].id]]);
    assert.ok((await page.locator(':focus').boundingBox()).x < 360, 'and so is what has the focus');
    await looks(page, kind);
  }
  await page.finish();
});

test('what has the focus is in view with its tip, wherever a key leads and whatever the width becomes', async () => {
  const page = await open({ size: SIZES[2] });
  const seen = () => page.evaluate(() => [document.activeElement, document.querySelector('.picture-tip')].map((one) => {
    const { left, right, top, bottom, width } = one.getBoundingClientRect();
    // A pixel is what a browser rounds away when it scrolls.
    return width > 0 && left >= -1 && top >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
  }));
  await draw(page, 'reach', access(400, 60));
  await tabInto(page);
  for (const key of ['End', 'Home', 'End', 'ArrowUp', 'Home', 'ArrowDown']) {
    await page.keyboard.press(key);
    await soon(async () => assert.deepEqual(await seen(), [true, true], `after ${key}`));
  }
  await page.setViewportSize(SIZES[0]);
  await draw(page, 'timeline', { ...history(120), selected: 's60' });
  await tabInto(page);
  await page.keyboard.press('End');
  await page.setViewportSize(SIZES[2]);
  await page.waitForFunction(() => document.querySelector('.picture-scroll').clientWidth < 360);
  await fits(page);
  assert.match(await focused(page), new RegExp(moment(START + 119 * DAY)));
  await soon(async () => assert.deepEqual(await seen(), [true, true]));
  await page.finish();
});

test('rows: figures of any snapshot, by the mouse and by the keyboard', async () => {
  const page = await open();
  const data = rowsOver(7, 9);
  await draw(page, 'rows', data);
  const sizes = (table) => table.rows.findLast((value) => value !== null);
  const sorted = data.tables.toSorted((left, right) => sizes(right) - sizes(left));
  const sliders = page.getByRole('slider');
  assert.deepEqual(await sliders.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))), sorted.map(({ name }) => name));
  const value = (name) => page.getByRole('slider', { name, exact: true }).getAttribute('aria-valuetext');
  for (const { name, rows: own } of sorted) {
    const last = own.at(-1);
    assert.ok((await value(name)).startsWith(last === null ? 'no such table' : rows(last)), `${name}: ${await value(name)}`);
  }

  assert.equal(await stops(page), 1);
  await tabInto(page);
  assert.equal(await focused(page), sorted[0].name);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page), sorted[1].name);
  const [before, now] = sorted[1].rows.slice(1, 3);
  const change = now - before;
  assert.ok((await value(sorted[1].name)).startsWith(rows(now)));
  for (const text of [rows(now), sorted[1].name, moment(data.snapshots[2].at), ...(change ? [`${change > 0 ? '+' : '−'}${number(Math.abs(change))}`] : [])]) await tells(page, text);
  // All tables tell of the same snapshot.
  assert.ok((await value(sorted[0].name)).startsWith(rows(sorted[0].rows[2])));
  await page.keyboard.press('Enter');
  assert.deepEqual(await calls(page), [['onSnapshot', 's2']]);

  const box = await page.getByRole('slider', { name: sorted[0].name, exact: true }).boundingBox();
  // The tip of what has the focus may lie over it.
  await page.keyboard.press('Escape');
  await page.mouse.move(box.x + 3, box.y + 40);
  await tells(page, rows(sorted[0].rows[0]));
  await page.mouse.click(box.x + box.width - 3, box.y + 40);
  assert.deepEqual(await calls(page), [['onSnapshot', 's8']]);
  await looks(page, 'rows');

  await asTable(page);
  assert.equal(await page.getByRole('row').count(), 1 + 7 * 9);
  const cells = await page.getByRole('row').nth(1).locator('th, td').allInnerTexts();
  const [first] = data.tables;
  assert.deepEqual([cells[0], cells[2]], [first.name, number(first.rows.at(-1))]);
  await axe(page, { within: '#host', visible: '.picture-table table' });
  await page.finish();
});

test('rows: a line is as high as its rows, has gaps where there is no table, and lies at 0 for an empty one', async () => {
  const page = await open();
  const snapshots = Array.from({ length: 4 }, (_, at) => ({ id: `s${at}`, at: START + at * DAY }));
  await draw(page, 'rows', { snapshots, tables: [{ name: 'grows', rows: [0, 50, 100, 100] }, { name: 'gaps', rows: [10, null, 10, null] }, { name: 'empty', rows: [0, 0, 0, 0] }] });
  const line = (name) => page.getByRole('slider', { name, exact: true }).locator('.rows-line');
  const heights = await line('grows').evaluate((path) => [0, path.getTotalLength()].map((at) => path.getPointAtLength(at).y));
  const middle = await page.getByRole('slider', { name: 'grows' }).evaluate((panel) => {
    const path = panel.querySelector('.rows-line');
    const all = Array.from({ length: 400 }, (_, at) => path.getPointAtLength((path.getTotalLength() * at) / 400).y);
    return [...new Set(all.map((y) => Math.round(y)))];
  });
  const [zero, top] = heights;
  assert.ok(middle.includes(Math.round((zero + top) / 2)), 'half of the rows is half as high');
  assert.equal((await line('gaps').getAttribute('d')).match(/M/g).length, 2, 'two pieces');
  assert.equal(await line('empty').evaluate((path) => path.getBBox().height), 0);
  assert.equal(await line('empty').evaluate((path) => path.getPointAtLength(0).y), zero);
  await page.finish();
});

test('rows: one snapshot, none, forty tables, and more than are drawn', async () => {
  const page = await open();
  await draw(page, 'rows', rowsOver(5, 1));
  assert.match(await note(page), /^5 tables, in one snapshot/);
  await axe(page, { within: '#host' });
  await draw(page, 'rows', { snapshots: [], tables: [] });
  assert.equal(await note(page), 'No snapshot tells of any rows yet.');
  await axe(page, { within: '#host' });
  const sliders = page.getByRole('slider');
  await draw(page, 'rows', rowsOver(40, 110));
  assert.equal(await sliders.count(), 40);
  await looks(page, 'rows-many');
  await draw(page, 'rows', rowsOver(4, 12, 5, 0));
  await axe(page, { within: '#host' });

  const data = rowsOver(55, 20);
  await draw(page, 'rows', data);
  assert.equal(await sliders.count(), 40);
  assert.match(await note(page), /^The 40 tables with the most rows, of 55,/);
  await page.getByRole('button', { name: '15 more', exact: true }).click();
  assert.equal(await sliders.count(), 55);
  await page.getByRole('button', { name: 'Only the 40 largest' }).click();
  assert.equal(await sliders.count(), 40);
  await page.finish();
});

/** The folders of each user as the data say it, the home folder among them. */
function reached({ users, permissions }) {
  const found = new Map(users.map(({ name, home }) => [name, new Set(home === undefined ? [] : [home])]));
  for (const { user, folder } of permissions) found.get(user).add(folder);
  return found;
}

test('who reaches what: users and folders, by the mouse and by the keyboard', async () => {
  const page = await open();
  const data = access(12, 4);
  const folders = reached(data);
  await draw(page, 'reach', data);
  const marks = page.getByRole('group', { name: /^Users, and the folders/ });
  const user = (name) => marks.getByRole('button', { name: new RegExp(`^${name},`) });
  const lines = [...folders.values()].reduce((sum, own) => sum + own.size, 0);
  assert.equal(await page.locator('.reach-lines > g').count(), lines);
  assert.equal(await marks.getByRole('button').count(), 12 + new Set([...folders.values()].flatMap((own) => [...own])).size);
  for (const { name, enabled } of data.users) {
    const label = await user(name).getAttribute('aria-label');
    assert.ok(label.includes(`${folders.get(name).size} folder`), label);
    assert.equal(label.includes('disabled'), !enabled, label);
    for (const folder of folders.get(name)) assert.ok(label.includes(folder), label);
  }
  const chosen = data.users.find(({ name }) => folders.get(name).size > 1);
  await user(chosen.name).hover();
  await soon(async () => assert.equal(await page.locator('.reach-link.on').count(), folders.get(chosen.name).size));
  await tells(page, `${chosen.home}: `);
  await user(chosen.name).click();
  assert.deepEqual(await calls(page), [['onUser', chosen.name]]);

  const [shared, own] = Object.entries(Object.groupBy([...folders].flatMap(([name, all]) => [...all].map((folder) => ({ name, folder }))), ({ folder }) => folder)).sort(([, left], [, right]) => right.length - left.length)[0];
  const folder = marks.getByRole('button', { name: new RegExp(`^${shared},`) });
  await folder.click();
  assert.equal(await note(page), `${own.length} users and 1 folder for ${shared}.`);
  assert.equal(await folder.getAttribute('aria-pressed'), 'true');
  assert.equal(await page.locator('.reach-lines > g').count(), own.length);
  await page.getByRole('button', { name: 'Everything' }).click();
  assert.equal(await page.locator('.reach-lines > g').count(), lines);

  assert.equal(await stops(page), 1);
  await tabInto(page);
  // The stop is the folder that was pressed.
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Home');
  const first = (await focused(page)).split(',')[0];
  assert.ok(folders.has(first));
  await page.keyboard.press('ArrowRight');
  assert.ok(folders.get(first).has((await focused(page)).split(',')[0]), 'to a folder of this user');
  await page.keyboard.press('ArrowLeft');
  assert.ok(folders.has((await focused(page)).split(',')[0]), 'and back to a user');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  const last = (await focused(page)).split(',')[0];
  await page.keyboard.press('Enter');
  assert.deepEqual(await calls(page), [['onUser', last]]);
  await looks(page, 'reach');
  await page.finish();
});

test('who reaches what: permissions have lines of their own, and names of them', async () => {
  const page = await open();
  const users = ['a', 'b', 'c'].map((name) => ({ name, enabled: true, home: `/${name}` }));
  const permissions = [{ user: 'a', folder: '/a', permission: 'READ_WRITE' }, { user: 'a', folder: '/b', permission: 'READ' }, { user: 'b', folder: '/a', permission: 'READ_WRITE' }, { user: 'b', folder: '/a', permission: 'READ' }, { user: 'c', folder: '/c', permission: '' }];
  await draw(page, 'reach', { users: [...users, { name: 'idle', enabled: true }], folders: ['/a', '/b', '/c', '/nobody'], permissions });
  const dash = (from, to) => page.locator(`[data-user="user ${from}"][data-folder="folder ${to}"] path`).evaluate((path) => getComputedStyle(path).strokeDasharray);
  const dashes = [await dash('a', '/a'), await dash('a', '/b'), await dash('b', '/a'), await dash('c', '/c')];
  assert.equal(new Set(dashes).size, 4, 'stated, another one, several, none');
  const legend = await page.getByRole('list', { name: 'Lines' }).innerText();
  for (const text of ['READ_WRITE', 'READ', 'several permissions', 'no permission stated', 'home folder']) assert.ok(legend.includes(text), legend);
  assert.match(await note(page), /Not drawn: 1 user without a folder, 1 folder that nobody reaches\.$/);
  await asTable(page);
  const table = await page.locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
  assert.deepEqual(table.find(([user, folder]) => user === 'b' && folder === '/a'), ['b', '/a', 'READ_WRITE, READ', '', '']);
  assert.deepEqual(table.find(([user]) => user === 'c'), ['c', '/c', '', 'home', '']);
  await draw(page, 'reach', { users: [], folders: [], permissions: [] });
  assert.equal(await note(page), 'There are no users.');
  await axe(page, { within: '#host' });
  await page.finish();
});

test('who reaches what: 5,000 users and 2,000 folders are drawn in part, said so, counted, and found', async () => {
  const page = await open();
  const data = access(5_000, 2_000);
  for (const user of data.users) if (user.home.startsWith('/home/')) user.home = `/shared/team-${Number(user.name.slice(5)) % 2_000}`;
  data.permissions = data.permissions.filter(({ folder }) => folder.startsWith('/shared/'));
  const folders = reached(data);
  const all = new Set([...folders.values()].flatMap((own) => [...own]));
  await draw(page, 'reach', data);
  assert.ok((await note(page)).startsWith(`40 of 5,000 users and 40 of ${number(all.size)} folders`), await note(page));
  assert.equal(await page.locator('.reach-node').count(), 82);
  await page.getByRole('button', { name: /^4,960 more users/ }).hover();
  await tells(page, '4,960 more users');
  await page.getByRole('button', { name: new RegExp(`^${number(all.size - 40)} more folders`) }).waitFor();
  await looks(page, 'reach-many');
  await page.setViewportSize(SIZES[2]);
  await fits(page);

  const sought = 'user-4321';
  await page.getByLabel('Find a user or folder').fill(sought.toUpperCase());
  assert.ok((await note(page)).startsWith(`1 user and ${folders.get(sought).size} folder`), await note(page));
  await page.getByRole('button', { name: new RegExp(`^${sought},`) }).click();
  assert.deepEqual(await calls(page), [['onUser', sought]]);
  await page.getByLabel('Find a user or folder').fill('nobody is called so');
  assert.equal(await note(page), 'Nothing was found.');
  await page.getByRole('button', { name: 'Everything' }).click();
  await asTable(page);
  const pairs = [...folders.values()].reduce((sum, own) => sum + own.size, 0);
  await page.getByText(`${number(pairs - 2_000)} more: find a user or folder`).waitFor();
  await page.finish();
});

test('hostile names do nothing but be shown', async () => {
  const page = await open({ size: SIZES[2] });
  const users = HOSTILE.map((name, at) => ({ name, enabled: at % 2 === 0, home: `/${name}` }));
  await draw(page, 'reach', { users, folders: users.map(({ home }) => home), permissions: users.map(({ name, home }) => ({ user: name, folder: home, permission: name })) });
  assert.equal(await page.locator('.reach-node[data-side=user]').count(), HOSTILE.length);
  await page.locator('.reach-node[data-side=user]').first().click();
  const [[, called]] = await calls(page);
  assert.ok(HOSTILE.includes(called));
  await looks(page, 'reach-hostile');

  const snapshots = HOSTILE.map((id, at) => ({ id, at: START + at * DAY }));
  await draw(page, 'rows', { snapshots, tables: HOSTILE.map((name, at) => ({ name, rows: HOSTILE.map((_, one) => at * one) })) });
  assert.equal(await page.getByRole('slider').count(), HOSTILE.length);
  await looks(page, 'rows-hostile');

  await draw(page, 'timeline', { snapshots: snapshots.map((one) => ({ ...one, tables: 1, rows: 1, bytes: 1 })).reverse(), runs: [], selected: '__proto__', compared: 'constructor' });
  await tabInto(page);
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  assert.deepEqual(await calls(page), [['onSelect', HOSTILE[0]]]);
  await looks(page, 'timeline-hostile');

  await draw(page, 'diagram', { tables: HOSTILE.map((name, at) => ({ name, rows: at, columns: HOSTILE.map((column) => ({ name: column, type: 'text' })), ...(at && { parent: HOSTILE[at - 1] }) })), references: [] });
  await page.locator('.table-card').first().waitFor();
  assert.equal(await page.locator('.table-card').count(), HOSTILE.length);
  await draw(page, 'top', { label: HOSTILE[0], values: HOSTILE.map((value, at) => ({ value, count: 10 - at })), total: 100 });
  await axe(page, { within: '#host', visible: '.picture table' });
  assert.equal(await page.locator('img').count(), 0);
  // A control that turns the direction of what follows stands as a word.
  assert.doesNotMatch(await page.locator('#host').innerText(), /[\u202A-\u202E\u2066-\u2069]/);
  await page.finish();
});

test('diagram: cards follow their lines, open and unfold', async () => {
  const page = await open();
  await draw(page, 'diagram', { ...GATEWAY, selected: 'users' });
  const card = (name) => page.getByRole('button', { name: new RegExp(`^${name}, `) });
  await card('users').waitFor();
  assert.equal(await page.locator('.table-card').count(), GATEWAY.tables.length);
  const children = GATEWAY.tables.filter(({ parent }) => parent).length;
  assert.equal(await page.locator('.diagram .link-child').count(), children);
  assert.equal(await page.locator('.diagram .link-reference').count(), GATEWAY.references.length);
  await card('folders').click();
  assert.deepEqual(await calls(page), [['onTable', 'folders']]);
  await draw(page, 'diagram', { ...GATEWAY, selected: 'users' });
  await card('users').waitFor();
  assert.equal(await stops(page), 1);
  await tabInto(page);
  assert.match(await focused(page), /^users, 1,204 rows, 11 columns/);
  await page.keyboard.press('ArrowRight');
  assert.match(await focused(page), /^users__p/, 'to a child');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  assert.deepEqual(await calls(page), [['onTable', 'users']]);
  const before = await page.evaluate(() => document.activeElement.getBoundingClientRect().height);
  await page.keyboard.press(' ');
  await page.waitForFunction((least) => document.activeElement.getBoundingClientRect().height > least, before);
  await axe(page, { within: '#host', visible: '.table-card' });
  await screenshots(page, 'picture-diagram', () => page.locator('.table-card').first().waitFor());

  await draw(page, 'diagram', forest(120, 5));
  await page.locator('.table-card').first().waitFor();
  assert.equal(await page.locator('.table-card').count(), 24, 'of more than forty, those around one: its tree of 24');
  assert.match(await note(page), /^24 of 120 tables: those nearest to t/);
  await axe(page, { within: '#host', visible: '.table-card' });
  await page.finish();
});

test('histogram: bars are as high as their counts', async () => {
  const page = await open();
  const bins = [4, 0, 8, 2].map((count, at) => ({ from: String(at * 10), to: String(at * 10 + 10), count }));
  await draw(page, 'histogram', { label: 'age', bins });
  const heights = await page.locator('.histogram-bar').evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().height));
  assert.ok(Math.abs(heights[0] - heights[2] / 2) < 1 && heights[1] === 0 && Math.abs(heights[3] - heights[2] / 4) < 1, String(heights));
  const label = await page.getByRole('img', { name: /^Histogram of age/ }).getAttribute('aria-label');
  for (const { from, to, count } of bins) assert.ok(label.includes(`${from} to ${to}: ${count}`), label);
  await axe(page, { within: '#host' });
  await screenshots(page, 'picture-histogram');
  await draw(page, 'histogram', { label: 'none', bins: [] });
  await page.getByText('No values to show.').waitFor();
  await page.finish();
});

test('system colours, print, and an end', async () => {
  const page = await open({ forcedColors: 'active' });
  await draw(page, 'timeline', { ...history(7), selected: 's6', compared: 's5' });
  const colours = await page.evaluate(() => {
    const probe = document.createElement('p');
    document.body.append(probe);
    const system = (name) => ((probe.style.color = name), getComputedStyle(probe).color);
    const found = [getComputedStyle(document.querySelector('[data-is=selected] .timeline-sign')).fill, system('Highlight'), getComputedStyle(document.querySelector('.timeline-line')).stroke, system('CanvasText')];
    probe.remove();
    return found;
  });
  assert.equal(colours[0], colours[1]);
  assert.equal(colours[2], colours[3]);
  await axe(page, { within: '#host' });
  await page.emulateMedia({ media: 'print', forcedColors: 'none' });
  await draw(page, 'reach', access(60, 9));
  assert.equal(await page.getByLabel('Find a user or folder').isVisible(), false);
  const [inner, outer] = await page.locator('.picture-scroll').first().evaluate((one) => [one.scrollHeight, one.clientHeight]);
  assert.equal(inner, outer, 'nothing is cut off on paper');
  // One that still heard keys would hide its tip.
  const hidden = await page.evaluate(() => {
    const tip = document.querySelector('.picture-tip');
    for (const picture of Object.values(globalThis.pictures)) picture.dispose();
    tip.hidden = false;
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    return tip.hidden;
  });
  assert.equal(hidden, false);
  assert.equal(await page.locator('#host > *').count(), 0);
  await page.setViewportSize(SIZES[2]);
  await page.keyboard.press('Escape');
  await page.finish();
});
