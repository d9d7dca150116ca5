// How numbers, sizes, times and words are written for people.
const whole = new Intl.NumberFormat('en');
const rate = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const number = (value: number): string => whole.format(value);

export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 ? value : rate.format(value)} ${units[unit]}`;
}

export const duration = (ms: number): string => (ms < 1_000 ? `${Math.max(1, Math.round(ms))} ms` : ms < 60_000 ? `${rate.format(ms / 1_000)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`);

/** In the reader's own zone, which its end names. */
export const time = (ms: number): string => new Date(ms).toLocaleString(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' });

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function ago(ms: number): string {
  const seconds = (ms - Date.now()) / 1_000;
  for (const [unit, length] of [['day', 86_400], ['hour', 3_600], ['minute', 60]] as const) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return 'just now';
}

/** `1 row`, `2 rows`. */
export const count = (value: number, one: string, many = `${one}s`): string => `${number(value)} ${value === 1 ? one : many}`;

export const words = (name: string): string => name.replaceAll('_', ' ');
