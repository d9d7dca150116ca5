// What workerd's own process uses, as Linux tells it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The clock ticks in a second that /proc counts processor time in: fixed in Linux's interface. */
const TICKS = 100;

/**
 * The process of this program that runs the Worker and the local R2. wrangler starts another one that only passes requests on, so whoever calls
 * this has let the Worker do something.
 */
export function workerd() {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const found = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('workerd'));
  const [pid] = found.sort((a, b) => resident(b) - resident(a));
  if (!pid) throw new Error('There is no process of workerd.');
  return {
    pid,
    /** Seconds of processor time, of all threads. */
    cpu() {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS;
    },
    /** The most that was resident since `forget`, in bytes. */
    peak: () => status(pid, 'VmHWM'),
    forget: () => writeFileSync(`/proc/${pid}/clear_refs`, '5'),
  };
}

const status = (pid, field) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
const resident = (pid) => status(pid, 'VmRSS');

/** Whether this system tells it. */
export const told = () => readdirSync('/').includes('proc') && process.platform === 'linux';
