// Every example of docs/cli.md, pasted into a shell: only addresses, names and secrets are those of the emulated gateway.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../../tools/lib/execute.mjs';
import { startGateway } from '../gateway/server.mjs';
import { KEYS, PROGRAM, startS3, temporary } from './support.mjs';
import { whole } from './whole.mjs';

const run = promisify(execFile);
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'cli.md'), 'utf8');

test('the examples of docs/cli.md work as they stand', { skip: process.platform === 'win32' && 'they are for a POSIX shell' }, async (t) => {
  const gateway = await startGateway({ users: 30, tls: true });
  const s3 = await startS3();
  try {
    const { username, password, clientId, clientSecret } = gateway.credentials;
    const blocks = Array.from(DOCUMENT.matchAll(/^```sh\n(.*?)^```$/gms), ([, block]) => block);
    assert.equal(blocks.length, 5);
    const real = [
      ['https://sftp.example.com', gateway.url],
      ['--username reports', `--username ${username}`],
      ['3fb65e17', clientId],
      [/SFTP_PASSWORD='…' SFTP_CLIENT_SECRET='…'/, `SFTP_PASSWORD='${password}' SFTP_CLIENT_SECRET='${clientSecret}' PIN=${new X509Certificate(gateway.certificate).fingerprint256}`],
      [/AWS_ACCESS_KEY_ID='…' AWS_SECRET_ACCESS_KEY='…'/, `AWS_ACCESS_KEY_ID='${KEYS.accessKeyId}' AWS_SECRET_ACCESS_KEY='${KEYS.secretAccessKey}'`],
      [/http:\/\/127\.0\.0\.1:9000/g, s3.endpoint ?? 'http://127.0.0.1:9000'],
      // The document says that it stops there, at the certificate.
      ['check --to lake\n', 'check --to lake | tee checked || [ $? -eq 1 ]\n'],
    ];
    const script = blocks.filter((block) => !(s3.missing && block.includes('s3://'))).map((block) => real.reduce((text, [from, to]) => text.replace(from, to), block));
    const cwd = temporary(t);
    const bin = join(cwd, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`, { mode: 0o755 });
    await run('bash', ['-euo', 'pipefail', '-c', script.join('\n')], { cwd, env: { HOME: cwd, PATH: [bin, process.env.PATH].join(delimiter) } });
    assert.match(readFileSync(join(cwd, 'checked'), 'utf8'), /✗ sftp: certificate: .*SHA-256 is ([0-9A-F]{2}:){31}/);
    assert.equal((await whole(join(cwd, 'lake', 'gatelake', 'sftp'))).tables.find(({ name }) => name === 'users').rows, 30);
    assert.equal(JSON.parse(readFileSync(join(cwd, 'last-run.json'), 'utf8')).runs[0].outcome, 'unchanged');
    assert.deepEqual(readdirSync(join(cwd, 'tables')).toSorted(), ['users.csv', 'users.parquet', 'users__tags.csv', 'users__tags.parquet']);
    if (s3.missing) t.diagnostic(s3.missing);
    else assert.ok(await s3.store({ prefix: 'sftp-gateway' }).head('gatelake/sftp/current.json'));
  } finally {
    await gateway.close();
    await s3.close?.();
  }
});

test('every option that the document speaks of is there', () => {
  const modules = readdirSync(join(ROOT, 'npm', 'cli')).map((name) => readFileSync(join(ROOT, 'npm', 'cli', name), 'utf8')).join('\n');
  const named = new Set(Array.from(DOCUMENT.matchAll(/--([a-z][a-z0-9-]+)/g), ([, name]) => name));
  for (const name of named) assert.match(modules, new RegExp(`^ +'?${name}'?: \\{`, 'm'), `--${name}`);
  for (const [, link] of DOCUMENT.matchAll(/\]\((\w+\.md)/g)) assert.ok(existsSync(join(ROOT, 'docs', link)), link);
});
