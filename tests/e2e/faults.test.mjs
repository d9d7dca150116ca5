// Everything that the emulated gateway can do wrong, end to end: what the user is told, and that readers keep the last good
// snapshot.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FAULTS } from '../gateway/fault-kinds.mjs';
import { ROOT } from '../../tools/lib/execute.mjs';
import { world } from './support.mjs';

/** Kind → the error's code for users, or nothing if the run must come through all the same. */
const EXPECTED = {
  '429-seconds': ['rate_limited'],
  '429-date': ['rate_limited'],
  400: ['refused_request'],
  409: ['refused_request'],
  500: ['server_error'],
  503: ['service_down'],
  504: ['service_down'],
  '502-html': ['service_down'],
  404: ['not_found'],
  'html-200': ['html_instead_of_json', 'login_page'],
  'redirect-origin': ['redirected'],
  'redirect-login': ['login_page', 'html_instead_of_json'],
  'stalled-headers': ['timeout'],
  reset: ['connection_failed'],
  'wrong-password': ['login_refused'],
  'token-expired': ['token_refused'],
  403: ['access_denied'],
  'cut-length': ['connection_failed', 'cut_body'],
  'cut-chunked': ['connection_failed', 'cut_body'],
  'stalled-body': ['timeout'],
  'reset-body': ['connection_failed'],
  'slow-body': [],
  'invalid-utf8': ['invalid_json'],
  'invalid-json': ['invalid_json'],
  'empty-body': ['empty_body'],
  'wrong-content-type': [],
  shrink: ['shrink_guard'],
  duplicate: [],
};
/** What passes if it strikes once: a retry, a new login or patience is enough. */
const ONCE = ['429-seconds', '429-date', 500, 503, 504, '502-html', 'stalled-headers', 'reset', 'token-expired', 'cut-length', 'cut-chunked', 'stalled-body', 'reset-body', 'empty-body'];

/** Short enough for what never ends. */
const LIMITS = '[limits]\ntimeout_seconds = 2\ndeadline_seconds = 30\nretries = 1\n';

const dataset = (kind) => `f_${String(kind).replaceAll('-', '_')}`;
const kinds = Object.keys(FAULTS);
const report = [];
let lake;

before(async () => {
  lake = await world(Object.fromEntries(kinds.map((kind) => [dataset(kind), { users: 40 }])), { limits: LIMITS });
});

after(async () => {
  await lake.close();
  const lines = report.map((cells) => `| ${cells.join(' | ')} |`);
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  writeFileSync(join(ROOT, 'build', 'faults.md'), ['| fault | outcome | users | what is said |', '|---|---|---|---|', ...lines, ''].join('\n'));
});

test('every fault is expected to do something', () => {
  assert.deepEqual(Object.keys(EXPECTED).sort(), [...kinds].sort());
});

for (const kind of kinds) {
  test(`${kind}: ${FAULTS[kind].help}`, async () => {
    const name = dataset(kind);
    const gateway = lake.gateways[name];
    const good = await lake.run(name);
    assert.equal(good.record.outcome, 'published');
    const users = await lake.rows(name, 'users');
    assert.equal(users.length, 40);

    const on = FAULTS[kind].phase === 'login' || FAULTS[kind].phase === 'token' ? '' : '/users';
    gateway.fault({ kind, on });
    const bad = await lake.run(name);
    const error = bad.record.resources.find((resource) => resource.name === 'users').error;
    report.push([kind, bad.record.outcome, error?.code ?? 'came', (error?.message ?? '').replaceAll('|', '\\|')]);
    const expected = EXPECTED[kind];
    if (expected.length === 0) {
      assert.equal(error, null);
      assert.equal(bad.status, 200);
      assert.equal((await lake.rows(name, 'users')).length, kind === 'duplicate' ? 41 : 40);
    } else {
      assert.ok(expected.includes(error?.code), JSON.stringify(error));
      assert.match(bad.record.outcome, /^(partial|failed)$/);
      assert.equal(bad.status, 502);
      assert.deepEqual(await lake.rows(name, 'users'), users);
      const { freshness } = await lake.current(name);
      assert.equal(freshness.users.stale?.code, error.code);
      assert.equal(gateway.counts.decoy ?? 0, 0);
    }

    gateway.set({ faults: [] });
    const mended = await lake.run(name);
    assert.match(mended.record.outcome, /^(published|unchanged)$/, JSON.stringify(mended.record));
    assert.equal((await lake.rows(name, 'users')).length, 40);
    assert.equal((await lake.current(name)).freshness.users.stale, undefined);
  });
}

for (const kind of ONCE) {
  test(`${kind}, once: the run comes through`, async () => {
    const name = dataset(kind);
    lake.gateways[name].fault({ kind, on: FAULTS[kind].phase === 'token' ? '' : '/users', times: 1 });
    const { record } = await lake.run(name);
    assert.match(record.outcome, /^(published|unchanged)$/, JSON.stringify(record.resources.map((one) => one.error)));
  });
}

test('a password that is refused is tried once in a run', async () => {
  const gateway = lake.gateways[dataset('wrong-password')];
  const before = gateway.counts.refusedLogins;
  gateway.fault({ kind: 'wrong-password' });
  await lake.run(dataset('wrong-password'));
  assert.equal(gateway.counts.refusedLogins - before, 1);
  gateway.set({ faults: [] });
});
