// The packed file itself: what is in it, and whether other people's programs find anything wrong with how it is put together.
import assert from 'node:assert/strict';
import { createPackageFromTarballData, checkPackage } from '@arethetypeswrong/core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ROOT } from '../../tools/lib/execute.mjs';
import { pack } from './packed.mjs';

const packed = await pack({ after });
const manifest = JSON.parse(readFileSync(join(packed.folder, 'package.json'), 'utf8'));

test('the package has the files of tests/npm/files.txt, one by one, and no other', (t) => {
  // Chunks of the page are named by their contents.
  const names = new Set(packed.files.map(({ path }) => path.replace(/^(page\/chunks\/.+)-[A-Z0-9]{8}\.js$/, '$1-*.js')));
  const listed = readFileSync(join(ROOT, 'tests', 'npm', 'files.txt'), 'utf8').trim().split('\n');
  assert.deepEqual([...names].toSorted(), listed);
  const wasm = readFileSync(join(packed.folder, 'engine', 'gatelake_bg.wasm'));
  const glue = readFileSync(join(packed.folder, 'engine', 'gatelake.js'));
  const [wasmSize, glueSize] = [wasm, glue].map((content) => gzipSync(content, { level: 9 }).length);
  t.diagnostic(`packed ${packed.size} bytes in ${packed.files.length} files; gzip of the wasm ${wasmSize} (${wasm.length} before), of its glue ${glueSize}`);
});

test('every path of the exports is there', () => {
  const files = new Set(packed.files.map(({ path }) => `./${path}`));
  const leaves = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(leaves));
  for (const path of leaves(manifest.exports)) assert.ok(files.has(path), path);
});

test('publint, strict, finds nothing', async () => {
  const { messages, pkg } = await publint({ strict: true, pack: { tarball: tarball() } });
  assert.equal(pkg.name, manifest.name);
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test('are the types wrong? They are not, where ES modules are resolved', async () => {
  const { entrypoints, problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball())));
  assert.deepEqual(Object.keys(entrypoints).toSorted(), Object.keys(manifest.exports).toSorted());
  // Its profile `esm-only`: neither Node 10 nor `require` is promised.
  const left = problems.filter(({ resolutionKind }) => resolutionKind !== 'node10' && resolutionKind !== 'node16-cjs');
  assert.deepEqual(left, []);
});

/** The packed file, as those programs take it. */
function tarball() {
  const { buffer, byteOffset, length } = readFileSync(packed.path);
  return buffer.slice(byteOffset, byteOffset + length);
}
