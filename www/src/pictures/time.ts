// Times on an axis, in the reader's own zone, as texts have them.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const MONTH = 30.4 * DAY;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Steps in minutes, then in days, then in months: each is counted on the calendar, which knows of long and short days. */
const STEPS: readonly (readonly [number, number, number])[] = [
  ...[1, 5, 15, 30, 60, 180, 360, 720].map((minutes) => [minutes * MINUTE, 0, minutes] as const),
  ...[1, 2, 7, 14].map((days) => [days * DAY, 1, days] as const),
  ...[1, 2, 3, 6, 12, 24, 60, 120].map((months) => [months * MONTH, 2, months] as const),
];

export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** Where to write which time between `from` and `to` (milliseconds), about `most` of them. */
export function ticks(from: number, to: number, most: number): Tick[] {
  const [, unit, step] = STEPS.find(([length]) => (to - from) / length <= most) ?? [0, 2, 240];
  const start = new Date(from);
  const [year, month, day] = [start.getFullYear(), start.getMonth(), start.getDate()];
  const first = unit === 2 ? (year * 12 + month) % step : 0;
  const found: Tick[] = [];
  for (let turn = 0; ; turn++) {
    const add = turn * step;
    const date = unit === 0 ? new Date(year, month, day, 0, add) : unit === 1 ? new Date(year, month, day + add) : new Date(year, month - first + add);
    if (date.getTime() > to || found.length > 2 * most) return found;
    if (date.getTime() >= from) found.push({ at: date.getTime(), text: text(date, unit) });
  }
}

function text(date: Date, unit: number): string {
  const [hours, minutes] = [date.getHours(), date.getMinutes()];
  if (unit === 0 && (hours || minutes)) return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
  const month = MONTHS[date.getMonth()] ?? '';
  if (unit < 2) return `${date.getDate()} ${month}`;
  return date.getMonth() ? month : String(date.getFullYear());
}
