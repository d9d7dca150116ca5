// @ts-nocheck
// The first page: the current snapshot's tables, their first rows, and the runs. Everything comes from this Worker's API.
import { workerUrl } from './engine/trusted.ts';

const find = (id) => document.getElementById(id);
const ROWS = 50;
/** In memory only. */
let token = '';

const time = (ms) => new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const number = (value) => value.toLocaleString();
const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`);

/** An element; what the gateway said only ever becomes text. */
function element(name, { on = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  for (const [event, listener] of Object.entries(on)) made.addEventListener(event, listener);
  made.append(...children);
  return made;
}

/** `columns`: [title, class]; `rows`: lists of cells (texts or elements), the first one names its row. */
function table(caption, columns, rows) {
  const head = columns.map(([title, className = '']) => element('th', { scope: 'col', className, textContent: title }));
  const body = rows.map((cells) =>
    element('tr', {}, ...cells.map((cell, at) => element(at ? 'td' : 'th', { ...(!at && { scope: 'row' }), className: columns[at][1] ?? '' }, cell))),
  );
  return element('table', { ariaLabel: caption }, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body));
}

function say(text, failed = false) {
  find('status').textContent = text;
  find('status').className = failed ? 'failed' : '';
}

async function call(path, options = {}) {
  const dataset = find('dataset').value;
  const url = new URL(path, location.href);
  if (dataset) url.searchParams.set('dataset', dataset);
  const response = await fetch(url, { ...options, headers: { authorization: `Bearer ${token}` } });
  if (response.headers.get('content-type') !== 'application/json') return response;
  const answer = await response.json();
  if (answer.error) {
    const { message, at, help } = answer.error;
    throw Object.assign(new Error(`${message}${at ? ` (${at})` : ''}. ${help ?? ''}`), { code: answer.error.code });
  }
  return answer;
}

/** Runs `work` with the controls switched off, and shows what goes wrong. */
async function busy(text, work) {
  say(text);
  const buttons = [...document.querySelectorAll('button')];
  for (const button of buttons) button.disabled = true;
  try {
    say((await work()) ?? '');
  } catch (error) {
    say(error.message, true);
    if (error.code === 'denied' || error.code === 'closed') leave();
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function leave() {
  token = '';
  find('lake').hidden = true;
  find('enter').hidden = false;
  find('token').value = '';
  find('token').focus();
}

async function datasets() {
  const names = (await call('/api/datasets')).datasets.map((one) => one.dataset);
  find('dataset').replaceChildren(...names.map((name) => element('option', { value: name, textContent: name })));
  find('choice').hidden = names.length < 2;
}

async function show() {
  find('rows-section').hidden = true;
  const [current, { runs }] = await Promise.all([
    call('/api/snapshots/current').catch((error) => {
      if (error.code === 'nothing_published') return { nothing: error.message };
      throw error;
    }),
    call('/api/runs?limit=20'),
  ]);
  showTables(current);
  find('runs').replaceChildren(
    table(
      'Runs, newest first',
      [['Scheduled for'], ['Outcome'], ['Seconds', 'number'], ['What happened', 'wide']],
      runs.map((run) => [
        time(run.scheduled_time),
        element('span', { className: run.error || run.resources.some((one) => one.error) ? 'bad' : 'good', textContent: run.outcome.replaceAll('_', ' ') }),
        ((run.finished_at - run.started_at) / 1000).toFixed(1),
        [run.error, ...run.resources.map((one) => one.error)].find(Boolean)?.message ?? `${number(run.tables.filter((one) => one.changed).length)} tables changed`,
      ]),
    ),
  );
  find('lake').hidden = false;
  find('enter').hidden = true;
}

function showTables({ snapshot, freshness = {}, nothing }) {
  find('tables').hidden = !snapshot;
  if (!snapshot) {
    find('snapshot').textContent = nothing;
    return;
  }
  const rows = snapshot.tables.reduce((sum, one) => sum + one.rows, 0);
  find('snapshot').textContent = `Snapshot ${snapshot.snapshot} of ${time(snapshot.scheduled_time)}: ${number(snapshot.tables.length)} tables, ${number(rows)} rows.`;
  find('tables').replaceChildren(
    table(
      'Tables of the current snapshot',
      [['Table'], ['Look'], ['Rows', 'number'], ['Columns', 'number'], ['Files', 'number'], ['Size', 'number'], ['Fetched'], ['State', 'wide']],
      snapshot.tables.map((one) => {
        const { fetched_at: fetched, stale } = freshness[one.resource] ?? one.freshness;
        const columns = one.columns.filter((column) => column.data_type).length;
        return [
          one.name,
          element(
            'span',
            {},
            element('button', { type: 'button', textContent: 'Rows', ariaLabel: `Rows of ${one.name}`, on: { click: () => busy(`Reading ${one.name} …`, () => showRows(one.name)) } }),
            ' ',
            element('button', { type: 'button', textContent: 'Parquet', ariaLabel: `Parquet of ${one.name}`, on: { click: () => busy(`Fetching ${one.name} …`, () => download(one)) } }),
          ),
          number(one.rows),
          number(columns),
          number(one.files.length),
          size(one.bytes),
          fetched ? time(fetched) : '',
          stale ? element('span', { className: 'bad', textContent: `stale since ${time(stale.since)}: ${stale.message}` }) : 'as the gateway said',
        ];
      }),
    ),
  );
}

async function showRows(name) {
  const { columns, rows, total } = await call(`/api/tables/${encodeURIComponent(name)}?limit=${ROWS}`);
  find('rows-title').textContent = name;
  find('rows-note').textContent = total > rows.length ? `The first ${rows.length} of ${number(total)} rows.` : `${number(total)} rows.`;
  const cell = (value) =>
    value === null ? element('span', { className: 'null', textContent: 'null' }) : typeof value === 'object' ? JSON.stringify(value) : String(value);
  find('rows').replaceChildren(
    table(`Rows of ${name}`, columns.map((column) => [column.name, 'cut']), rows.map((row) => columns.map((column) => cell(row[column.name])))),
  );
  find('rows-section').hidden = false;
  find('rows-title').focus();
}

async function download({ name, files }) {
  for (let file = 0; file < files.length; file += 1) {
    const response = await call(`/api/tables/${encodeURIComponent(name)}.parquet?file=${file}`);
    const url = URL.createObjectURL(await response.blob());
    element('a', { href: url, download: files.length > 1 ? `${name}-${file}.parquet` : `${name}.parquet` }).click();
    URL.revokeObjectURL(url);
  }
  return `${name}: ${files.length} ${files.length === 1 ? 'file' : 'files'} saved.`;
}

find('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  token = find('token').value;
  busy('Opening the lake …', async () => {
    await datasets();
    await show();
    find('main').focus();
  });
});
find('dataset').addEventListener('change', () => busy('Reading …', show));
find('reload').addEventListener('click', () => busy('Reading …', show));
find('leave').addEventListener('click', () => {
  leave();
  say('');
});
find('run').addEventListener('click', () =>
  busy('The gateway is being read …', async () => {
    const { runs } = await call('/api/runs', { method: 'POST' });
    await show();
    return runs.map((run) => `${run.dataset}: ${run.outcome.replaceAll('_', ' ')}`).join('; ');
  }),
);

new Worker(workerUrl(), { type: 'module' });
