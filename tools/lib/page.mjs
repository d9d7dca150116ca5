// The page: www/ and the wasm of feature `web` into build/www/, ready to be served as it lies there.
//
// What is named in a document or in the policy keeps its name and is asked for anew each time (`no-cache`, with an etag: a 304
// when nothing changed), so that page, engine and wasm are always of one build and the Trusted Types policy is about one fixed
// address. Only chunks carry a hash, and are kept for ever: nobody but a file of the same build names them.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createRequire } from 'node:module';
import { execute, ROOT } from './execute.mjs';
import { step } from './say.mjs';

/** Bytes after gzip -9 that the page may load before anything lazy, its wasm included. */
export const PAGE_LIMIT = 600_000;
export const PAGE = join(ROOT, 'build', 'www');
const SOURCE = join(ROOT, 'www');
const REPORT = join(ROOT, 'build', 'www.json');
const WASM = join(ROOT, 'build', 'web', 'gatelake_bg.wasm');
const GLUE = join(ROOT, 'build', 'web', 'gatelake.js');
/** Served as they are. */
const STATIC = ['index.html', 'sample.json', '_headers', 'favicon.svg'];
const ENTRIES = { main: 'src/main.tsx', worker: 'src/engine/worker.ts', style: 'src/style.css' };
export const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

/**
 * Checks the types, bundles, and copies what goes along; nothing if it is all there already. The wasm must have been built. The
 * answer: what a visitor loads, `[{ name, raw, gzip, lazy }]` in bytes.
 */
export async function buildPage() {
  const digest = fingerprint();
  const made = existsSync(REPORT) && JSON.parse(readFileSync(REPORT, 'utf8'));
  if (made && made.digest === digest && existsSync(PAGE)) return made.files;

  return step('Building the page', async (note) => {
    await execute(process.execPath, [TSC, '--project', '.', '--pretty', 'false'], { log: 'types', note });
    rmSync(REPORT, { force: true });
    mkdirSync(PAGE, { recursive: true });
    // Emptied and not removed: whoever serves the folder watches it.
    for (const name of readdirSync(PAGE)) rmSync(join(PAGE, name), { recursive: true });
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: Object.entries(ENTRIES).map(([out, path]) => ({ in: join(SOURCE, path), out })),
      outdir: PAGE,
      bundle: true,
      splitting: true,
      format: 'esm',
      target: 'es2023',
      minify: true,
      metafile: true,
      legalComments: 'none',
      chunkNames: 'chunks/[name]-[hash]',
      logLevel: 'silent',
    });
    for (const name of STATIC) cpSync(join(SOURCE, name), join(PAGE, name));
    cpSync(WASM, join(PAGE, 'gatelake_bg.wasm'));
    writeFileSync(join(PAGE, 'licenses.txt'), licenses(metafile));
    const files = sizes(metafile);
    writeFileSync(REPORT, JSON.stringify({ digest, files }, null, 1));
    return Object.assign(files, { detail: `${kilobytes(eager(files))} KB gzip before anything lazy` });
  });
}

/** Bytes after gzip of all that is loaded before anything lazy. */
export const eager = (files) => files.reduce((sum, { lazy, gzip }) => sum + (lazy ? 0 : gzip), 0);
export const kilobytes = (number) => Math.ceil(number / 1000);

/** Of everything that the page is made from. */
function fingerprint() {
  const sources = readdirSync(SOURCE, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = sources.map((entry) => join(entry.parentPath, entry.name)).sort();
  const made = ['tools/lib/page.mjs', 'tsconfig.json', 'package-lock.json'].map((path) => join(ROOT, path));
  const hash = createHash('sha256');
  for (const path of [...paths, ...made, WASM, GLUE]) {
    hash.update(`${relative(ROOT, path)}\0`).update(createHash('sha256').update(readFileSync(path)).digest());
  }
  return hash.digest('hex');
}

/** Scripts that a static import leads to come with the page or its engine; those behind `import()` are lazy. */
function sizes({ outputs }) {
  const name = (path) => relative(PAGE, join(ROOT, path));
  const now = new Set(['index.html', 'favicon.svg', 'gatelake_bg.wasm', 'style.css']);
  const visit = (path) => {
    if (now.has(name(path))) return;
    now.add(name(path));
    for (const { kind, path: next } of outputs[path].imports) if (kind === 'import-statement') visit(next);
  };
  for (const path of Object.keys(outputs)) if (['main.js', 'worker.js'].includes(name(path))) visit(path);
  return [...new Set([...now, ...Object.keys(outputs).map(name)])].sort().map((file) => {
    const content = readFileSync(join(PAGE, file));
    return { name: file, raw: content.length, gzip: gzipSync(content, { level: 9 }).length, lazy: !now.has(file) };
  });
}

/** The bundle carries other people's code, and with it goes what they ask to be told. */
function licenses({ inputs }) {
  const names = Object.keys(inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort().map((name) => {
    const folder = join(ROOT, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const text = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    return `${name} ${version}, ${license}\n\n${text ? readFileSync(join(folder, text), 'utf8').trim() : ''}\n`;
  }).join('\n---\n\n');
}
