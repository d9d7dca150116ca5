// The page under its policy, and that whatever breaks it is noticed: a list of violations that stays empty proves nothing else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseHeaders } from '../../npm/cli/assets.js';
import { axe, browser, live, screenshots, serve } from './support.mjs';

/** A page of a test's own, under the product's policy. */
const OWN = {
  '/own.html': '<!doctype html><html lang="en"><title>Own</title><main><h1>Own</h1></main><script type="module" src="own.js"></script></html>',
  '/own.js': `
    const policy = trustedTypes.createPolicy('gatelake', { createScriptURL: (url) => url });
    globalThis.start = () => { new Worker(policy.createScriptURL('/own-worker.js'), { type: 'module' }); };`,
  '/own-worker.js': `fetch('https://elsewhere.example/').catch(() => {});`,
  '/bare.html': '<!doctype html><html><main><h1>Bare</h1><img src="favicon.svg"></main></html>',
};

let chrome;
let site;
before(async () => {
  site = await serve(undefined, { files: OWN });
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  await site?.close();
});

test('the page loads its engine in a Web Worker and breaks no rule', async () => {
  const page = await chrome.page({ served: site });
  const worker = page.workers()[0] ?? (await page.waitForEvent('worker'));
  assert.equal(worker.url(), `${site.url}worker.js`);
  await page.waitForLoadState('networkidle');
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname));
  assert.ok(loaded.includes('/worker.js'), loaded.join());
  await axe(page);
  await screenshots(page, 'first');
  await page.finish();
});

test('a policy of another name, a second one, and a script of another address are refused', async () => {
  const page = await chrome.page({ served: site, deliberate: true });
  await page.waitForLoadState('networkidle');
  const refused = (make) => page.evaluate(make).then(() => 'allowed', (error) => error.message);
  assert.match(await refused(() => trustedTypes.createPolicy('other', {})), /disallowed/);
  assert.match(await refused(() => trustedTypes.createPolicy('gatelake', {})), /already exists|disallowed/);
  assert.match(await refused(() => new Worker('/worker.js') && undefined), /TrustedScriptURL/);
  assert.match(await refused(() => (document.body.innerHTML = '<b>')), /TrustedHTML/);
  await assert.rejects(page.finish(), /trusted-types/);
});

test('a violation in the page is noticed', async () => {
  const page = await chrome.page({ served: site, deliberate: true, url: `${site.url}own.html` });
  await page.evaluate(() => document.body.append(Object.assign(new Image(), { src: 'https://elsewhere.example/x.png' })));
  await assert.rejects(page.finish(), /img-src/);
});

test('a violation in a worker is noticed', async () => {
  const page = await chrome.page({ served: site, deliberate: true, url: `${site.url}own.html` });
  const before = site.reports.length;
  await page.evaluate(() => globalThis.start());
  while (site.reports.length === before) await new Promise((done) => setTimeout(done, 20));
  await assert.rejects(page.finish(), /connect-src/);
});

test('what axe finds is noticed', async () => {
  const page = await chrome.page({ served: site, deliberate: true, url: `${site.url}bare.html` });
  await assert.rejects(axe(page), /image-alt|html-has-lang/);
});

test('headers are read as Cloudflare reads them', () => {
  const rules = parseHeaders('# remark\n/*\n  A: 1\n  B: 2\n/x/*.js\n  ! A\n  C: a: b\n');
  assert.deepEqual(rules.map(({ pattern, lines }) => [pattern.source, lines]), [['^\\/.*$', ['A: 1', 'B: 2']], ['^\\/x\\/.*\\.js$', ['! A', 'C: a: b']]]);
});

test('the real Worker serves the same page under the same headers', async () => {
  const lake = await live({ sftp: { users: 5 } });
  try {
    for (const path of ['', 'worker.js', 'gatelake_bg.wasm']) {
      const [real, ours] = await Promise.all([lake.local.fetch(`/${path}`), fetch(`${site.url}${path}`)]);
      assert.deepEqual([real.status, ours.status], [200, 200]);
      const pick = ({ headers }) => Object.fromEntries(['referrer-policy', 'x-content-type-options', 'cross-origin-opener-policy', 'cross-origin-resource-policy', 'permissions-policy', 'cache-control'].map((name) => [name, headers.get(name)]));
      assert.deepEqual(pick(real), pick(ours));
      assert.equal(`${real.headers.get('content-security-policy')}; report-uri /csp-reports`, ours.headers.get('content-security-policy'));
      assert.equal(Buffer.compare(Buffer.from(await real.arrayBuffer()), Buffer.from(await ours.arrayBuffer())), 0);
    }
    const page = await chrome.page({ url: lake.url });
    assert.ok(page.workers()[0] ?? (await page.waitForEvent('worker')));
    await page.waitForLoadState('networkidle');
    await page.finish();
  } finally {
    await lake.close();
  }
});
