// `npm run demo`: the main job from end to end, on this machine alone: an emulated gateway, the Worker in workerd, local R2.
import { DuckDBInstance } from '@duckdb/node-api';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { startGateway } from '../tests/gateway/server.mjs';
import { buildSite, buildWasm } from './build.mjs';
import { ROOT } from './lib/execute.mjs';
import { emulated, startLocal } from './lib/local.mjs';
import { bold, bytes, count, dim, step, table } from './lib/say.mjs';

const HELP = `npm run demo [-- OPTIONS]

Pulls an emulated gateway into a local lake, twice, with a change in between, and shows what came of it.

--users N   users of the emulated gateway (1000)
--serve     stay up afterwards: the page and the API can be tried until Ctrl-C
--help      this text`;
const HOUR = 3_600_000;
/** Where the published files are copied to: the local R2 keeps its objects under names that say nothing. */
const LAKE = join(ROOT, 'build', 'demo');
const QUERY = `
  SELECT u.username, f.absolute_path AS folder, p.permission, count(k._dlt_id) AS keys, max(k.created_date)::DATE AS newest_key
  FROM users u
  JOIN users__permissions p ON p._dlt_parent_id = u._dlt_id
  JOIN folders f ON f.id = p.folder_id
  LEFT JOIN users__public_keys k ON k._dlt_parent_id = u._dlt_id AND k.enabled
  WHERE u.enabled
  GROUP BY ALL ORDER BY keys DESC, username LIMIT 8`;

async function main() {
  const { values } = parseArgs({ options: { users: { type: 'string', default: '1000' }, serve: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) return console.log(HELP);
  const users = Number(values.users);
  if (!Number.isInteger(users) || users < 1 || users > 1_000_000) throw new Error('--users takes a whole number from 1 to 1000000.');

  await buildWasm('worker');
  await buildSite();
  const gateway = await step(`The emulated gateway, ${count(users)} users`, async () => {
    const started = await startGateway({ users });
    return Object.assign(started, { detail: started.url });
  });
  const token = randomBytes(24).toString('hex');
  const local = await step('The Worker in workerd, with an empty local R2', async () => {
    const started = await startLocal({ ...emulated(gateway), token });
    return Object.assign(started, { detail: String(started.url) });
  });
  try {
    const now = Date.now();
    await run(local, 'The cron fires for the first time', now - HOUR);
    gateway.set({ revision: 1 });
    console.log(dim('\n  Meanwhile at the gateway: users come, go and change, keys are added.\n'));
    await run(local, 'The cron fires an hour later', now);

    const { snapshot } = await local.api('/api/snapshots/current');
    const files = await copy(local, snapshot);
    console.log(`\n${bold('Where it lies')}: the bucket's objects, copied to ${relative(ROOT, LAKE)}/`);
    console.log(files.map(({ key, size }) => `  ${key} ${dim(bytes(size))}`).join('\n'));
    await query(snapshot);

    console.log(`\n${bold('The page')}: ${local.url}`);
    console.log(values.serve ? `  Its token: ${token}` : dim('  It goes with this demo; `npm run demo -- --serve` stays up.'));
    const rows = snapshot.tables.reduce((sum, one) => sum + one.rows, 0);
    if (values.serve) {
      console.log(dim(`  Another run: curl -X POST -H 'authorization: Bearer ${token}' ${local.url}api/runs`));
      console.log(dim('  It stays up until Ctrl-C.'));
    }
    console.log(`\ndemo: snapshot ${snapshot.snapshot} published: ${snapshot.tables.length} tables, ${rows} rows`);
    if (values.serve) await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  } finally {
    await local.close();
    await gateway.close();
  }
}

/** Fires the cron, tells what the Worker logs meanwhile, and shows what it came to. */
async function run(local, title, time) {
  await step(title, async (note) => {
    const listen = setInterval(() => note(local.logs.at(-1) ?? ''), 100);
    try {
      const outcome = await local.cron(time);
      if (outcome !== 'ok') throw new Error(`The cron's outcome: ${outcome}. ${local.logs.at(-1) ?? ''}`);
    } finally {
      clearInterval(listen);
    }
  });
  const record = (await local.api('/api/runs?limit=1')).runs[0];
  const { get, head, put, list } = record.operations;
  console.log(dim(`  ${record.outcome} in ${record.finished_at - record.started_at} ms; ${record.requests} requests to the gateway; R2: ${get} gets, ${head} heads, ${put} puts, ${list} lists`));
  console.log(`\n${table(
    ['table', 'rows', 'columns', 'files', 'size', 'what changed'],
    record.tables.map((one) => [one.name, one.rows, one.columns, one.files, bytes(one.bytes), changes(one)]),
  )}`);
}

function changes({ rows_before: before, rows, changed, new_columns: columns }) {
  if (before === null) return 'new';
  if (!changed) return dim('nothing: no file was written');
  const grew = rows - before;
  const said = [grew === 0 ? 'its content' : `${grew > 0 ? '+' : ''}${grew} ${Math.abs(grew) === 1 ? 'row' : 'rows'}`];
  if (columns.length) said.push(`new columns ${columns.join(', ')}`);
  return said.join(', ');
}

async function copy(local, snapshot) {
  rmSync(LAKE, { recursive: true, force: true });
  const bucket = await local.bucket();
  const { objects } = await bucket.list();
  const current = new Set(snapshot.tables.flatMap((one) => one.files.map((file) => file.path)));
  for (const { key } of objects) {
    const path = join(LAKE, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, new Uint8Array(await (await bucket.get(key)).arrayBuffer()));
  }
  // The lake's documents, and the files of the current snapshot; older snapshots keep theirs.
  return objects.filter(({ key }) => !key.includes('/data/') || [...current].some((path) => key.endsWith(path)));
}

/** Asks a real DuckDB. */
async function query(snapshot) {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const root = join(LAKE, 'gatelake', snapshot.dataset);
  for (const { name, files } of snapshot.tables) {
    const paths = files.map((file) => `'${join(root, file.path).replaceAll("'", "''")}'`);
    await connection.run(`CREATE VIEW "${name.replaceAll('"', '""')}" AS FROM read_parquet([${paths.join(', ')}], union_by_name = true)`);
  }
  const version = (await connection.runAndReadAll('SELECT version()')).getRows()[0][0];
  const answer = await connection.runAndReadAll(QUERY);
  console.log(`\n${bold(`Who gets in, to what, with how many keys: asked of DuckDB ${version}`)}${dim(QUERY)}\n`);
  console.log(table(answer.columnNames(), answer.getRowsJson().map((row) => row.map((cell) => (/^\d+$/.test(cell) ? Number(cell) : String(cell ?? '–'))))));
  connection.closeSync();
}

await main().then(
  () => process.exit(0),
  (error) => {
    console.error(`\n${error.message}`);
    process.exit(1);
  },
);
