// One lock for the processes of one machine that write into a folder. It survives crashes: a holder that died holds nothing.
//
// Each turn is a file with a number, made only if nobody has made it, that names its owner; the highest number counts. It is made
// when the one before was given back (renamed to `<number>.free`) or its owner is dead. Numbers only grow and no turn is ever taken
// from under its name, so two processes that both find a dead owner cannot both go on: one of them makes the next number.
import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StoreError } from './error.js';

/** How long to wait for the turn, in milliseconds. A turn takes some milliseconds. */
const PATIENCE = 30_000;
/** A turn whose owner cannot be looked for (another machine, another container) is over after so long. */
const UNSEEN = 60_000;
/** Milliseconds between two looks: at random up to so many. */
const PAUSE = 15;
/** Turns that are kept behind the current one: somebody may be in the middle of a listing. */
const KEPT = 8;

/**
 * @typedef {{ pid: number, started: string | null, machine: string, at: number }} Owner
 * @typedef {{ check(): Promise<void>, release(): Promise<void> }} Turn `check` throws if the turn was lost meanwhile
 */

/** @type {Promise<Omit<Owner, 'at'>> | undefined} */
let self;

/**
 * Waits for the turn.
 * @param {string} folder where the turns lie; made if it is not there
 * @returns {Promise<Turn>}
 */
export async function lock(folder) {
  await mkdir(folder, { recursive: true });
  const until = Date.now() + PATIENCE;
  for (;;) {
    const { number, free } = await highest(folder);
    if (free || (await isOver(join(folder, String(number))))) {
      const mine = number + 1;
      if (await take(folder, mine)) return turn(folder, mine);
      continue;
    }
    if (Date.now() > until) {
      throw new StoreError('store_locked', 'another process writes into the lake and does not come to an end', {
        at: join(folder, String(number)),
        help: 'Wait for it, or end it; if there is none, remove that file',
        transient: true,
      });
    }
    await new Promise((done) => setTimeout(done, 1 + Math.random() * PAUSE));
  }
}

/**
 * @param {string} folder
 * @param {number} number
 * @returns {Turn}
 */
function turn(folder, number) {
  return {
    async check() {
      const now = await highest(folder);
      if (now.number === number && !now.free) return;
      throw new StoreError('store_locked', 'the turn to write was taken away: this process stood still for too long', { at: folder, transient: true });
    },
    async release() {
      await rename(join(folder, String(number)), join(folder, `${number}.free`)).catch(() => {});
      const old = (await turns(folder)).filter((one) => one.number <= number - KEPT);
      await Promise.all(old.map((one) => rm(join(folder, one.name), { force: true })));
    },
  };
}

/** Makes the turn of that number one's own; whether nobody was quicker. @param {string} folder @param {number} number */
async function take(folder, number) {
  self ??= me();
  const ticket = join(folder, `${randomBytes(8).toString('hex')}.new`);
  await writeFile(ticket, JSON.stringify({ ...(await self), at: Date.now() }));
  try {
    await link(ticket, join(folder, String(number))).catch(async (error) => {
      if (!WITHOUT_LINKS.has(error.code)) throw error;
      // A file system without hard links: the name appears before its content, and counts as unseen until then.
      await writeFile(join(folder, String(number)), await readFile(ticket), { flag: 'wx' });
    });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(ticket, { force: true });
  }
  // Whoever listed the turns long ago may take a number that has been cleared away.
  const now = await highest(folder);
  if (now.number === number && !now.free) return true;
  await rm(join(folder, String(number)), { force: true });
  return false;
}

/** Codes of file systems that have no hard links. */
export const WITHOUT_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** @param {unknown} error */
export const codeOf = (error) => (error instanceof Error ? /** @type {NodeJS.ErrnoException} */ (error).code : undefined);

/** @param {string} folder */
async function turns(folder) {
  const names = await readdir(folder);
  return names.flatMap((name) => {
    const [, number, free] = /^(\d+)(\.free)?$/.exec(name) ?? [];
    return number === undefined ? [] : [{ name, number: Number(number), free: free !== undefined }];
  });
}

/** The turn that counts. @param {string} folder */
async function highest(folder) {
  const first = { number: 0, free: true };
  return (await turns(folder)).reduce((most, one) => (one.number > most.number || (one.number === most.number && one.free) ? one : most), first);
}

/** Whether the owner of a turn is gone. @param {string} path */
async function isOver(path) {
  self ??= me();
  const { machine } = await self;
  /** @type {Owner | undefined} */
  let owner;
  try {
    owner = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    // It was given back or cleared away meanwhile: the next look will tell.
    if (codeOf(error) === 'ENOENT') return false;
  }
  if (owner?.machine === machine) return !(await lives(owner));
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > UNSEEN,
    () => false,
  );
}

/** @param {Owner} owner */
async function lives({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  // Another process may have got the number since.
  return started === null || (await startOf(pid)) === started;
}

/** @returns {Promise<Omit<Owner, 'at'>>} */
async function me() {
  const read = (/** @type {string} */ path) => readFile(path, 'utf8').catch(() => '');
  // Process numbers mean something within one start of one machine, and within one container of it.
  const space = await readlink('/proc/self/ns/pid').catch(() => '');
  const machine = [hostname(), (await read('/proc/sys/kernel/random/boot_id')).trim(), space].join(' ');
  return { pid: process.pid, started: await startOf(process.pid), machine };
}

/** When a process started, in the kernel's own words; null where nobody says. @param {number} pid */
async function startOf(pid) {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // Fields behind the name, which may hold anything; the start is the 22nd of all.
  return line?.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
