// The switches: what each is called, may be, is by default, and does. The programmatic options, the
// command line, its help and the control route all come from this one table.
import { TIMESTAMPS } from './data/dialect.mjs';
import { fakeSecret } from './data/secrets.mjs';
import { suggestion } from './suggest.mjs';

const integer = (min, max, fallback, help, more = {}) => ({ kind: 'integer', min, max, fallback, help, ...more });
const choice = (values, fallback, help, more = {}) => ({ kind: 'choice', values, fallback, help, ...more });
const flag = (fallback, help, more = {}) => ({ kind: 'flag', fallback, help, ...more });
const text = (fallback, help, more = {}) => ({ kind: 'text', fallback, help, ...more });
const origin = (fallback, help) => ({ kind: 'origin', fallback, help });
const FIXED = { fixed: true };
const COUNTED = { none: true };

/** `fallback` may be a function of the switches given; `fixed` ones cannot change while the server runs. */
export const SWITCHES = {
  users: integer(0, 1_000_000, 100, 'users at revision 0; never held in memory'),
  seed: integer(0, 0xffff_ffff, 1, 'the same seed gives the same data, byte for byte'),
  revision: integer(
    0,
    10_000,
    0,
    'state of the data: each step disables, removes, edits and adds users, adds a key; from 1 on users have a new field',
  ),
  edited: integer(0, 1_000_000, null, 'users that each revision edits, in place of a few of every hundred; a user has no new field then', COUNTED),
  added: integer(0, 1_000_000, null, 'users that each revision adds, likewise', COUNTED),
  removed: integer(0, 1_000_000, null, 'users that each revision removes, likewise', COUNTED),
  connections: integer(0, 1000, 5, 'cloud connections (S3, Azure Blob, Google Cloud Storage in turn)'),
  api: choice(['v3', 'v2'], 'v3', 'generation of the API'),
  auth: choice(
    ['login', 'oauth-token', 'v2-header'],
    (given) => (given.api === 'v2' ? 'v2-header' : 'login'),
    'form and Basic client pair at /backend/login, the same at /backend/oauth/token, or JSON login with the token in a response header',
  ),
  token: choice(['opaque', 'jwt'], 'opaque', 'what an access token looks like'),
  expiresIn: integer(
    1,
    86_400,
    3600,
    'life of a token in seconds, stated as expires_in; "none" = for ever and unstated',
    { none: true },
  ),
  refreshToken: flag(false, 'hand out a refresh_token and accept grant_type=refresh_token'),
  reuseToken: flag(false, 'a second login gets the token of the first, with the seconds that are left'),
  errors: choice(
    ['spring-legacy', 'empty-401', 'boot'],
    'spring-legacy',
    'error bodies of API v3 (v2 answers {"message"} and an empty 403)',
  ),
  envelope: choice(
    ['array', 'users', 'page', 'page-new', 'page-ignored', 'embedded', 'unknown'],
    (given) => (given.api === 'v2' ? 'users' : 'array'),
    'around lists: bare array, object with the list under its name, old or new Spring page, a page that ignores ?page, _embedded, or a shape of no known kind',
  ),
  pageSize: integer(1, 1_000_000, 20, 'records in a page when ?size is not given'),
  maxPageSize: integer(1, 1_000_000, 2000, 'upper limit of ?size'),
  extraTotal: integer(0, 1_000_000, 0, 'states this many more records than it returns (page envelopes, X-Total-Count)'),
  totalHeader: flag(false, 'state the total in an X-Total-Count header'),
  case: choice(['camel', 'snake'], 'camel', 'spelling of field names of API v3'),
  home: choice(['nested', 'id'], 'nested', "a user's home folder: an object, or only its id"),
  secrets: choice(
    ['omitted', 'echoed'],
    'omitted',
    'cloud connections and users with their (fake) secrets or without; a backup always has its own',
  ),
  extraFields: flag(false, 'users have fields that no document knows of'),
  timestamps: choice(Object.keys(TIMESTAMPS), 'iso-z', 'spelling of instants'),
  order: choice(
    ['stable', 'shuffled'],
    'stable',
    'order of the records of a list: by id, or another one for each request',
  ),
  cors: origin(null, 'the origin of pages that may read it in a browser, * for any'),
  cloud: choice(['aws', 'azure'], 'aws', 'cloud of a v2 appliance (no s3EncryptionLevel on Azure)'),
  username: text('webadmin', 'web admin that may log in'),
  password: text(fakeSecret('admin-'), 'their password'),
  clientId: text('gatelake-client', 'Basic client id'),
  clientSecret: text(fakeSecret('client-'), 'Basic client secret'),
  port: integer(0, 65_535, 0, 'port to listen on; 0 = any free one', FIXED),
  host: text('127.0.0.1', 'address to listen on', FIXED),
  tls: flag(false, 'HTTPS with a self-signed certificate made at start (needs openssl)', FIXED),
};

/** A mistake in a switch, a fault or a request to the control route: the message is for the person who made it. */
export class SwitchError extends Error {}

/** The value of one switch, checked; strings are accepted where they spell the value (command line). */
function parse(name, value) {
  const spec = SWITCHES[name];
  const refuse = (wanted) => {
    throw new SwitchError(`${name}: ${JSON.stringify(value)} is not ${wanted}`);
  };
  switch (spec.kind) {
    case 'integer': {
      if (spec.none && (value === null || value === 'none')) return null;
      const number = typeof value === 'string' && /^\d[\d_]*$/.test(value) ? Number(value.replaceAll('_', '')) : value;
      if (!Number.isInteger(number) || number < spec.min || number > spec.max) {
        refuse(`a whole number from ${spec.min} to ${spec.max}${spec.none ? ' or none' : ''}`);
      }
      return number;
    }
    case 'choice':
      if (!spec.values.includes(value)) {
        throw new SwitchError(`${name}: unknown value ${JSON.stringify(value)}${suggestion(value, spec.values)}`);
      }
      return value;
    case 'origin':
      if (value === null || value === 'none') return null;
      return value === '*' || /^https?:\/\/[^/\s]+$/.test(value) ? value : refuse('an origin like https://page.example, * or none');
    case 'flag':
      if (value === true || value === 'true' || value === 'on') return true;
      return value === false || value === 'false' || value === 'off' ? false : refuse('on or off');
    default:
      return typeof value === 'string' && value !== '' ? value : refuse('a text');
  }
}

/** Checks the names and values of the switches given and returns them parsed, without any default. */
export function parseSwitches(given, { running = false } = {}) {
  const parsed = {};
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(SWITCHES, name)) {
      throw new SwitchError(`unknown switch "${name}"${suggestion(name, Object.keys(SWITCHES))}`);
    }
    if (running && SWITCHES[name].fixed) throw new SwitchError(`${name}: cannot change while the server runs`);
    if (value !== undefined) parsed[name] = parse(name, value);
  }
  return parsed;
}

/** The whole profile: what was given, the rest by default. Combinations that mean nothing are refused. */
export function resolve(parsed) {
  const profile = {};
  for (const [name, { fallback }] of Object.entries(SWITCHES)) {
    profile[name] =
      parsed[name] ??
      (Object.hasOwn(parsed, name) ? null : typeof fallback === 'function' ? fallback(parsed) : fallback);
  }
  if (profile.api === 'v2' && profile.envelope !== 'users') {
    throw new SwitchError(`envelope: API v2 knows only "users", not "${profile.envelope}"`);
  }
  return profile;
}
