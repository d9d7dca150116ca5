// wrangler on the terminal, as if it had been called by hand.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from './execute.mjs';

const MANIFEST = createRequire(import.meta.url).resolve('wrangler/package.json');

export async function wrangler(...args) {
  const child = spawn(process.execPath, [join(dirname(MANIFEST), 'bin', 'wrangler.js'), ...args], { cwd: ROOT, stdio: 'inherit' });
  process.on('SIGINT', () => {});
  [process.exitCode] = await once(child, 'exit');
}
