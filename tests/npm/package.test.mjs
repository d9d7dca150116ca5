// The command line as a user has it: from the packed file, in a folder of its own, without the checkout.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startGateway } from '../gateway/server.mjs';
import { emulated } from '../../tools/lib/local.mjs';
import { install, pack } from './packed.mjs';
import { whole } from './whole.mjs';

const run = promisify(execFile);

test('the packed command line pulls and normalizes, from a folder of its own; the page comes along', async (t) => {
  const packed = await pack(t);
  const cwd = await install(t, packed);
  const { bin, version } = JSON.parse(readFileSync(join(packed.folder, 'package.json'), 'utf8'));
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
  assert.ok(existsSync(join(cwd, 'node_modules', 'gatelake', 'page', 'index.html')));
});
