// Is a store fit for a lake? Some servers that speak S3 take a condition and ignore it: two runs at once would then destroy each
// other's snapshots, and nobody would be told.
import { StoreError } from './error.js';

/**
 * Finds out with an object of its own, which it removes; throws if the store is unfit. `name`: what to call it in the error.
 * @param {import('./store.js').Store} store
 * @param {string} name
 */
export async function trial(store, name) {
  const key = `gatelake-trial-${crypto.randomUUID()}`;
  const bytes = new TextEncoder().encode('Whether this place can hold a lake. It may be removed.\n');
  const meta = { writer: 'trial' };
  try {
    const first = await store.put(key, bytes, { create: true, meta });
    if (first === null) throw unfit(name, 'does not create an object that is not there');
    if ((await store.put(key, bytes, { create: true })) !== null) throw unfit(name, 'ignores the condition that an object must not be there (If-None-Match)');
    if ((await store.put(key, bytes, { match: '0'.repeat(32) })) !== null) throw unfit(name, 'ignores the condition that a version must be there still (If-Match)');
    const head = await store.head(key);
    if (head?.etag !== first) throw unfit(name, 'tells another version than it told before');
    if (head.meta.writer !== meta.writer) throw unfit(name, 'does not keep metadata');
    if ((await store.put(key, new Uint8Array(1), { match: first })) === null) throw unfit(name, 'does not know its own version again');
    if ((await store.put(key, new Uint8Array(2), { match: first })) !== null) throw unfit(name, 'takes a version that was replaced for the one that is there (If-Match)');
  } finally {
    // Whoever may not remove keeps some bytes of ours.
    await store.delete([key]).catch(() => {});
  }
}

/** @param {string} name @param {string} what */
function unfit(name, what) {
  return new StoreError('store_unfit', `${name} ${what}: it cannot hold a lake that more than one run may write to`, {
    help: 'docs/cli.md lists stores that can',
  });
}
