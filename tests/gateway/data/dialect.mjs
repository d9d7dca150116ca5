// How a value is spelled on the wire: field names and timestamps. Nothing here knows what a user is.

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Maps camelCase field names to the profile's spelling, for values that are serialized as a whole. */
export function respell(value, casing) {
  if (casing === 'camel' || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => respell(item, casing));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [snake(name), respell(item, casing)]));
}

/** `"name":` in the profile's spelling for each of `names`, so that a record is plain concatenation. */
export function fieldNames(names, casing) {
  return Object.fromEntries(names.map((name) => [name, `"${casing === 'snake' ? snake(name) : name}":`]));
}

const pad = (number, width) => String(number).padStart(width, '0');
const OFFSET_HOURS = 2;

/** `[y,M,d,h,m,s,ns]` as Jackson writes a LocalDateTime: trailing zero seconds and nanoseconds are left out. */
function jacksonArray(ms) {
  const date = new Date(ms);
  const parts = [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
  ];
  const nanos = date.getUTCMilliseconds() * 1e6;
  if (nanos !== 0) parts.push(date.getUTCSeconds(), nanos);
  else if (date.getUTCSeconds() !== 0) parts.push(date.getUTCSeconds());
  return `[${parts}]`;
}

/** A function from epoch milliseconds to the JSON text of a timestamp, by the profile's switch. */
export const TIMESTAMPS = {
  'iso-z': (ms) => `"${new Date(ms).toISOString()}"`,
  'iso-offset': (ms) =>
    `"${new Date(ms + OFFSET_HOURS * 3_600_000).toISOString().slice(0, -1)}+${pad(OFFSET_HOURS, 2)}:00"`,
  'iso-naive': (ms) => `"${new Date(ms).toISOString().slice(0, -1)}"`,
  'epoch-s': (ms) => String(Math.floor(ms / 1000)),
  'epoch-ms': (ms) => String(ms),
  'jackson-array': jacksonArray,
};
