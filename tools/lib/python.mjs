// Python for the readers that are written in it: used where it is, done without where it is not.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, ROOT } from './execute.mjs';

const VENV = join(ROOT, 'build', 'venv');
const PYTHON = process.platform === 'win32' ? join(VENV, 'Scripts', 'python.exe') : join(VENV, 'bin', 'python');
const STAMP = join(VENV, '.requirements');

/** A Python of its own with these packages: `{ python }`, or `{ missing }` with the reason why there is none. */
export async function python(requirements, note) {
  const wanted = readFileSync(join(ROOT, requirements), 'utf8');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return { python: PYTHON };
  const found = ['python3', 'python'].find((name) => spawnSync(name, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0);
  if (!found) return { missing: 'no Python with venv here' };
  rmSync(VENV, { recursive: true, force: true });
  try {
    await execute(found, ['-m', 'venv', VENV], { log: 'venv', note });
    await execute(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', '-r', requirements], { log: 'pip', note });
  } catch {
    return { missing: `pip could not install ${wanted.trim().replaceAll('\n', ', ')}: build/logs/pip.log` };
  }
  writeFileSync(STAMP, wanted);
  return { python: PYTHON };
}
