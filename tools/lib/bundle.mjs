// What a deployment would upload, made without uploading it.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execute, ROOT } from './execute.mjs';
import { OFFLINE, WRANGLER } from './wrangler.mjs';

/**
 * Bytes after gzip that the Worker may have; Cloudflare takes 10 MB. It was 700 KiB before there were merges, Delta logs, reviews, comparisons and
 * collections, which came to some 120 KiB. What is added is to be worth its bytes.
 */
export const LIMIT = 850 * 1024;
const OUT = join('build', 'deploy');

/** Bundles the Worker into build/deploy/. The answer: its files as `{ name, raw, gzip }`, and what wrangler had to say. */
export async function bundle(note) {
  rmSync(join(ROOT, OUT), { recursive: true, force: true });
  const said = await execute(process.execPath, [WRANGLER, 'deploy', '--dry-run', '--outdir', OUT], { log: 'bundle', note, env: OFFLINE });
  const names = readdirSync(join(ROOT, OUT)).filter((name) => /\.(js|wasm)$/.test(name));
  const files = names.map((name) => {
    const content = readFileSync(join(ROOT, OUT, name));
    return { name, raw: content.length, gzip: gzipSync(content, { level: 9 }).length };
  });
  return { files, said };
}

export const total = (files, what) => files.reduce((sum, file) => sum + file[what], 0);
