// From a fresh clone to ready: Rust with the wasm target, the npm packages, a Node that is new enough for wrangler.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { execute, ROOT } from './lib/execute.mjs';
import { step } from './lib/say.mjs';

const MINIMUM = [20, 0];
const FOR_WRANGLER = [22, 12];
const TARGET = 'wasm32-unknown-unknown';

/** Makes everything ready, in a blink when it is. The answer: the Node to go on with, and the environment it needs. */
export async function setUp() {
  if (!isAtLeast(MINIMUM)) {
    throw new Error(`This is Node ${process.versions.node}; version ${MINIMUM[0]} or later is needed: https://nodejs.org`);
  }
  await rust();
  await packages();
  const node = newNode();
  return { node, env: { PATH: [dirname(node), process.env.PATH].join(delimiter) } };
}

async function rust() {
  const linker = process.platform === 'win32' ? 'link' : 'cc';
  if (spawnSync(linker, ['--version'], { stdio: 'ignore' }).error) {
    throw new Error(
      `Rust needs a linker, and there is no "${linker}" here. Debian, Ubuntu: sudo apt install build-essential · ` +
        'macOS: xcode-select --install · Windows: the Visual Studio build tools.',
    );
  }
  if (hasTarget()) return;
  const rustup = spawnSync('rustup', ['--version'], { cwd: ROOT, stdio: 'ignore' });
  if (rustup.error) {
    const cargo = !spawnSync('cargo', ['--version'], { cwd: ROOT, stdio: 'ignore' }).error;
    throw new Error(
      `${cargo ? `Rust is here, but without the target ${TARGET}` : 'Rust is not installed'}. ` +
        'Install it with rustup, https://rustup.rs, and open a new terminal.',
    );
  }
  const { channel, components } = toolchain();
  await step(`Installing Rust ${channel} and the target ${TARGET}`, (note) =>
    execute('rustup', ['toolchain', 'install', channel, '--profile', 'minimal', '--target', TARGET, ...components.flatMap((c) => ['--component', c])], { log: 'rustup', note }),
  );
  if (!hasTarget()) throw new Error(`rustup did not install ${TARGET}: try "rustup target add ${TARGET} --toolchain ${channel}".`);
}

function hasTarget() {
  const asked = spawnSync('rustc', ['--print', 'target-libdir', '--target', TARGET], { cwd: ROOT, encoding: 'utf8' });
  return asked.status === 0 && existsSync(asked.stdout.trim());
}

function toolchain() {
  const text = readFileSync(join(ROOT, 'rust-toolchain.toml'), 'utf8');
  const channel = /^channel = "(.+)"$/m.exec(text)[1];
  const components = [.../^components = \[(.+)\]$/m.exec(text)[1].matchAll(/"([^"]+)"/g)].map((found) => found[1]);
  return { channel, components };
}

async function packages() {
  const stamp = join(ROOT, 'node_modules', '.gatelake-lock');
  const lock = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  // The npm that runs this command, as a program of Node: on Windows `npm` itself is a script that cannot be spawned.
  const own = process.env.npm_execpath;
  const [npm, ...script] = /npm-cli\.js$/.test(own) ? [process.execPath, own] : ['npm'];
  await step('Installing the npm packages (about 650 MB)', (note) =>
    // No package's install script is needed: the binaries come as packages for each platform.
    execute(npm, [...script, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { log: 'npm', note }),
  );
  writeFileSync(stamp, lock);
}

/** Ours if it is new enough, else the one that came as a package. */
function newNode() {
  if (isAtLeast(FOR_WRANGLER)) return process.execPath;
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.node);
  } catch {
    throw new Error(
      `wrangler needs Node ${FOR_WRANGLER.join('.')} or later, this is ${process.versions.node}, and there is no package "${name}" to help out: ` +
        'install a newer Node, https://nodejs.org',
    );
  }
}

function isAtLeast([major, minor]) {
  const [ours, oursMinor] = process.versions.node.split('.').map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}
