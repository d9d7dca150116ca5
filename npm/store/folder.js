// A folder as the lake's store: objects are plain files under their keys, whole or not there, and conditional puts hold between all
// processes of one machine.
//
// Beside the objects, in `.gatelake`: `tmp` for what is being written, `lock` (see lock.js), and in `meta` a document for each object
// that was put with metadata. A copy of the folder without any of it is still the same lake.
import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { StoreError } from './error.js';
import { codeOf, lock, WITHOUT_LINKS } from './lock.js';

const OWN = '.gatelake';
/** What a write that was broken off left in `tmp` is removed after so many milliseconds. */
const ABANDONED = 3_600_000;
/** What the system says when a disk is short of something that may come back. */
const PASSING = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'EINTR', 'ESTALE', 'ETIMEDOUT']);

/**
 * @typedef {import('./store.js').Store} Store
 * @typedef {{ etag: string, size: number, changed: string, meta: Record<string, string> }} Version what `meta` remembers of one content:
 *   `changed`, the file's time of change in nanoseconds, tells whether it is still the one
 */

/**
 * Opens a folder, which is made by the first put. An object's version is the SHA-256 of its content.
 * @param {string} path
 * @returns {Store}
 */
export function folderStore(path) {
  return new FolderStore(resolve(path));
}

/** @implements {Store} */
class FolderStore {
  /** One's own puts wait for each other here, not at the lock. @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** @type {Promise<void> | undefined} */
  #swept;

  /** @param {string} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {string} key */
  async get(key) {
    return this.#named('read', key, async () => {
      for (;;) {
        const bytes = await this.#read(key);
        if (!bytes) return null;
        const etag = hash(bytes);
        const version = (await this.#versions(key)).find((one) => one.etag === etag);
        if (version) return { bytes, etag, meta: version.meta };
        // Either it has no metadata, or another content took its place between the two reads.
        const now = await this.#head(key);
        if (now?.etag === etag) return { bytes, etag, meta: now.meta };
      }
    });
  }

  /** @param {string} key */
  async head(key) {
    return this.#named('look at', key, () => this.#head(key));
  }

  /**
   * @param {string} key
   * @param {Uint8Array} bytes
   * @param {{ create?: true, match?: string, meta?: Record<string, string> }} [options]
   */
  async put(key, bytes, { create, match, meta = {} } = {}) {
    return this.#named('write', key, async () => {
      const target = this.#path(key);
      const etag = hash(bytes);
      const draft = await this.#draft(bytes);
      try {
        const { mtimeNs } = await stat(draft, { bigint: true });
        const version = { etag, size: bytes.length, changed: String(mtimeNs), meta };
        return (await this.#inTurn(async (turn) => {
          const before = await this.#head(key, match !== undefined);
          if (create ? before : match !== undefined && before?.etag !== match) return false;
          await mkdir(dirname(target), { recursive: true });
          // First what is remembered of it, beside what is remembered of the one that is there: whatever dies here, the content
          // that is found is one of the two.
          await this.#remember(key, version, before?.etag);
          await turn.check();
          if (!create) await rename(draft, target);
          else if (!(await linkOrMove(draft, target))) return false;
          await settle(dirname(target), this.root);
          return true;
        }))
          ? etag
          : null;
      } finally {
        await rm(draft, { force: true });
      }
    });
  }

  /**
   * @param {string} prefix
   * @param {{ cursor?: string, limit: number }} options
   */
  async list(prefix, { cursor, limit }) {
    return this.#named('list', prefix, async () => {
      const objects = [];
      const slash = prefix.lastIndexOf('/') + 1;
      if (slash) this.#path(prefix.slice(0, slash - 1));
      for await (const key of this.#keys(prefix.slice(0, slash), prefix, cursor ?? '')) {
        if (objects.length === limit) return { objects, cursor: /** @type {{ key: string }} */ (objects.at(-1)).key };
        const head = await this.#head(key);
        if (head) objects.push({ key, etag: head.etag, size: head.size });
      }
      return { objects };
    });
  }

  /** @param {string[]} keys */
  async delete(keys) {
    return this.#named('remove', keys[0] ?? '', async () => {
      const paths = keys.map((key) => [this.#path(key), this.#metaPath(key)]);
      await this.#inTurn(async () => {
        for (const [object, meta] of /** @type {[string, string][]} */ (paths)) {
          await rm(object, { force: true });
          await rm(meta, { force: true });
          await prune(dirname(object), this.root);
          await prune(dirname(meta), join(this.root, OWN, 'meta'));
        }
      });
    });
  }

  /**
   * `exact`: by the content itself, not by what is remembered of it.
   * @param {string} key
   * @param {boolean} [exact]
   */
  async #head(key, exact = false) {
    const found = await stat(this.#path(key), { bigint: true }).catch(absent);
    if (!found?.isFile()) return null;
    const size = Number(found.size);
    const versions = await this.#versions(key);
    const seen = versions.find((one) => one.size === size && one.changed === String(found.mtimeNs));
    if (seen && !exact) return { etag: seen.etag, size, meta: seen.meta };
    const bytes = await this.#read(key);
    if (!bytes) return null;
    const etag = hash(bytes);
    return { etag, size: bytes.length, meta: versions.find((one) => one.etag === etag)?.meta ?? {} };
  }

  /** @param {string} key */
  async #read(key) {
    return (await readFile(this.#path(key)).catch(absent)) ?? null;
  }

  /** What is remembered of an object: nothing, if that cannot be read. @param {string} key @returns {Promise<Version[]>} */
  async #versions(key) {
    try {
      return JSON.parse(await readFile(this.#metaPath(key), 'utf8')).versions;
    } catch {
      return [];
    }
  }

  /**
   * @param {string} key
   * @param {Version} version
   * @param {string | undefined} before
   */
  async #remember(key, version, before) {
    const path = this.#metaPath(key);
    const kept = (await this.#versions(key)).filter(({ etag }) => etag === before && etag !== version.etag);
    const draft = await this.#draft(Buffer.from(JSON.stringify({ versions: [version, ...kept] })));
    await mkdir(dirname(path), { recursive: true });
    await rename(draft, path);
    await settle(dirname(path), this.root);
  }

  /** Bytes in a file of no name yet, safe on the disk. @param {Uint8Array} bytes */
  async #draft(bytes) {
    const folder = join(this.root, OWN, 'tmp');
    await mkdir(folder, { recursive: true });
    await (this.#swept ??= sweep(folder));
    const path = join(folder, randomBytes(12).toString('hex'));
    const file = await open(path, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    return path;
  }

  /**
   * @template T
   * @param {(turn: import('./lock.js').Turn) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #inTurn(work) {
    const mine = this.#last.then(async () => {
      const turn = await lock(join(this.root, OWN, 'lock'));
      try {
        return await work(turn);
      } finally {
        await turn.release();
      }
    });
    this.#last = mine.catch(() => {});
    return mine;
  }

  /**
   * Keys below a folder (`at`, empty or ending in `/`) that begin with `prefix` and come after `after`, in the order of their bytes.
   * @param {string} at
   * @param {string} prefix
   * @param {string} after
   * @returns {AsyncGenerator<string>}
   */
  async *#keys(at, prefix, after) {
    const entries = (await readdir(join(this.root, at), { withFileTypes: true }).catch(absent)) ?? [];
    // A folder's keys sort by its name with the slash.
    const names = entries.flatMap((entry) => (entry.isDirectory() ? [`${at}${entry.name}/`] : entry.isFile() ? [`${at}${entry.name}`] : []));
    for (const name of names.sort(byBytes)) {
      if (name === `${OWN}/`) continue;
      if (name.endsWith('/')) {
        const wanted = name.startsWith(prefix) || prefix.startsWith(name);
        if (wanted && (byBytes(name, after) > 0 || after.startsWith(name))) yield* this.#keys(name, prefix, after);
      } else if (name.startsWith(prefix) && byBytes(name, after) > 0) {
        yield name;
      }
    }
  }

  /** Where an object lies. @param {string} key */
  #path(key) {
    const parts = key.split('/');
    const safe = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:*?"<>|\u0000-\u001f]/.test(part));
    if (safe && parts[0] !== OWN) return join(this.root, ...parts);
    throw new StoreError('unsafe_key', 'the key cannot be the path of a file', { at: JSON.stringify(key) });
  }

  /** @param {string} key */
  #metaPath(key) {
    return `${join(this.root, OWN, 'meta', ...key.split('/'))}.json`;
  }

  /**
   * Names what failed where the system only says which of its calls did.
   * @template T
   * @param {string} what
   * @param {string} key
   * @param {() => Promise<T>} work
   */
  async #named(what, key, work) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const code = codeOf(error) ?? '';
      throw new StoreError('store_failed', `cannot ${what} in the folder ${this.root}: ${error instanceof Error ? error.message : error}`, {
        at: key,
        help: REMEDIES[code],
        transient: PASSING.has(code),
        cause: error,
      });
    }
  }
}

/** @type {Record<string, string>} */
const REMEDIES = {
  EACCES: 'Give this user the right to write there',
  EPERM: 'Give this user the right to write there',
  EROFS: 'The file system is mounted read-only',
  ENOSPC: 'The disk is full',
  EDQUOT: "The user's share of the disk is used up",
  EEXIST: 'A file lies where a folder is needed: remove it, or choose another folder or prefix',
  ENOTDIR: 'A file lies where a folder is needed: remove it, or choose another folder or prefix',
  EISDIR: 'A folder lies where a file is needed: remove it, or choose another folder or prefix',
};

/** @param {Uint8Array} bytes */
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** @param {string} a @param {string} b */
const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** For `catch`: what is not there is nothing. @param {unknown} error @returns {undefined} */
function absent(error) {
  if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
}

/** Gives the file its name unless something has it; whether nothing had. @param {string} draft @param {string} target */
async function linkOrMove(draft, target) {
  try {
    await link(draft, target);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    if (!code || !WITHOUT_LINKS.has(code)) throw error;
    // It is our turn, and there was nothing of that name.
    await rename(draft, target);
  }
  return true;
}

/** Makes names in a folder, and its own name, last. @param {string} folder @param {string} root */
async function settle(folder, root) {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const handle = await open(at, 'r');
      await handle.sync().finally(() => handle.close());
    } catch (error) {
      // Windows opens no folders; there the file system's own journal has to do.
      if (process.platform !== 'win32') throw error;
    }
    if (at === root || at === dirname(at)) return;
  }
}

/** Removes a folder that is empty, and those above it, up to `root`. @param {string} folder @param {string} root */
async function prune(folder, root) {
  for (let at = folder; at !== root && at.startsWith(root); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
}

/** @param {string} folder */
async function sweep(folder) {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(absent);
    if (found && Date.now() - found.mtimeMs > ABANDONED) await rm(path, { force: true });
  }
}
