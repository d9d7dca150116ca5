// `npm run build`: Rust → wasm → JavaScript glue, for the Worker (build/worker), for pages (build/web) and for the npm module (build/npm), and the page
// (build/www). wrangler runs it before each deployment. Nothing that is up to date is built again.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, ROOT } from './lib/execute.mjs';
import { buildPage } from './lib/page.mjs';
import { bytes, step } from './lib/say.mjs';

const TOOLS = join(ROOT, 'target', 'tools');
const BINDGEN = join(TOOLS, 'debug', process.platform === 'win32' ? 'bindgen.exe' : 'bindgen');
const BUILT = join(ROOT, 'target', 'wasm32-unknown-unknown', 'wasm');
const BUILD = ['Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', '.cargo/config.toml', 'tools/build.mjs', 'tools/bindgen/Cargo.lock', 'tools/bindgen/src/main.rs'];

/** Builds one feature of the crate (`worker`, `web`, `npm`, or `conformance` for the tests) into `build/<feature>/`. */
export async function buildWasm(feature) {
  const out = join(ROOT, 'build', feature);
  // cargo has one place for the wasm of all features, and would link it anew whenever they take turns.
  const stamp = join(out, '.sources.json');
  const made = existsSync(stamp) && JSON.parse(readFileSync(stamp, 'utf8'));
  if (made && made.digest === digest(made.sources)) return;

  await step('Building the tool that writes the JavaScript glue', (note) =>
    execute('cargo', ['build', '--locked', '--manifest-path', 'tools/bindgen/Cargo.toml', '--target-dir', TOOLS], { log: 'build-bindgen', note }),
  );
  await step(`Building the wasm, feature ${feature}`, async (note) => {
    await execute(
      'cargo',
      ['build', '--locked', '--lib', '--profile', 'wasm', '--target', 'wasm32-unknown-unknown', '--target-dir', 'target', '--no-default-features', '--features', feature],
      { log: `build-${feature}`, note },
    );
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    await execute(BINDGEN, [join(BUILT, 'gatelake.wasm'), out], { log: `glue-${feature}`, note });
    const sources = [...BUILD, ...compiled()];
    writeFileSync(stamp, JSON.stringify({ sources, digest: digest(sources) }));
    return { detail: bytes(readFileSync(join(out, 'gatelake_bg.wasm')).length) };
  });
}

/** Every file that the compiler read, from what it wrote down for make. */
function compiled() {
  const [, list] = readFileSync(join(BUILT, 'gatelake.d'), 'utf8').split('.wasm: ');
  return list.trim().split(/(?<!\\) /).map((path) => path.replaceAll('\\ ', ' '));
}

/** Of the files' contents; none if one of them is gone. */
function digest(sources) {
  const hash = createHash('sha256');
  for (const path of sources.map((source) => resolve(ROOT, source))) {
    if (!existsSync(path)) return undefined;
    hash.update(createHash('sha256').update(readFileSync(path)).digest());
  }
  return hash.digest('hex');
}

/** The page and the wasm that it needs. The answer: its files, as `buildPage` tells them. */
export async function buildSite() {
  await buildWasm('web');
  return buildPage();
}

const PARTS = { worker: () => buildWasm('worker'), web: () => buildWasm('web'), page: buildSite, npm: () => buildWasm('npm'), conformance: () => buildWasm('conformance') };
/** Those that are wanted when none is named: all that a clone needs to run. */
const USUAL = ['worker', 'web', 'page', 'npm'];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((part) => !Object.hasOwn(PARTS, part));
  if (unknown.length) {
    console.error(`There is no ${unknown.join(', ')} to build. Known: ${Object.keys(PARTS).join(', ')}.`);
    process.exit(2);
  }
  for (const part of asked.length ? asked : USUAL) await PARTS[part]();
}
