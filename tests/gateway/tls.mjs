// A self-signed certificate for this run, as an appliance has it out of the box.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isIP } from 'node:net';
import { SwitchError } from './profile.mjs';

/** `{ key, cert }` in PEM for `host` and the loopback names; valid for a week, kept nowhere. */
export function selfSigned(host) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-tls-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['DNS:localhost', 'IP:127.0.0.1', `${isIP(host) ? 'IP' : 'DNS'}:${host}`];
  const request = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '7'];
  const output = [
    '-subj',
    '/CN=sftpgw-demo',
    '-addext',
    `subjectAltName=${[...new Set(names)]}`,
    '-keyout',
    keyFile,
    '-out',
    certFile,
  ];
  try {
    execFileSync('openssl', [...request, ...output], { stdio: ['ignore', 'ignore', 'pipe'] });
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
  } catch (error) {
    const reason =
      error.code === 'ENOENT' ? 'openssl was not found on the PATH' : String(error.stderr ?? error.message).trim();
    throw new SwitchError(
      `tls: no certificate could be made: ${reason}. Install openssl 1.1.1 or later, or start without tls`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
