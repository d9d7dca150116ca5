// Who takes part in the benchmark. Each is `prepare(path) → { by, run }`: by what, with its version, and a function that does
// the job once and answers what it measured: `{ ms, rows, bytes }`, rows and bytes being those of the Parquet written (none
// from the parser alone).
import { DuckDBInstance, version as duckdb } from '@duckdb/node-api';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tools/lib/execute.mjs';
import { shred } from './shred.mjs';

const CHUNK = 64 << 10;
const LOAD_ID = '2026-11-23T00:00:00Z';
const V8 = `V8 ${process.versions.v8.split('.').slice(0, 2).join('.')}`;

const versionOf = (...folder) => JSON.parse(readFileSync(join(ROOT, ...folder, 'package.json'), 'utf8')).version;

export const CONTENDERS = {
  /** This project, as it runs in Workers and pages. */
  async gatelake(path) {
    const glue = await import(join(ROOT, 'build', 'web', 'gatelake.js'));
    const { memory } = glue.initSync({ module: readFileSync(join(ROOT, 'build', 'web', 'gatelake_bg.wasm')) });
    const json = readFileSync(path);
    const run = () => {
      const started = performance.now();
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
      return { ms: performance.now() - started, rows: tables.reduce((sum, { rows }) => sum + rows, 0), bytes, wasm: memory.buffer.byteLength };
    };
    return { by: `${versionOf()} as wasm in ${V8}`, run };
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
