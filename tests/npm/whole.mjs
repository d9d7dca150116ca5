// Is a lake whole? By docs/lake.md alone and with other people's programs: nothing of Gatelake's own takes part.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';

/** Checksums of files whose rows have been counted. */
const decoded = new Set();

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * Follows the pointer of a dataset's folder to the manifest and to every file, and compares checksums, sizes and rows; then every
 * earlier snapshot that it names. Answers the manifest, or `undefined` if nothing was published yet.
 */
export async function whole(folder) {
  const pointerPath = join(folder, 'current.json');
  if (!existsSync(pointerPath)) return undefined;
  const pointer = JSON.parse(readFileSync(pointerPath, 'utf8'));
  assert.equal(pointer.format, 1);
  const manifest = await snapshot(folder, pointer);
  assert.equal(manifest.snapshot, pointer.snapshot);
  for (const ancestor of manifest.ancestors) await snapshot(folder, ancestor);
  return manifest;
}

async function snapshot(folder, { manifest: path, sha256: expected }) {
  const bytes = readFileSync(join(folder, path));
  assert.equal(sha256(bytes), expected, path);
  const manifest = JSON.parse(bytes);
  for (const table of manifest.tables) {
    let rows = 0;
    for (const file of table.files) rows += await data(folder, file, table);
    assert.equal(rows, table.rows, table.name);
  }
  references(manifest);
  return manifest;
}

async function data(folder, { path, rows, bytes: size, sha256: expected, columns }, table) {
  const bytes = readFileSync(join(folder, path));
  assert.equal(bytes.length, size, path);
  assert.equal(sha256(bytes), expected, path);
  // The same bytes hold the same rows.
  if (decoded.has(expected)) return rows;
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  assert.equal(Number(parquetMetadata(file).num_rows), rows, path);
  const read = await parquetReadObjects({ file });
  assert.equal(read.length, rows, path);
  const names = table.columns.filter((column) => column.data_type).slice(0, columns).map((column) => column.name);
  if (read.length) assert.deepEqual(Object.keys(read[0]), names, path);
  decoded.add(expected);
  return rows;
}

/** Every parent of the manifest is one of its tables, so no table can be from another snapshot than its root. */
function references({ tables }) {
  const names = new Set(tables.map(({ name }) => name));
  for (const { parent } of tables) assert.ok(parent === undefined || parent === null || names.has(parent), parent);
}

/** Every object of a folder that is no metadata of ours: path → bytes. */
export function objects(folder) {
  const found = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1).replaceAll('\\', '/');
    if (!path.startsWith('.gatelake/')) found.set(path, readFileSync(join(folder, path)));
  }
  return found;
}
