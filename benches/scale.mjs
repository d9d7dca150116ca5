// `npm run bench:scale`: what loads cost in the real Worker, in workerd with a local R2, from an emulated gateway that has many users.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startGateway } from '../tests/gateway/server.mjs';
import { buildSite, buildWasm } from '../tools/build.mjs';
import { ROOT } from '../tools/lib/execute.mjs';
import { emulated, startLocal } from '../tools/lib/local.mjs';
import { bold, count, dim, step, table } from '../tools/lib/say.mjs';
import { told, workerd } from './workerd.mjs';

const HOUR = 3_600_000;
const OUT = join(ROOT, 'target', 'bench');
const LIMITS = '[limits]\ndeadline_seconds = 840\ntimeout_seconds = 300\nrequests = 9000\nresource_mib = 65536\n';
/** How `users` are loaded: lines of their section of gatelake.toml. */
const STRATEGIES = {
  replace: 'primary_key = ["id"]',
  'delete-insert': 'primary_key = ["id"]\ndisposition = "merge"',
  upsert: 'primary_key = ["id"]\ndisposition = "merge"\nstrategy = "upsert"',
  scd2: 'disposition = "merge"\nstrategy = "scd2"',
};
const HELP = `npm run bench:scale [-- OPTIONS]

Loads users of an emulated gateway one time after the other, and changes some in between: the Worker in workerd, a local R2 on disk. Linux alone.

--users N[,N…]        users of the first load (10000)
--changed P[,P…]      percent of them that change before each further load: of five, four are edited, one in two makes room for a new one (1)
--edited P[,P…]       the same, but all of them are edited
--loads N             (10)
--strategies A[,B…]   ${Object.keys(STRATEGIES).join(', ')} (all)
--page N              users in a page of the gateway's list (2000)
--file-mib N          where a file of a table ends (as the Worker has it)
--out NAME            the file under target/bench/ that has it all, too, a line for each load (scale.jsonl)

Each combination has a Worker and a bucket of its own. What is measured of each load: the whole run's time (wall), the processor time of workerd,
which the local R2 is a part of, the answers' bytes, calls to R2, what the tables come to in the manifest, the wasm's memory, which never shrinks, and the most
that workerd's process had resident.`;

function read(argv) {
  const text = (value) => ({ type: 'string', ...(value !== undefined && { default: value }) });
  const options = { users: text('10000'), changed: text(), edited: text(), loads: text('10'), strategies: text(Object.keys(STRATEGIES).join()), page: text('2000'), 'file-mib': text(), out: text('scale.jsonl'), help: { type: 'boolean' } };
  const { values } = parseArgs({ args: argv, options });
  const numbers = (name, least, most, whole = true) =>
    (values[name] ?? '').split(',').map((one) => {
      const number = Number(one);
      if (one === '' || !(number >= least && number <= most) || (whole && !Number.isInteger(number))) throw new Error(`--${name} takes numbers from ${least} to ${most}.`);
      return number;
    });
  const strategies = values.strategies.split(',');
  const unknown = strategies.find((name) => !STRATEGIES[name]);
  if (unknown !== undefined) throw new Error(`There is no strategy ${unknown}. Known: ${Object.keys(STRATEGIES).join(', ')}.`);
  if (values.changed && values.edited) throw new Error('--changed and --edited are two ways to say the same.');
  const shares = values.edited ? numbers('edited', 0, 100, false) : values.changed ? numbers('changed', 0, 100, false) : [1];
  return {
    help: values.help,
    file: values.out,
    strategies,
    shares,
    editsOnly: values.edited !== undefined,
    users: numbers('users', 1, 1_000_000),
    loads: numbers('loads', 1, 1000)[0],
    page: numbers('page', 1, 100_000)[0],
    fileMib: values['file-mib'] === undefined ? undefined : numbers('file-mib', 1, 1024)[0],
  };
}

/** So many users of a share in percent; removed ones make room for added ones. */
function changes(users, share, editsOnly) {
  const all = Math.round((users * share) / 100);
  const added = editsOnly ? 0 : Math.floor(all / 10);
  return { edited: all - 2 * added, added, removed: added };
}

/** One Worker, one bucket, one load after the other. */
async function measure({ users, share, strategy, loads, page, fileMib, editsOnly }, note, keep) {
  const gateway = await startGateway({ users, ...changes(users, share, editsOnly), envelope: 'page-new', pageSize: page, maxPageSize: page });
  const token = randomBytes(24).toString('hex');
  const { toml, secrets } = emulated(gateway);
  const others = 'folders = false\ncloud_connections = false\ndiagnostics = false\n';
  const section = `[gateway.sftp.resources.users]\n${STRATEGIES[strategy]}\n${fileMib ? `file_mib = ${fileMib}\n` : ''}`;
  const local = await startLocal({ toml: `${LIMITS}${toml}[gateway.sftp.resources]\n${others}${section}`, secrets, token });
  try {
    await local.api('/api/runs');
    const process = workerd();
    const begun = Date.now() - loads * HOUR;
    for (let load = 1; load <= loads; load += 1) {
      note(`load ${load} of ${loads}`);
      gateway.set({ revision: load - 1 });
      process.forget();
      const [started, cpu] = [Date.now(), process.cpu()];
      const ended = await local.cron(begun + load * HOUR);
      const [wall, busy, peak] = [Date.now() - started, process.cpu() - cpu, process.peak()];
      const [record] = (await local.api('/api/runs?limit=1')).runs;
      if (ended !== 'ok') throw new Error(`load ${load}: ${JSON.stringify(record?.error ?? record?.resources ?? local.logs.at(-1))}`);
      keep({ ...costs(record), load, users, share, strategy, wall, cpu: busy, peak, wasm: wasmOf(local.logs) });
    }
  } finally {
    await local.close();
    await gateway.close();
  }
}

/** What the run's record has of it. */
function costs({ outcome, requests, operations, resources, tables, started_at: from, finished_at: to }) {
  const own = tables.filter(({ name }) => name.startsWith('users'));
  const sum = (list, field) => list.reduce((total, one) => total + one[field], 0);
  return { outcome, requests, operations, run: to - from, received: sum(resources, 'bytes'), arrived: sum(resources, 'rows'), rows: sum(own, 'rows'), files: sum(own, 'files'), bytes: sum(own, 'bytes') };
}

/** The Worker says it after each run. */
const wasmOf = (logs) => Number(logs.findLast((line) => line.endsWith(' MiB of memory')).split(' ')[0]) * 2 ** 20;

const seconds = (ms) => (ms / 1000).toFixed(1);
const mb = (bytes) => (bytes / 1e6).toFixed(1);
const mib = (bytes) => count(Math.round(bytes / 2 ** 20));

function shown(results) {
  return table(
    ['load', 'outcome', 'wall, s', 'cpu, s', 'received, MB', 'requests', 'gets', 'puts', 'other', 'rows', 'files', 'MB', 'wasm, MiB', 'resident, MiB'],
    results.map(({ operations: { get, put, head, list, delete: gone }, ...one }) => [
      one.load, one.outcome, seconds(one.wall), one.cpu.toFixed(1), mb(one.received), one.requests, get, put, head + list + gone, count(one.rows), one.files, mb(one.bytes), mib(one.wasm), mib(one.peak),
    ]),
  );
}

async function main(argv) {
  const { help, users, shares, strategies, file, ...rest } = read(argv);
  if (help) return console.log(HELP);
  if (!told()) throw new Error('What a process uses is read from /proc, which only Linux has.');
  await buildWasm('worker');
  await buildSite();
  mkdirSync(OUT, { recursive: true });
  const out = join(OUT, file);
  const all = [];
  for (const one of users) {
    for (const share of shares) {
      for (const strategy of strategies) {
        const title = `${strategy}: ${count(one)} users, ${share} % of them ${rest.editsOnly ? 'edited' : 'changed'} before each load`;
        const results = [];
        const keep = (result) => {
          results.push(result);
          // Whoever breaks it off has what was measured until then.
          writeFileSync(out, `${[...all, ...results].map((line) => JSON.stringify(line)).join('\n')}\n`);
        };
        await step(title, (note) => measure({ users: one, share, strategy, ...rest }, note, keep));
        console.log(`\n${shown(results)}\n`);
        all.push(...results);
      }
    }
  }
  console.log(`${bold('scale')}: ${all.length} loads ${dim(`(target/bench/${file})`)}`);
}

await main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    console.error(error.stack ?? error.message);
    process.exit(1);
  },
);
