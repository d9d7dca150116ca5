// The page of the pictures' tests, bundled as the product's page is.
import { build } from 'esbuild';
import { basename, join } from 'node:path';
import { ROOT } from '../../../tools/lib/execute.mjs';
import { serve } from '../support.mjs';

const HTML = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Pictures</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/pictures.css"><main><h1>Pictures</h1><div id="host"></div></main><script type="module" src="/page.js"></script></html>`;
const CSS = '@import "./www/src/page.css"; @import "./www/src/pictures/pictures.css";';

export async function site() {
  const options = { bundle: true, write: false, absWorkingDir: ROOT, outdir: ROOT, logLevel: 'silent' };
  const script = await build({ ...options, entryPoints: [join(ROOT, 'tests/page/pictures/page.js')], splitting: true, format: 'esm', target: 'es2023' });
  const style = await build({ ...options, stdin: { contents: CSS, loader: 'css', resolveDir: ROOT } });
  const files = Object.fromEntries(script.outputFiles.map(({ path, text }) => [`/${basename(path)}`, text]));
  return serve(undefined, { files: { ...files, '/pictures.html': HTML, '/pictures.css': style.outputFiles[0].text } });
}
