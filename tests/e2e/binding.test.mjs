// A gateway that only a binding leads to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestHarness } from 'wrangler';
import { ROOT } from '../../tools/lib/execute.mjs';
import { emulated } from '../../tools/lib/local.mjs';
import { startGateway } from '../gateway/server.mjs';
import { TOKEN } from './support.mjs';

test('a service binding is a way to the gateway', async () => {
  const gateway = await startGateway({ users: 25 });
  const { toml, secrets } = emulated({ ...gateway, url: 'https://gateway.internal' });
  const server = createTestHarness({
    root: ROOT,
    workers: [
      {
        config: {
          name: 'gatelake',
          main: 'src/worker/entry.js',
          compatibility_date: '2026-11-01',
          r2_buckets: [{ binding: 'LAKE', bucket_name: 'gatelake' }],
          services: [{ binding: 'TUNNEL', service: 'proxy' }],
          vars: { GATELAKE_CONFIG: `${toml}transport = "binding:TUNNEL"\n`, GATELAKE_TOKEN: TOKEN, ...secrets },
        },
      },
      { config: { name: 'proxy', main: 'tests/e2e/proxy.js', compatibility_date: '2026-11-01', vars: { TARGET: gateway.url } } },
    ],
  });
  try {
    await server.listen();
    const response = await server.fetch('/api/runs', { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
    const { runs } = await response.json();
    assert.equal(runs[0].outcome, 'published', JSON.stringify(runs));
    assert.equal(runs[0].tables.find((table) => table.name === 'users').rows, 25);
    assert.ok(gateway.counts.data > 0);
  } finally {
    await server.close();
    await gateway.close();
  }
});
