// `npm run package`: the npm package as it would be published, in build/package: the module and its command line, the engine, the page.
// `npm pack ./build/package` makes the file that `npx` and `npm install` take.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSite, buildWasm } from './build.mjs';
import { ROOT } from './lib/execute.mjs';
import { PAGE } from './lib/page.mjs';

export const PACKAGE = join(ROOT, 'build', 'package');
/** What stands where in it. Nothing else goes along. */
const PARTS = [
  ['npm/package.json', 'package.json'],
  ['npm/README.md', 'README.md'],
  ['npm/cli', 'cli'],
  ['npm/module', 'module'],
  ['npm/store', 'store'],
  ['npm/types', 'types'],
  ['LICENSE-APACHE', 'LICENSE-APACHE'],
  ['LICENSE-MIT', 'LICENSE-MIT'],
  ...['gatelake.js', 'gatelake.d.ts', 'gatelake_bg.wasm', 'gatelake_bg.wasm.d.ts'].map((name) => [`build/npm/${name}`, `engine/${name}`]),
  [relative(ROOT, PAGE), 'page'],
];

/** Puts it together anew, of parts that have been built. */
export function assemble(folder = PACKAGE) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [from, to] of PARTS) cpSync(join(ROOT, from), join(folder, to), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildWasm('npm');
  await buildSite();
  assemble();
  console.log(`The package is in ${relative(ROOT, PACKAGE)}.`);
}
