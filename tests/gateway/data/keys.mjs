// OpenSSH public keys whose blobs a reader accepts: right framing, right lengths, a modulus of exactly
// the stated bits, a point that lies on its curve. Nobody holds their private halves.
import { createECDH } from 'node:crypto';
import { fillBytes, hash } from './random.mjs';

const KEY_KIND = 101;
const KEY_BYTES = 102;

/** An SSH `string`: four bytes of length, then the bytes. */
function sshString(bytes) {
  const framed = Buffer.alloc(4 + bytes.length);
  framed.writeUInt32BE(bytes.length);
  framed.set(bytes, 4);
  return framed;
}

/** A blob with its fixed parts in place, and where the part that differs from key to key lies. */
function template(type, fixed, variable) {
  const head = Buffer.concat([sshString(Buffer.from(type)), ...fixed]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(variable);
  const start = head.length + 4;
  return { type, blob: Buffer.concat([head, length, Buffer.alloc(variable)]), start, end: start + variable };
}

const ED25519 = template('ssh-ed25519', [], 32);
const P256 = template('ecdsa-sha2-nistp256', [sshString(Buffer.from('nistp256'))], 65);
const EXPONENT = sshString(Buffer.from([1, 0, 1]));
// An mpint whose top bit is set carries a leading zero byte, or it would read as negative.
const rsa = (bits) => template('ssh-rsa', [EXPONENT], bits / 8 + 1);
const RSA = { 1024: rsa(1024), 2048: rsa(2048), 4096: rsa(4096) };

function rsaBlob(bits, seed, number) {
  const { blob, start, end } = RSA[bits];
  fillBytes(blob, start + 1, end, seed, number, KEY_BYTES);
  blob[start + 1] |= 0x80;
  blob[end - 1] |= 1;
  return RSA[bits];
}

function ed25519Blob(seed, number) {
  fillBytes(ED25519.blob, ED25519.start, ED25519.end, seed, number, KEY_BYTES);
  return ED25519;
}

const curve = createECDH('prime256v1');

function p256Blob(seed, number) {
  const scalar = Buffer.alloc(32);
  fillBytes(scalar, 0, 32, seed, number, KEY_BYTES);
  scalar[0] &= 0x7f; // below the order of the curve
  curve.setPrivateKey(scalar);
  P256.blob.set(curve.getPublicKey(), P256.start);
  return P256;
}

/** `type base64` of key `number`: about 62 % Ed25519, 34 % RSA (some too short, some long), 4 % ECDSA. */
export function publicKey(seed, number) {
  const draw = hash(seed, number, KEY_KIND) % 100;
  let key;
  if (draw < 62) key = ed25519Blob(seed, number);
  else if (draw < 86) key = rsaBlob(2048, seed, number);
  else if (draw < 92) key = rsaBlob(4096, seed, number);
  else if (draw < 96) key = rsaBlob(1024, seed, number);
  else key = p256Blob(seed, number);
  return `${key.type} ${key.blob.toString('base64')}`;
}
