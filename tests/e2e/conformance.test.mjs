// R2 in workerd is a store as the lake needs one: the Rust suite that the memory store passes too, over the Worker's own way to R2.
// `npm test` builds it before it comes here; by itself: node tools/build.mjs conformance
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestHarness } from 'wrangler';
import { ROOT } from '../../tools/lib/execute.mjs';

test('R2 in workerd passes the suite that every store must pass', async () => {
  const server = createTestHarness({
    root: ROOT,
    workers: [
      {
        config: {
          name: 'conformance',
          main: 'tests/e2e/conformance.js',
          compatibility_date: '2026-11-01',
          r2_buckets: [{ binding: 'LAKE', bucket_name: 'conformance' }],
        },
      },
    ],
  });
  try {
    await server.listen();
    for (const prefix of ['any/', '']) {
      const answer = await (await server.fetch(`/?prefix=${prefix}`)).json();
      assert.deepEqual(Object.keys(answer), ['checked'], JSON.stringify(answer));
      assert.ok(answer.checked > 20, JSON.stringify(answer));
    }
  } finally {
    await server.close();
  }
});
