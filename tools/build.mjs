// `npm run build`: Rust → wasm → JavaScript glue, for the Worker (build/worker) and for pages and Node (build/web).
// wrangler runs it before each deployment. Nothing that is up to date is built again.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, ROOT } from './lib/execute.mjs';
import { bytes, step } from './lib/say.mjs';

const TOOLS = join(ROOT, 'target', 'tools');
const BINDGEN = join(TOOLS, 'debug', process.platform === 'win32' ? 'bindgen.exe' : 'bindgen');
const WASM = join(ROOT, 'target', 'wasm32-unknown-unknown', 'wasm', 'gatelake.wasm');

/** Builds one feature of the crate (`worker` or `web`) into `build/<feature>/`. */
export async function buildWasm(feature) {
  await step('Building the tool that writes the JavaScript glue', (note) =>
    execute('cargo', ['build', '--locked', '--manifest-path', 'tools/bindgen/Cargo.toml', '--target-dir', TOOLS], { log: 'build-bindgen', note }),
  );
  await step(`Building the wasm, feature ${feature}`, async (note) => {
    await execute(
      'cargo',
      ['build', '--locked', '--lib', '--profile', 'wasm', '--target', 'wasm32-unknown-unknown', '--target-dir', 'target', '--no-default-features', '--features', feature],
      { log: `build-${feature}`, note },
    );
    return { detail: bytes(await glue(feature, note)) };
  });
}

async function glue(feature, note) {
  const out = join(ROOT, 'build', feature);
  const stamp = join(out, '.made-of');
  const madeOf = [WASM, BINDGEN].map((path) => createHash('sha256').update(readFileSync(path)).digest('hex')).join(' ');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== madeOf) {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    await execute(BINDGEN, [WASM, out], { log: `glue-${feature}`, note });
    writeFileSync(stamp, madeOf);
  }
  return readFileSync(join(out, 'gatelake_bg.wasm')).length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const features = process.argv.slice(2);
  for (const feature of features.length ? features : ['worker', 'web']) await buildWasm(feature);
}
