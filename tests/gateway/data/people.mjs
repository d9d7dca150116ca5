// Who user `index` is: the facts that both generations of the API tell in their own words.
import { hash } from './random.mjs';
import { publicKey } from './keys.mjs';
import { COMPANY, DEVICE, FIRST, LAST, TEAM, UNICODE } from './words.mjs';

const NAME = 1;
const FORM = 2;
const ENABLED = 3;
const KEYS = 4;
const DEVICES = 5;

/** Places in each block of 100 that always show the same trait, so that ten users are enough to see them all. */
const ADMIN = 0;
const KEYLESS = 2;
const SHARING = [3, 7];
const THREE_KEYS = 4;
const DISABLED = 5;
const BEYOND_ASCII = 6;
const MAIL_NAME = 8;

/** Each user owns four key numbers; those of shared keys lie beyond any user's own. */
const KEYS_EACH = 4;
const SHARED_FROM = 0x4000_0000;

const place = (index) => index % 100;
const of = (list, pick) => list[pick % list.length];

/** Unique among all users: it ends in the id, before an optional mail domain. */
export function username(seed, index) {
  const id = index + 1;
  const pick = hash(seed, index, NAME);
  const first = of(FIRST, pick);
  const last = of(LAST, pick >>> 8);
  const company = of(COMPANY, pick >>> 16);
  const form = hash(seed, index, FORM) % 100;
  if (place(index) === BEYOND_ASCII || form < 2) return `${of(UNICODE, pick)}.${id}`;
  if (place(index) === MAIL_NAME || form < 12) return `${first}.${last}${id}@${company}.example`;
  if (form < 30) return `${company}-${of(TEAM, pick >>> 4)}-${id}`;
  if (form < 32) return `${first} ${last} ${id}`;
  if (form < 33) return `edi+${company}%${id}`;
  return `${first}.${last}${id}`;
}

/** The index that a user name speaks of, whether or not such a user exists. */
export function indexOf(seed, name) {
  const digits = /(\d{1,9})(?:@[^@]*)?$/.exec(name);
  const index = digits ? Number(digits[1]) - 1 : -1;
  return index >= 0 && username(seed, index) === name ? index : -1;
}

export const isAdmin = (index) => place(index) === ADMIN;

export const isEnabled = (seed, index, changes) =>
  !changes.disabled && place(index) !== DISABLED && hash(seed, index, ENABLED) % 100 >= 6;

function ownKeys(seed, index) {
  if (place(index) === KEYLESS || place(index) === ADMIN) return 0;
  if (place(index) === THREE_KEYS) return 3;
  if (SHARING.includes(place(index))) return 1;
  const draw = hash(seed, index, KEYS) % 100;
  return draw < 12 ? 0 : draw < 84 ? 1 : draw < 97 ? 2 : 3;
}

/**
 * The keys of one user, one object per key: `id`, `device`, `value` (OpenSSH text), `pick` (a number to draw from).
 * Two users of each block hold the same key under ids of their own.
 */
export function keysOf(seed, index, changes) {
  const own = ownKeys(seed, index);
  const count = own + (changes.extraKey ? 1 : 0);
  const keys = [];
  for (let n = 0; n < count; n += 1) {
    const number = index * KEYS_EACH + (n < own ? n : KEYS_EACH - 1);
    const pick = hash(seed, number, DEVICES);
    const shared = n === 0 && own > 0 && SHARING.includes(place(index));
    const material = publicKey(seed, shared ? SHARED_FROM + Math.floor(index / 100) : number);
    const device = of(DEVICE, pick);
    const comment = pick & 0x100 ? ` ${of(FIRST, pick >>> 12)}@${device.replace(' ', '-')}` : '';
    keys.push({ id: number + 1, device, value: material + comment, pick });
  }
  return keys;
}
