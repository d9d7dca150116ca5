// The command line: what each command takes, its help, and what is wrong with what was given.
import { parseArgs } from 'node:util';
import { usage } from './failure.js';
import { nearest } from './text.js';

/**
 * @typedef {object} Option
 * @property {string} help
 * @property {string} [value] what it takes, for the help: `FILE`; a switch if there is none
 * @property {boolean} [multiple] whether it may be given several times
 *
 * @typedef {object} Command
 * @property {string} usage its name and what comes behind it
 * @property {string} [details] more of the help, under its options
 * @property {Record<string, Option>} options
 * @property {[least: number, most: number]} [files] how many arguments that are no options; none if it is left out
 * @property {(given: Given, io: import('./io.js').Io) => Promise<number>} run resolves to the exit code
 *
 * @typedef {{ values: Record<string, any>, files: string[] }} Given
 */

/** What every command takes. @type {Record<string, Option>} */
export const COMMON = {
  json: { help: 'the outcome, or the error, as one JSON document on standard output; nothing else is written there' },
  help: { help: 'this text' },
};

const SECRET = /pass(word|wd|phrase)?$|^pw$|secret$|token$|^(api|access)-?key|credential/i;

/**
 * @param {Command} command
 * @param {string[]} args
 * @returns {Given}
 */
export function read(command, args) {
  const options = { ...command.options, ...COMMON };
  const shaped = Object.fromEntries(
    Object.entries(options).map(([name, { value, multiple = false }]) => [name, { type: value ? /** @type {const} */ ('string') : /** @type {const} */ ('boolean'), multiple }]),
  );
  const parsed = parseArgs({ args, options: shaped, strict: false, allowPositionals: true, tokens: true });
  for (const token of parsed.tokens) {
    if (token.kind !== 'option') continue;
    const known = options[token.name];
    if (!known) throw unknown(token.rawName, token.name, Object.keys(options));
    if (known.value && (token.value === undefined || (!token.inlineValue && /^-./.test(token.value)))) throw usage(`${token.rawName} needs a value: ${token.rawName} ${known.value}`);
    if (!known.value && token.value !== undefined) throw usage(`${token.rawName} takes no value`);
  }
  const [least, most] = command.files ?? [0, 0];
  const files = parsed.positionals;
  if (!parsed.values.help && (files.length < least || files.length > most)) {
    const wanted = most === 0 ? 'takes no argument but its options' : files.length < least ? 'needs more' : 'takes fewer';
    throw usage(`${most === 0 ? `${files[0]}: the command ` : 'the command '}${wanted}`, `Usage: gatelake ${command.usage}`);
  }
  return { values: parsed.values, files };
}

/** @param {string} raw @param {string} name @param {string[]} known */
function unknown(raw, name, known) {
  // The value is not repeated: it may be the secret.
  if (SECRET.test(name)) {
    return usage(
      `${raw}: secrets are no arguments, since every user of this machine can see a command line, and shells keep it`,
      'Set the environment variable that the configuration names, name a file with --secrets FILE, or let the command ask for it on a terminal',
    );
  }
  const meant = nearest(name, known);
  return usage(`there is no option ${raw}`, meant ? `Is it --${meant}?` : 'See --help');
}

const WIDTH = 100;
const INDENT = 26;

/** @param {Command} command @param {string} summary */
export function help(command, summary) {
  const lines = Object.entries({ ...command.options, ...COMMON }).map(([option, { value, help: text }]) => hang(`  --${option}${value ? ` ${value}` : ''}`, text));
  const parts = [`gatelake ${command.usage}`, capital(summary), `Options:\n${lines.join('\n')}`, ...(command.details ?? '').split('\n\n').filter(Boolean).map((text) => hang('', text.replaceAll('\n', ' '), 0))];
  return parts.join('\n\n');
}

/** @param {string} text */
const capital = (text) => `${text[0]?.toUpperCase()}${text.slice(1)}.`;

/**
 * Words beside a name, in lines that begin under each other.
 * @param {string} left
 * @param {string} text
 * @param {number} [indent]
 */
export function hang(left, text, indent = INDENT) {
  const lines = [];
  let line = left.padEnd(indent);
  if (left.length > 0 && left.length >= indent) {
    lines.push(left);
    line = ' '.repeat(indent);
  }
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = ' '.repeat(indent);
    }
    line += line.length === indent ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}
