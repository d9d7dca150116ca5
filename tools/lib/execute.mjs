// Running a program: its output goes to a log file, and to the screen only when it fails.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LOGS = join(ROOT, 'build', 'logs');
const SHOWN = 20;
const TOLD = 300;
/** Minutes after which a program that has not ended is ended: a stage that hangs should say so, and not be found hanging. */
const PATIENCE = 40;

/**
 * Runs it in the checkout's root. `log` names the log file, `note(line)` hears of each line of output.
 * The answer: the output's lines. A failure's message has those that `telling(lines)` picks, else the first and the last of them,
 * and says where all of them are.
 */
export function execute(command, args, { log, note = () => {}, env = {}, telling = () => [] }) {
  mkdirSync(LOGS, { recursive: true });
  const path = join(LOGS, `${log}.log`);
  const file = createWriteStream(path);
  file.write(`${command} ${args.join(' ')}\n`);
  const lines = [];
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const heard = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      file.write(`${line}\n`);
      lines.push(line);
      note(line);
    }
  });
  return new Promise((resolve, reject) => {
    const fail = (why) => {
      clearTimeout(patience);
      const told = telling(lines).slice(0, TOLD);
      const error = new Error([...(told.length ? told : ends(lines)), '', `${command} ${args[0] ?? ''} ${why}. All of its output: ${relative(ROOT, path)}`].join('\n'));
      reject(Object.assign(error, { lines }));
    };
    const patience = setTimeout(() => {
      child.kill('SIGKILL');
      // What it started may live on and hold these: nobody waits for that.
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      child.unref();
      fail(`had not ended after ${PATIENCE} minutes`);
    }, PATIENCE * 60_000);
    child.on('error', (error) => fail(error.code === 'ENOENT' ? 'is not installed' : `could not be started: ${error.message}`));
    child.on('close', async (code, signal) => {
      clearTimeout(patience);
      await Promise.all(heard);
      file.end();
      if (code === 0) resolve(lines);
      else fail(signal ? `was ended by ${signal}` : `failed with exit code ${code}`);
    });
  });
}

/** The first and the last lines: some programs put the cause on top, others at the bottom. */
function ends(lines) {
  return lines.length <= 2 * SHOWN ? lines : [...lines.slice(0, SHOWN), '…', ...lines.slice(-SHOWN)];
}
