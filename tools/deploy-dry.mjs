// `npm run deploy:dry`: everything that a deployment does but the upload, and the size of what would be uploaded.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from './lib/execute.mjs';
import { bytes, green, red, table } from './lib/say.mjs';
import { wrangler } from './lib/wrangler.mjs';

const LIMIT = 700 * 1024;
const OUT = join('build', 'deploy');

rmSync(join(ROOT, OUT), { recursive: true, force: true });
await wrangler('deploy', '--dry-run', '--outdir', OUT);
if (!process.exitCode) {
  const files = readdirSync(join(ROOT, OUT))
    .filter((name) => /\.(js|wasm)$/.test(name))
    .map((name) => {
      const content = readFileSync(join(ROOT, OUT, name));
      return { name, raw: content.length, gzip: gzipSync(content, { level: 9 }).length };
    });
  const size = files.reduce((sum, file) => sum + file.gzip, 0);
  console.log(`\n${table(['file', 'size', 'gzip'], files.map(({ name, raw, gzip }) => [name, bytes(raw), bytes(gzip)]))}`);
  const fits = size <= LIMIT;
  console.log(`\n${fits ? green('ok') : red('too big')}: ${bytes(size)} gzip, the limit is ${bytes(LIMIT)}`);
  process.exitCode = fits ? 0 : 1;
}
