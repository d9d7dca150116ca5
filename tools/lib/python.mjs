// Python for what is written in it, readers and a server: used where it is, done without where it is not.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execute, ROOT } from './execute.mjs';

/**
 * A Python of its own with the packages of a file of requirements, in build/venv under the name of its folder: `{ python }`, or
 * `{ missing }` with the reason why there is none.
 */
export async function python(requirements, note) {
  const venv = join(ROOT, 'build', 'venv', basename(dirname(requirements)));
  const program = process.platform === 'win32' ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python');
  const stamp = join(venv, '.requirements');
  const wanted = readFileSync(join(ROOT, requirements), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { python: program };
  const found = ['python3', 'python'].find((name) => spawnSync(name, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0);
  if (!found) return { missing: 'no Python with venv here' };
  rmSync(venv, { recursive: true, force: true });
  try {
    await execute(found, ['-m', 'venv', venv], { log: 'venv', note });
    await execute(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', '-r', requirements], { log: 'pip', note });
  } catch {
    return { missing: `pip could not install ${wanted.trim().replaceAll('\n', ', ')}: build/logs/pip.log` };
  }
  writeFileSync(stamp, wanted);
  return { python: program };
}
