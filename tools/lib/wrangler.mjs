// wrangler: where its program is, and how to call it as if by hand.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from './execute.mjs';

const MANIFEST = createRequire(import.meta.url).resolve('wrangler/package.json');
export const WRANGLER = join(dirname(MANIFEST), 'bin', 'wrangler.js');

/** The environment of a wrangler that is quiet and says nothing to the outside. */
export const OFFLINE = {
  CI: '1',
  NO_COLOR: '1',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};

/** Runs it on this terminal and takes over its exit code. */
export async function wrangler(...args) {
  // On this machine nobody needs to know where requests come from, which `wrangler dev` would ask the network.
  const env = { CLOUDFLARE_CF_FETCH_ENABLED: 'false', ...process.env };
  const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, stdio: 'inherit', env });
  process.on('SIGINT', () => {});
  [process.exitCode] = await once(child, 'exit');
}
