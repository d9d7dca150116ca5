// What people read: numbers, sizes, tables of cells.

/** @typedef {(text: string) => string} Paint */

/**
 * Colours for a stream; none where nobody looks, or asked for none (https://no-color.org).
 * @param {{ isTTY?: boolean }} stream
 * @param {Record<string, string | undefined>} [env]
 * @returns {{ bold: Paint, dim: Paint, green: Paint, red: Paint, yellow: Paint }}
 */
export function colours(stream, env = process.env) {
  const colour = (/** @type {number} */ code) => (/** @type {string} */ text) => (stream.isTTY && !env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { bold: colour(1), dim: colour(2), green: colour(32), red: colour(31), yellow: colour(33) };
}

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** @param {number} number */
export const count = (number) => number.toLocaleString('en-US');

/** @param {number} number */
export const bytes = (number) =>
  number < 1024 ? `${number} B` : number < 1 << 20 ? `${(number / 1024).toFixed(1)} KiB` : `${(number / (1 << 20)).toFixed(1)} MiB`;

/**
 * Rows of cells in aligned columns; numbers to the right.
 * @param {string[]} head
 * @param {(string | number | null | undefined)[][]} rows
 * @param {Paint} [bold]
 */
export function table(head, rows, bold = (text) => text) {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : String(cell ?? ''))));
  const right = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const width = head.map((name, column) => Math.max(name.length, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (/** @type {string[]} */ row) =>
    `  ${row.map((cell, column) => (right[column] ? cell.padStart(width[column] ?? 0) : cell.padEnd(width[column] ?? 0))).join('  ')}`.trimEnd();
  return [bold(line(head)), ...cells.map(line)].join('\n');
}

/**
 * The name of `known` that somebody may have meant, in whatever case; none if none is near.
 * @param {string} given
 * @param {string[]} known
 */
export function nearest(given, known) {
  const wanted = given.toLowerCase();
  const [best] = known.map((name) => ({ name, steps: distance(wanted, name.toLowerCase()) })).sort((a, b) => a.steps - b.steps);
  return best && best.steps <= Math.max(2, given.length / 3) ? best.name : undefined;
}

/** Insertions, removals and replacements from one to the other. @param {string} a @param {string} b */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
