// Who takes part in the benchmark. Each is `prepare(path) → { by, run }`: by what, with its version, and a function that does
// the job once and answers what it measured: `{ ms, rows, bytes }`, rows and bytes being those of the Parquet written (none
// from the parser alone).
import { DuckDBInstance, version as duckdb } from '@duckdb/node-api';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../tools/lib/execute.mjs';
import { shred } from './shred.mjs';

const CHUNK = 64 << 10;
const LOAD_ID = '2026-11-23T00:00:00Z';
const V8 = `V8 ${process.versions.v8.split('.').slice(0, 2).join('.')}`;

const versionOf = (...folder) => JSON.parse(readFileSync(join(ROOT, ...folder, 'package.json'), 'utf8')).version;

const WASM = join(ROOT, 'build', 'web', 'gatelake_bg.wasm');
const GLUE = join(ROOT, 'build', 'web', 'gatelake.js');

/** The job, with glue that has an instance. */
function shredAll(glue, json) {
  const load = new glue.Normalizer('users', '{}', LOAD_ID);
  let bytes = 0;
  const take = () => load.takeParts().forEach((part) => (bytes += part.bytes.length));
  for (let at = 0; at < json.length; at += CHUNK) {
    load.feed(json.subarray(at, at + CHUNK));
    take();
  }
  const { tables } = load.finish();
  take();
  load.free();
  return { rows: tables.reduce((sum, { rows }) => sum + rows, 0), bytes };
}

export const CONTENDERS = {
  /** This project, as it runs in Workers and pages. */
  async gatelake(path) {
    const glue = await import(GLUE);
    const { memory } = glue.initSync({ module: readFileSync(WASM) });
    const json = readFileSync(path);
    const run = () => {
      const started = performance.now();
      const done = shredAll(glue, json);
      return { ms: performance.now() - started, ...done, wasm: memory.buffer.byteLength };
    };
    return { by: `${versionOf()} as wasm in ${V8}`, run };
  },

  /** The same with a new instance, and so new memory, for each run. */
  async 'gatelake, fresh'(path) {
    const module = new WebAssembly.Module(readFileSync(WASM));
    const json = readFileSync(path);
    let instances = 0;
    const run = async () => {
      // Glue has one instance for good; another address makes it another module.
      const glue = await import(`${pathToFileURL(GLUE)}?${(instances += 1)}`);
      const started = performance.now();
      const { memory } = glue.initSync({ module });
      const done = shredAll(glue, json);
      return { ms: performance.now() - started, ...done, wasm: memory.buffer.byteLength };
    };
    return { by: 'a new instance each time', run };
  },

  /**
   * The same in workerd, which holds the body already. A Worker's clock stands still while it computes, so the time is taken
   * outside; what a request takes that does nothing is taken off.
   */
  async 'gatelake, workerd'(path) {
    const { unstable_startWorker: startWorker } = await import('wrangler');
    const entrypoint = join(ROOT, 'build', 'web', 'bench.mjs');
    writeFileSync(entrypoint, WORKER);
    const dev = { server: { hostname: '127.0.0.1', port: 0 }, logLevel: 'none', watch: false, persist: false, inspector: false };
    const worker = await startWorker({ name: 'bench', entrypoint, compatibilityDate: '2026-11-01', dev });
    await worker.ready;
    const url = await worker.url;
    const json = readFileSync(path);
    const ask = async (what, init) => {
      const started = performance.now();
      const response = await fetch(new URL(what, url), init);
      return { ...(await response.json()), ms: performance.now() - started };
    };
    await ask('keep', { method: 'POST', body: json });
    const run = async () => {
      const idle = await ask('idle');
      const done = await ask('load');
      return { ...done, ms: done.ms - idle.ms };
    };
    return { by: `workerd ${versionOf('node_modules', 'workerd')}`, run, end: () => worker.dispose() };
  },

  /** V8's parser and nothing else; turning the bytes into a string is not counted. */
  async 'JSON.parse'(path) {
    const text = readFileSync(path, 'utf8');
    const run = () => {
      const started = performance.now();
      const parsed = JSON.parse(text);
      return { ms: performance.now() - started, records: parsed.length };
    };
    return { by: V8, run };
  },

  /** The same from bytes, as the other contenders have them. */
  async 'JSON.parse, bytes'(path) {
    const json = readFileSync(path);
    const run = () => {
      const started = performance.now();
      const parsed = JSON.parse(new TextDecoder().decode(json));
      return { ms: performance.now() - started, records: parsed.length };
    };
    return { by: `${V8}, TextDecoder`, run };
  },

  /** What one would write by hand in JavaScript. */
  async JavaScript(path) {
    const json = readFileSync(path);
    const run = () => {
      const started = performance.now();
      const tables = shred('users', JSON.parse(json.toString()), LOAD_ID);
      let [rows, bytes] = [0, 0];
      for (const { columns } of tables.values()) {
        bytes += parquetWriteBuffer({ columnData: columns }).byteLength;
        rows += columns[0].data.length;
      }
      return { ms: performance.now() - started, rows, bytes };
    };
    return { by: `${V8}, hyparquet-writer ${versionOf('node_modules', 'hyparquet-writer')}`, run };
  },

  /** DuckDB's native library on one thread, with a query for each table that somebody wrote who knew the data. */
  async DuckDB(path) {
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    const out = join(ROOT, 'target', 'bench', 'duckdb');
    const run = async () => {
      const started = performance.now();
      let rows = 0;
      for (const [name, query] of Object.entries(DUCKDB)) {
        const reader = await connection.runAndReadAll(`COPY (${query(`read_json(${quoted(path)}, columns = {${DUCKDB_COLUMNS}}, maximum_object_size = 67108864)`)}) TO ${quoted(`${out}-${name}.parquet`)} (FORMAT parquet)`);
        rows += Number(reader.getRows()[0][0]);
      }
      const ms = performance.now() - started;
      const bytes = Object.keys(DUCKDB).reduce((sum, name) => sum + readFileSync(`${out}-${name}.parquet`).length, 0);
      return { ms, rows, bytes };
    };
    return { by: `DuckDB ${duckdb()}, native, 1 thread`, run };
  },
};

const WORKER = `
import module from './gatelake_bg.wasm';
import * as glue from './gatelake.js';
const { memory } = glue.initSync({ module });
let json;
${shredAll}
const LOAD_ID = '${LOAD_ID}';
const CHUNK = ${CHUNK};
export default {
  async fetch(request) {
    if (request.method === 'POST') json = new Uint8Array(await request.arrayBuffer());
    const done = request.url.endsWith('/load') ? shredAll(glue, json) : {};
    return Response.json({ ...done, wasm: memory.buffer.byteLength });
  },
};`;

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

const DUCKDB_COLUMNS = `id: 'BIGINT', username: 'VARCHAR', enabled: 'BOOLEAN', userType: 'VARCHAR', usesPassword: 'BOOLEAN',
  password: 'VARCHAR', uid: 'BIGINT', gid: 'BIGINT',
  homeFolder: 'STRUCT(id BIGINT, parentId BIGINT, name VARCHAR, absolutePath VARCHAR, cloudConnectionInheritedId BIGINT, cloudRelativePath VARCHAR)',
  modifiedDate: 'TIMESTAMP', version: 'BIGINT', notes: 'VARCHAR', allowedIps: 'VARCHAR[]',
  publicKeys: 'STRUCT(id BIGINT, name VARCHAR, value VARCHAR, enabled BOOLEAN, generated BOOLEAN, createdDate TIMESTAMP)[]',
  permissions: 'STRUCT(userId BIGINT, folderId BIGINT, permission VARCHAR)[]'`;

/** Row ids from the user's id: less work than the others have, who make them from content or by chance. */
const child = (list, fields) => (source) => `
  SELECT ${fields}, row_id AS _dlt_parent_id, place - 1 AS _dlt_list_idx, md5(row_id || '/' || place) AS _dlt_id FROM (
    SELECT md5('${list}' || id) AS row_id, unnest(${list}) AS item, generate_subscripts(${list}, 1) AS place FROM ${source})`;
const DUCKDB = {
  users: (source) => `
    SELECT id, username, enabled, userType AS user_type, usesPassword AS uses_password, uid, gid, homeFolder.id AS home_folder__id,
      homeFolder.parentId AS home_folder__parent_id, homeFolder.name AS home_folder__name, homeFolder.absolutePath AS home_folder__absolute_path,
      homeFolder.cloudConnectionInheritedId AS home_folder__cloud_connection_inherited_id,
      homeFolder.cloudRelativePath AS home_folder__cloud_relative_path, modifiedDate AS modified_date, version, notes,
      '${LOAD_ID}' AS _dlt_load_id, md5('users' || id) AS _dlt_id FROM ${source}`,
  allowed_ips: child('allowedIps', 'item AS value'),
  public_keys: child('publicKeys', 'item.id, item.name, item.value, item.enabled, item.generated, item.createdDate AS created_date'),
  permissions: child('permissions', 'item.userId AS user_id, item.folderId AS folder_id, item.permission'),
};
