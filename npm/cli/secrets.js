// Secrets: from the environment, from a file, or typed on a terminal; never from a command line.
import { readFile, stat } from 'node:fs/promises';
import { EXIT, Failure } from './failure.js';

/**
 * Finds the secrets of those names.
 * @param {string[]} names
 * @param {{ file?: string | undefined, io: import('./io.js').Io }} from `file`: with lines `NAME=value`
 * @returns {Promise<Record<string, string>>}
 */
export async function secrets(names, { file, io }) {
  const stored = file === undefined ? {} : await secretsFile(file, io);
  /** @type {Record<string, string>} */
  const found = {};
  const missing = [];
  for (const name of names) {
    const value = io.env[name] ?? stored[name];
    if (value !== undefined) found[name] = value;
    else missing.push(name);
  }
  if (missing.length === 0) return found;
  if (!io.stdin.isTTY || !io.stderr.isTTY) throw absent(missing, file);
  for (const name of missing) found[name] = await ask(name, io);
  return found;
}

/** @param {string[]} names @param {string | undefined} file */
function absent(names, file) {
  const are = names.length === 1 ? 'the secret' : 'the secrets';
  return new Failure('missing_secret', `${are} ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not set`, {
    help: `Set ${names.length === 1 ? 'it' : 'them'} in the environment, or ${file === undefined ? 'name a file that has lines NAME=value with --secrets FILE' : `add lines NAME=value to ${file}`}`,
    exit: EXIT.USAGE,
  });
}

/**
 * A file of lines `NAME=value`; `#` begins a comment, quotes around a value are none of it.
 * @param {string} path
 * @param {import('./io.js').Io} io
 * @returns {Promise<Record<string, string>>}
 */
async function secretsFile(path, io) {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new Failure('missing_secret', `the file of secrets cannot be read: ${error.message}`, { exit: EXIT.USAGE });
  });
  if (process.platform !== 'win32' && (await stat(path)).mode & 0o077) io.say(`Warning: others may read ${path}; chmod 600 ${path} makes it yours alone.`);
  /** @type {Record<string, string>} */
  const found = {};
  for (const [number, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) throw new Failure('missing_secret', `${path}, line ${number + 1}, is no NAME=value`, { exit: EXIT.USAGE });
    found[name] = /^(["']).*\1$/.test(value) && value.length > 1 ? value.slice(1, -1) : value;
  }
  return found;
}

/**
 * Asks on the terminal, without showing what is typed.
 * @param {string} name
 * @param {import('./io.js').Io} io
 * @returns {Promise<string>}
 */
function ask(name, { stdin, stderr, signal }) {
  stderr.write(`${name}: `);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (/** @type {() => void} */ then) => {
      signal.removeEventListener('abort', stop);
      stdin.off('data', hear);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      then();
    };
    const stop = () => end(() => reject(new Failure('stopped', 'stopped', { exit: EXIT.STOPPED })));
    const hear = (/** @type {string | Buffer} */ chunk) => {
      for (const letter of String(chunk)) {
        if (letter === '\r' || letter === '\n') return end(() => resolve(typed));
        // The terminal sends no signal for Ctrl-C in this mode; Ctrl-D ends the input.
        if (letter === '\u0003' || letter === '\u0004') return stop();
        if (letter === '\u007f' || letter === '\b') typed = typed.slice(0, -1);
        else typed += letter;
      }
    };
    stdin.on('data', hear);
    signal.addEventListener('abort', stop, { once: true });
  });
}
