// A million users streamed through the module's `normalize`: `npm run build npm`, then `node benches/module.mjs [USERS]`. Prints one line of JSON.
import { normalize } from '../npm/module/node.js';

const USERS = Number(process.argv[2] ?? 1_000_000);
const BATCH = 2_000;
let bytes = 0;

/** The body, made as it is read: its making is part of the time. */
async function* body() {
  const encoder = new TextEncoder();
  yield encoder.encode('[');
  for (let first = 0; first < USERS; first += BATCH) {
    const users = Array.from({ length: Math.min(BATCH, USERS - first) }, (_, at) => user(first + at));
    const piece = encoder.encode((first ? ',' : '') + users.join(','));
    bytes += piece.length;
    yield piece;
  }
  yield encoder.encode(']');
}

const user = (id) => JSON.stringify({ id, username: `user${id}`, email: `user${id}@example.com`, enabled: id % 7 !== 0, createdDate: new Date(1.6e12 + id * 1000).toISOString(), homeFolder: { path: `/home/user${id}`, permission: 'READ_WRITE' }, publicKeys: [{ name: 'main', fingerprint: `SHA256:${id}` }] });

const started = performance.now();
const tables = await normalize(body(), { table: 'users', primary_key: 'id' });
const seconds = (performance.now() - started) / 1000;
const parquet = tables.tables.reduce((total, table) => total + table.parquet().length, 0);
const megabytes = (value) => Math.round(value / 1e6);
console.log(JSON.stringify({ users: USERS, seconds: Number(seconds.toFixed(1)), json_mb: megabytes(bytes), parquet_mb: megabytes(parquet), peak_rss_mb: megabytes(process.resourceUsage().maxRSS * 1024), rows: tables.tables.map(({ name, rows }) => [name, rows]) }));
