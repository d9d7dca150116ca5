// Faults at work: checked, armed, and taken up as requests come by. A fault strikes requests whose path matches,
// a number of times or always.
import { FAULTS } from './fault-kinds.mjs';
import { SwitchError } from './profile.mjs';
import { suggestion } from './suggest.mjs';

/** Options of every kind. */
const COMMON = { on: '', times: null, after: 0 };

const matcher = (on) => {
  if (on instanceof RegExp) return (path) => path.search(on) >= 0;
  if (!on.startsWith('~')) return (path) => path.endsWith(on);
  try {
    const pattern = new RegExp(on.slice(1));
    return (path) => pattern.test(path);
  } catch (error) {
    throw new SwitchError(`fault: "${on}" is not a regular expression (${error.message})`);
  }
};

/** One option's value, in the kind of its default; texts may spell numbers (command line). */
function option(kind, name, value, fallback) {
  if (name === 'on' && value instanceof RegExp) return value;
  if (typeof fallback === 'string') {
    if (typeof value === 'string') return value;
    throw new SwitchError(`fault ${kind}: ${name} must be a text`);
  }
  if (name === 'times' && (value === null || value === 'always' || value === '')) return null;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (Number.isInteger(number) && number >= (name === 'bytes' ? 1 : 0)) return number;
  throw new SwitchError(
    `fault ${kind}: ${name} must be a whole number${name === 'times' ? ' or "always"' : ''}, not ${JSON.stringify(value)}`,
  );
}

/** Checks `{ kind, on, times, after, … }` and returns an armed fault. */
export function arm(given) {
  const { kind, ...rest } = given ?? {};
  if (!Object.hasOwn(FAULTS, kind))
    throw new SwitchError(`unknown fault "${kind}"${suggestion(kind, Object.keys(FAULTS))}`);
  const known = { ...COMMON, ...FAULTS[kind].options };
  const options = { ...known };
  for (const [name, value] of Object.entries(rest)) {
    if (!Object.hasOwn(known, name))
      throw new SwitchError(`fault ${kind}: unknown option "${name}"${suggestion(name, Object.keys(known))}`);
    if (value !== undefined) options[name] = option(kind, name, value, known[name]);
  }
  const spec = FAULTS[kind];
  // An expiring token counts its own calls; every other fault counts the requests that it could have struck.
  const skip = spec.phase === 'token' ? 0 : options.after;
  for (const name of Object.keys(options)) if (options[name] === null) options[name] = undefined;
  return { kind: String(kind), spec, options, matches: matcher(options.on), left: options.times ?? Infinity, skip };
}

/** `KIND[:PATH[:TIMES[:name=value…]]]` as the command line has it. */
export function parseFault(text) {
  const [kind, on = '', times = 'always', ...rest] = text.split(':');
  const options = rest.map((part) => /^(\w+)=(.*)$/.exec(part) ?? [part, part, '']);
  return { kind, on, times, ...Object.fromEntries(options.map(([, name, value]) => [name, value])) };
}

/** The armed faults of one server. */
export function faultList() {
  let armed = [];
  return {
    /** `faults` replaces all, `fault` is one more; a mistake in any leaves everything as it was. */
    change({ faults, fault }) {
      if (faults !== undefined && !Array.isArray(faults)) throw new SwitchError('faults must be a list');
      const list = faults === undefined ? armed : faults.map(arm);
      armed = fault === undefined ? list : [...list, arm(fault)];
    },
    /** The first armed fault of `phase` that strikes `path` now, if its options meet `when`; uses it up once. */
    take(phase, path, when = () => true) {
      for (const fault of armed) {
        if (fault.spec.phase !== phase || fault.left === 0 || !fault.matches(path) || !when(fault.options)) continue;
        if (fault.skip > 0) {
          fault.skip -= 1;
          continue;
        }
        fault.left -= 1;
        return fault;
      }
      return undefined;
    },
    /** For people: what is armed and how often it will still strike. */
    describe: () =>
      armed.map(({ kind, options, left }) => ({
        kind,
        on: String(options.on),
        left: left === Infinity ? 'always' : left,
      })),
  };
}
