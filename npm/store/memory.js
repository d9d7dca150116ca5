// A store that goes with the program: for tests, and for those who want a run's files and no lake.

/**
 * @typedef {import('./store.js').Store} Store
 * @returns {Store & { objects: ReadonlyMap<string, { bytes: Uint8Array, etag: string, meta: Record<string, string> }> }}
 */
export function memoryStore() {
  /** @type {Map<string, { bytes: Uint8Array, etag: string, meta: Record<string, string> }>} */
  const objects = new Map();
  let version = 0;
  return {
    objects,
    async get(key) {
      const found = objects.get(key);
      return found ? { ...found, bytes: found.bytes.slice() } : null;
    },
    async head(key) {
      const found = objects.get(key);
      return found ? { etag: found.etag, size: found.bytes.length, meta: found.meta } : null;
    },
    async put(key, bytes, { create, match, meta = {} } = {}) {
      const before = objects.get(key);
      if (create ? before : match !== undefined && before?.etag !== match) return null;
      const etag = String((version += 1));
      objects.set(key, { bytes: bytes.slice(), etag, meta: { ...meta } });
      return etag;
    },
    async list(prefix, { cursor = '', limit }) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > cursor).sort();
      const page = keys.slice(0, limit);
      const heads = page.map((key) => ({ key, etag: objects.get(key)?.etag ?? '', size: objects.get(key)?.bytes.length ?? 0 }));
      const last = page.at(-1);
      return { objects: heads, ...(keys.length > limit && last !== undefined && { cursor: last }) };
    },
    async delete(keys) {
      for (const key of keys) objects.delete(key);
    },
  };
}
