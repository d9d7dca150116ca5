// A Chromium to test the page in: one that is here, or one that is fetched.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { execute } from './execute.mjs';
import { step } from './say.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const PLACES = {
  darwin: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  win32: [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)']].map((folder) => join(folder ?? '', 'Google', 'Chrome', 'Application', 'chrome.exe')),
};

/** The path of its program; nothing is fetched when there is one. CHROMIUM_BIN names another one. */
export async function chromium() {
  const wanted = process.env.CHROMIUM_BIN;
  if (wanted) {
    if (!runs(wanted)) throw new Error(`CHROMIUM_BIN names ${wanted}, and that is no program.`);
    return wanted;
  }
  const here = found();
  if (here) return here;
  const debian = process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
  if (debian) await step('Installing Chromium, by apt-get', installPackage).catch((error) => console.error(`${error.message}\n`));
  const installed = debian && found();
  if (installed) return installed;
  await step("Downloading Playwright's Chromium (about 150 MB)", (note) =>
    execute(process.execPath, [join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js'), 'install', 'chromium'], { log: 'chromium', note }),
  ).catch((error) => {
    throw new Error(`${error.message}\n\nThe page's tests need a browser: install Chromium or Chrome, or name one with CHROMIUM_BIN.`);
  });
  return found();
}

async function installPackage(note) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await execute('apt-get', ['update', '-qq'], { log: 'apt-update', note, env });
  await execute('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { log: 'apt-chromium', note, env });
}

function found() {
  const path = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...path, ...(PLACES[process.platform] ?? []), playwrights()].find(runs);
}

/** Where Playwright keeps the Chromium of this version. */
function playwrights() {
  const { chromium: browser } = createRequire(import.meta.url)('playwright-core');
  return browser.executablePath();
}

function runs(path) {
  if (!path || !existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
