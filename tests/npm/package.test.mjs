// The command line as a user has it: from the packed file, in a folder of its own, without the checkout.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../../tools/lib/execute.mjs';
import { assemble, PACKAGE } from '../../tools/package.mjs';
import { startGateway } from '../gateway/server.mjs';
import { emulated } from '../../tools/lib/local.mjs';
import { temporary } from './support.mjs';
import { whole } from './whole.mjs';

const run = promisify(execFile);

test('the packed command line pulls and normalizes, from a folder of its own; the page comes along', async (t) => {
  assemble();
  const cwd = temporary(t);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { stdout } = await run(npm, ['pack', PACKAGE, '--json', '--pack-destination', cwd], { cwd, env: { ...process.env, npm_config_cache: join(cwd, 'cache') } });
  const [packed] = Object.values(JSON.parse(stdout));
  await run('tar', ['-xzf', join(cwd, packed.filename)], { cwd });
  mkdirSync(join(cwd, 'node_modules'));
  renameSync(join(cwd, 'package'), join(cwd, 'node_modules', 'gatelake'));
  // What `npm install` would have fetched: all that the package depends on.
  const { dependencies, bin, version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) cpSync(join(ROOT, 'node_modules', name), join(cwd, 'node_modules', name), { recursive: true });
  const program = join(cwd, 'node_modules', 'gatelake', bin.gatelake);
  assert.ok(statSync(program).mode & 0o100, 'it can be started by its name');
  const gateway = await startGateway({ users: 20 });
  try {
    const { toml, secrets } = emulated(gateway);
    writeFileSync(join(cwd, 'gatelake.toml'), toml);
    writeFileSync(join(cwd, 'a.json'), '[{"id": 1}]');
    const gatelake = async (...args) => (await run(process.execPath, [program, ...args], { cwd, env: { PATH: process.env.PATH, ...secrets } })).stdout;
    assert.equal(await gatelake('--version'), `${version}\n`);
    await gatelake('pull', '--to', 'lake');
    await whole(join(cwd, 'lake', 'gatelake', 'sftp'));
    await gatelake('normalize', 'a.json', '--table', 'a', '--out', 'out');
    assert.ok(existsSync(join(cwd, 'out', 'a.parquet')));
  } finally {
    await gateway.close();
  }
  t.diagnostic(`packed: ${packed.files.length} files, ${packed.size} bytes`);
  assert.ok(existsSync(join(cwd, 'node_modules', 'gatelake', 'page', 'index.html')));
  // Nothing of the checkout but what the package is made of.
  const folders = new Set(packed.files.map(({ path }) => path.split('/')[0]));
  assert.deepEqual([...folders].toSorted(), ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'cli', 'engine', 'module', 'package.json', 'page', 'store', 'types']);
});
