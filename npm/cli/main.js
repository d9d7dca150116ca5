#!/usr/bin/env node
// `gatelake`: finds the command, and turns what it answers or throws into output and an exit code.
import { createRequire } from 'node:module';
import { hang, help, read } from './arguments.js';
import { EXIT, failure, Failure, usage } from './failure.js';
import { terminal } from './io.js';
import { colours, nearest } from './text.js';

/**
 * Each is loaded when it is asked for.
 * @type {Record<string, { summary: string, load: () => Promise<{ command: import('./arguments.js').Command }> }>}
 */
const COMMANDS = {
  init: { summary: 'write a commented gatelake.toml after a few questions', load: () => import('./init.js') },
  check: { summary: 'try the configuration, the way to the gateway and the place step by step, and say what to fix', load: () => import('./check.js') },
  pull: { summary: 'bring what the gateways have into a folder or a bucket: one whole run', load: () => import('./pull.js') },
  show: { summary: 'look around in a lake: serves the page on this machine', load: () => import('./show.js') },
  schema: { summary: 'the tables and columns of a lake', load: () => import('./schema.js') },
  normalize: { summary: 'turn JSON files into tables', load: () => import('./normalize.js') },
  probe: { summary: "the shapes of a gateway's answers, without a single value", load: () => import('./probe.js') },
};

const overview = () =>
  [
    'gatelake COMMAND [OPTIONS]',
    "Keeps an SFTP gateway's users, folders, keys and cloud connections as tables in a folder or bucket of yours.",
    `Commands:\n${Object.entries(COMMANDS).map(([name, { summary }]) => hang(`  ${name}`, summary)).join('\n')}`,
    `${hang('  --help', 'this text; gatelake COMMAND --help has that of a command')}\n${hang('  --version', 'the version')}`,
    hang('', 'Exit codes: 0 done; 1 failed; 2 a wrong command line, configuration or missing secret: nothing was tried; 3 done in part; 4 another run was at work; 130 stopped.', 0),
  ].join('\n\n');

/** @param {string[]} args @returns {Promise<number>} */
async function main([name, ...args]) {
  const json = args.includes('--json');
  const stop = new AbortController();
  const end = listen(stop);
  const io = terminal({ json, signal: stop.signal });
  try {
    if (name === undefined || name === '--help' || name === '-h') {
      process.stdout.write(`${overview()}\n`);
      return name === undefined ? EXIT.USAGE : EXIT.DONE;
    }
    if (name === '--version') {
      process.stdout.write(`${createRequire(import.meta.url)('../package.json').version}\n`);
      return EXIT.DONE;
    }
    const known = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!known) {
      const meant = nearest(name, Object.keys(COMMANDS));
      throw usage(`there is no command ${name}`, meant ? `Is it ${meant}?` : `There are ${Object.keys(COMMANDS).join(', ')}`);
    }
    const { command } = await known.load();
    const given = read(command, args);
    if (given.values.help) {
      process.stdout.write(`${help(command, known.summary)}\n`);
      return EXIT.DONE;
    }
    return await command.run(given, io);
  } catch (error) {
    const { code, message, at, help: remedy, exit } = stop.signal.aborted ? STOPPED : failure(error);
    io.answer({ error: { code, message, ...(at && { at }), ...(remedy && { help: remedy }) } });
    const { red } = colours(process.stderr);
    io.say(`${red('gatelake:')} ${message}${at ? ` (${at})` : ''}${remedy ? `\n${remedy}.`.replace(/\.\.$/, '.') : ''}`);
    return exit;
  } finally {
    end();
  }
}

const STOPPED = new Failure('stopped', 'stopped; a lake is as it was, or as the run left it: whole in both cases', { exit: EXIT.STOPPED });

/** The first signal asks for an end, the second one is the system's. @param {AbortController} stop */
function listen(stop) {
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  const hear = () => {
    stop.abort(STOPPED);
    end();
  };
  const end = () => signals.forEach((signal) => process.off(signal, hear));
  for (const signal of signals) process.on(signal, hear);
  return end;
}

// Whoever reads our output may have enough of it.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE') process.exit(EXIT.DONE);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
