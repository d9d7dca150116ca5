// The command line and its help, both read off the tables of switches and faults.
import { FAULTS } from './fault-kinds.mjs';
import { parseFault } from './faults.mjs';
import { SWITCHES, SwitchError } from './profile.mjs';
import { suggestion } from './suggest.mjs';

const dashed = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const BY_FLAG = Object.fromEntries(Object.keys(SWITCHES).map((name) => [dashed(name), name]));

/**
 * `--name value`, `--name=value`, `--flag`, `--no-flag`, `--fault …` (repeatable), `--help` → options of
 * `startGateway`. Values stay text: the switches check them.
 */
export function parseArguments(args) {
  const options = {};
  const rest = [...args];
  while (rest.length > 0) {
    const arg = rest.shift();
    if (arg === '--help' || arg === '-h') return { help: true };
    const [, flag, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (flag === undefined) throw new SwitchError(`"${arg}" is no option: options begin with --`);
    const value = () => {
      const text = inline ?? rest.shift();
      if (text === undefined) throw new SwitchError(`--${flag} wants a value`);
      return text;
    };
    if (flag === 'fault') {
      (options.faults ??= []).push(parseFault(value()));
      continue;
    }
    const off = flag.startsWith('no-') && SWITCHES[BY_FLAG[flag.slice(3)]]?.kind === 'flag';
    const name = BY_FLAG[off ? flag.slice(3) : flag];
    if (name === undefined)
      throw new SwitchError(
        `unknown option "--${flag}"${suggestion(flag, [...Object.keys(BY_FLAG), 'fault', 'help'])}`,
      );
    if (off) options[name] = false;
    else options[name] = SWITCHES[name].kind === 'flag' ? (inline ?? true) : value();
  }
  return options;
}

const WIDTH = 100;

/** Words of `text` in lines that begin under `left`. */
function hang(left, column, text) {
  const lines = [];
  let line = left.padEnd(column);
  if (column > 0 && left.length >= column) {
    lines.push(left);
    line = ' '.repeat(column);
  }
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = ' '.repeat(column);
    }
    line += line.length === column ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}

function switchLine([name, spec], port) {
  const range = {
    integer: `<${spec.min}-${spec.max}${spec.none ? '|none' : ''}>`,
    choice: `<${spec.values?.join('|')}>`,
    text: '<text>',
    origin: '<origin|*|none>',
    flag: '',
  }[spec.kind];
  const fallback = name === 'port' ? port : typeof spec.fallback === 'function' ? 'by --api' : (spec.fallback ?? 'none');
  const shown = spec.kind === 'flag' ? '' : ` [${fallback}]`;
  return hang(`  --${dashed(name)} ${range}`.trimEnd(), 30, `${spec.help}${shown}`);
}

function faultLine([kind, { help, options = {} }]) {
  const settings = Object.entries(options).map(([name, value]) =>
    value === null || value === '' ? `${name}=…` : `${name}=${value}`,
  );
  return hang(`  ${kind}`, 30, settings.length > 0 ? `${help} (${settings.join(', ')})` : help);
}

/** The text of `--help`: every switch and every fault. */
export function helpText(port) {
  return [
    'Usage: npm run gateway -- [options]    an emulated SFTP Gateway admin API with invented data',
    '',
    'Options (a flag is undone by --no-…):',
    ...Object.entries(SWITCHES).map((entry) => switchLine(entry, port)),
    hang(
      '  --fault <KIND[:PATH[:TIMES[:name=value…]]]>',
      30,
      'what goes wrong, may be given several times: PATH is the end of a path, or ~ and a regular expression; nothing = every path below /backend/. TIMES is a number or "always" (default). The first fault that fits strikes. after=N lets N fitting requests pass first.',
    ),
    '  --help',
    '',
    'Faults and their own settings:',
    ...Object.entries(FAULTS).map(faultLine),
    '',
    'Examples:',
    '  npm run gateway -- --users 1000 --envelope page --page-size 200',
    "  npm run gateway -- --fault '502-html:/users:2' --fault '429-seconds:/folders:1:retryAfter=3'",
    "  npm run gateway -- --api v2 --users 50 --fault 'token-expired:/users:1:after=2'",
    '',
    hang(
      '',
      0,
      'While it runs, POST /__emulator (this machine only) takes the same switches as JSON, with "faults": […] and "fault": {…}.',
    ),
  ].join('\n');
}
