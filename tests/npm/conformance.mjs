// What every store must do, whatever it is made of: tests/support/conformance.rs, check by check, for stores in JavaScript.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

const bytes = (text) => new TextEncoder().encode(text);
const text = (object) => new TextDecoder().decode(object.bytes);

/** Writes below `prefix` (empty or ending in `/`), which must hold nothing, and leaves it so. */
export async function conformance(store, prefix) {
  await createOnly(store, `${prefix}create`);
  await compareAndSwap(store, `${prefix}swap`);
  await contentsAndMetadata(store, `${prefix}meta`);
  await listing(store, `${prefix}list/`);
  await deletion(store, prefix);
}

async function createOnly(store, key) {
  assert.equal(await store.get(key), null, 'what is not there cannot be read');
  assert.equal(await store.head(key), null, 'what is not there has no head');
  const etag = await store.put(key, bytes('one'), { create: true });
  assert.ok(etag, 'a create-only put of a new key is done');
  assert.equal(await store.put(key, bytes('two'), { create: true }), null, 'a second one is lost');
  const object = await store.get(key);
  assert.equal(text(object), 'one', 'a lost put changes nothing');
  assert.equal(object.etag, etag, 'a read tells the version that the put told');
}

async function compareAndSwap(store, key) {
  const never = { match: '00000000000000000000000000000000' };
  assert.equal(await store.put(key, bytes('x'), never), null, 'what is not there has no version to match');
  assert.equal(await store.get(key), null, 'and is not made by it');
  const first = await store.put(key, bytes('one'));
  assert.ok(first, 'an unconditional put is done');
  assert.equal(await store.put(key, bytes('x'), never), null, 'another version does not match');
  const second = await store.put(key, bytes('two'), { match: first });
  assert.ok(second, 'the version that is there matches');
  assert.notEqual(first, second, 'another content is another version');
  assert.equal(await store.put(key, bytes('three'), { match: first }), null, 'a version that was replaced does not match');
  const object = await store.get(key);
  assert.equal(text(object), 'two', "the winner's content stays");
  assert.equal(object.etag, second, "the winner's version stays");
}

async function contentsAndMetadata(store, key) {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  // Some stores check a body against this.
  const meta = { sha256: createHash('sha256').update(all).digest('hex'), writer: '1795459200.000-00000001' };
  await store.put(key, all, { meta });
  const head = await store.head(key);
  assert.equal(head?.size, 256, 'a head has a size');
  for (const [name, value] of Object.entries(meta)) assert.equal(head.meta[name], value, `a head has the metadata ${name}`);
  const object = await store.get(key);
  assert.deepEqual([...object.bytes], [...all], 'every byte comes back');
  assert.deepEqual(object.meta, head.meta, 'a read has the metadata, too');
  await store.put(key, new Uint8Array());
  const empty = await store.get(key);
  assert.equal(empty?.bytes.length, 0, 'an empty object can be read');
  assert.equal((await store.head(key)).size, 0, 'it is empty');
  assert.deepEqual(empty.meta, {}, 'metadata are those of the last put');
}

async function listing(store, prefix) {
  const keys = Array.from({ length: 7 }, (_, n) => `${prefix}${n}-${(n * 7) % 10}`);
  keys.push(`${prefix}a/b/c`);
  const etags = {};
  for (const key of keys.toReversed()) etags[key] = await store.put(key, bytes(key), { create: true });
  const seen = [];
  for (let page, cursor, turn = 0; turn === 0 || (cursor && turn < 100); turn += 1) {
    page = await store.list(prefix, { limit: 2, ...(cursor && { cursor }) });
    assert.ok(page.objects.length <= 2, 'a page of a listing has at most the heads that were asked for');
    for (const { key, size, etag } of page.objects) {
      assert.equal(size, key.length, 'a listing has sizes');
      assert.equal(etag, etags[key], 'a listing has versions');
    }
    seen.push(...page.objects.map(({ key }) => key));
    cursor = page.cursor;
  }
  assert.deepEqual(seen, keys, 'all keys of the prefix, once each, in order');
  const none = await store.list(`${prefix}none`, { limit: 1 });
  assert.deepEqual(none.objects, [], 'a listing of nothing is empty');
  assert.equal(none.cursor, undefined, 'and ends there');
}

async function deletion(store, prefix) {
  const keys = [`${prefix}never-there`];
  for (let cursor, first = true; first || cursor; first = false) {
    const page = await store.list(prefix, { limit: 1000, ...(cursor && { cursor }) });
    keys.push(...page.objects.map(({ key }) => key));
    cursor = page.cursor;
  }
  assert.ok(keys.length > 8, 'the listing of a shorter prefix has what lies below it');
  await store.delete(keys);
  assert.deepEqual((await store.list(prefix, { limit: 1000 })).objects, [], 'what was deleted is gone');
  await store.delete(keys);
}
