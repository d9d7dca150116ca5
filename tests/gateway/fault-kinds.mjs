// What can go wrong, by name: the kinds of faults and what each does to a request or to its answer.
import { fakeSecret } from './data/secrets.mjs';
import { accessDenied, boot, failure, nginx } from './errors.mjs';
import { WEB_UI } from './pages.mjs';

const tooMany = (profile, path, retryAfter) => failure(profile, 429, path, { 'retry-after': String(retryAfter) });
const quoting = {
  status: 400,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message: `Bad Request: AccountKey=${fakeSecret('ak')} is not valid` }),
};
const found = (location) => ({ status: 302, headers: { location }, body: '' });

/** Changes the first chunk of a body: `edit(bytes, at)` where `at` is the first place with `text`, else the end. */
const at = (text, edit) => (bytes) => {
  const place = bytes.indexOf(text);
  return edit(bytes, place < 0 ? bytes.length : place);
};
const spliced = (bytes, from, to, middle) =>
  Buffer.concat([bytes.subarray(0, from), Buffer.from(middle), bytes.subarray(to)]);
const badUtf8 = at('":"', (bytes, place) => spliced(bytes, place + 3, place + 3, [0x66, 0xc3, 0x28]));
const badJson = at(':', (bytes, place) => spliced(bytes, place, place + 1, ' = '));

/** Where a cut falls: after `records` whole records when given, else after `bytes`. */
const cut = ({ records, bytes }) =>
  records === undefined ? { shape: { limit: bytes } } : { tweak: { stopAfter: records } };

/**
 * The kinds. `phase` says when: `edge` before the service sees the request, `login` and `token` while it checks who
 * asks, `denied` when it knows who asks, `body` as it sends a good answer. `answer` replaces the answer, `wire` is
 * something done to the connection, `spoil` returns what `settle` (deliver.mjs) makes of a good answer.
 * `options` are whole numbers with their defaults (null: not set) or texts.
 */
export const FAULTS = {
  '429-seconds': {
    phase: 'edge',
    options: { retryAfter: 1 },
    help: '429, Retry-After in seconds',
    answer: ({ profile, path }, { retryAfter }) => tooMany(profile, path, retryAfter),
  },
  '429-date': {
    phase: 'edge',
    options: { retryAfter: 2 },
    help: '429, Retry-After as an HTTP date so many seconds ahead',
    answer: ({ profile, path, now }, { retryAfter }) =>
      tooMany(profile, path, new Date(now + retryAfter * 1000).toUTCString()),
  },
  400: { phase: 'edge', help: '400 with a message that quotes a secret', answer: () => quoting },
  409: { phase: 'edge', help: '409 with an error object', answer: ({ profile, path }) => failure(profile, 409, path) },
  500: { phase: 'edge', help: '500 with an error object', answer: ({ path }) => boot(500, path) },
  503: { phase: 'edge', help: '503 with an error object', answer: ({ path }) => boot(503, path) },
  504: { phase: 'edge', help: '504, page of nginx', answer: () => nginx(504) },
  '502-html': { phase: 'edge', help: '502, page of nginx: the service restarts', answer: () => nginx(502) },
  404: { phase: 'edge', help: 'no such path', answer: ({ profile, path }) => failure(profile, 404, path) },
  'html-200': { phase: 'edge', help: 'the web UI, with status 200', answer: () => WEB_UI },
  'redirect-origin': {
    phase: 'edge',
    options: { to: '' },
    help: '302 to another origin (a second server that counts who comes), or to the URL given',
    answer: ({ decoy }, { to }) => found(to || `${decoy}/elsewhere`),
  },
  'redirect-login': { phase: 'edge', help: '302 to a login page of the same origin', answer: () => found('/login') },
  'stalled-headers': { phase: 'edge', help: 'accepts the request and never answers', wire: () => {} },
  reset: {
    phase: 'edge',
    help: 'resets the connection before any answer',
    wire: (res) => res.socket.resetAndDestroy(),
  },
  'wrong-password': { phase: 'login', help: 'refuses the right password, as if it were wrong' },
  'token-expired': {
    phase: 'token',
    options: { afterSeconds: null },
    help: 'a token ends after so many data calls (after=N, 0 if not given) or seconds',
  },
  403: {
    phase: 'denied',
    help: 'access denied: the web admin lacks the right',
    answer: ({ profile, path }) => accessDenied(profile, path),
  },
  'cut-length': {
    phase: 'body',
    options: { bytes: 1024, records: null, missing: 100 },
    help: 'the body ends before its Content-Length',
    spoil: (o) => {
      const { shape, tweak } = cut(o);
      return { tweak, shape: { ...shape, missing: o.missing } };
    },
  },
  'cut-chunked': {
    phase: 'body',
    options: { bytes: 1024, records: null },
    help: 'a chunked body ends without its last chunk',
    spoil: (o) => {
      const { shape, tweak } = cut(o);
      return { tweak, shape: { ...shape, chunked: true, then: 'close' } };
    },
  },
  'stalled-body': {
    phase: 'body',
    options: { bytes: 1024 },
    help: 'the body stops for ever',
    spoil: ({ bytes }) => ({ shape: { limit: bytes, then: 'hang' } }),
  },
  'reset-body': {
    phase: 'body',
    options: { bytes: 1024 },
    help: 'resets the connection within the body',
    spoil: ({ bytes }) => ({ shape: { limit: bytes, then: 'reset' } }),
  },
  'slow-body': {
    phase: 'body',
    options: { bytes: 512, ms: 50 },
    help: 'the body trickles',
    spoil: ({ bytes, ms }) => ({ shape: { slow: { bytes, ms } } }),
  },
  'invalid-utf8': {
    phase: 'body',
    help: 'a string of the body holds bytes that are not UTF-8',
    spoil: () => ({ shape: { mangle: badUtf8 } }),
  },
  'invalid-json': {
    phase: 'body',
    help: 'the body is not JSON although it says so',
    spoil: () => ({ shape: { mangle: badJson } }),
  },
  'empty-body': {
    phase: 'body',
    help: '200 with nothing in it',
    spoil: () => ({ replace: { chunks: undefined, body: '' } }),
  },
  'wrong-content-type': {
    phase: 'body',
    options: { type: 'text/plain' },
    help: 'the right body under another content type',
    spoil: ({ type }) => ({ type }),
  },
  shrink: {
    phase: 'body',
    options: { records: 1 },
    help: 'only so many records come, totals as ever',
    spoil: ({ records }) => ({ tweak: { only: records } }),
  },
  duplicate: { phase: 'body', help: 'the first record comes twice', spoil: () => ({ tweak: { repeat: true } }) },
};
