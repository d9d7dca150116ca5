// What the commands show: one line a step, with the time it took, and tables.

const terminal = process.stdout.isTTY;
const HEARTBEAT_MS = terminal ? 200 : 20_000;
const colour = (code) => (text) => (terminal && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = colour(1);
export const dim = colour(2);
export const green = colour(32);
export const red = colour(31);

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
export const count = (number) => number.toLocaleString('en-US');
export const bytes = (number) =>
  number < 1024 ? `${number} B` : number < 1 << 20 ? `${(number / 1024).toFixed(1)} KiB` : `${(number / (1 << 20)).toFixed(1)} MiB`;

/**
 * Runs `work(note)` and shows it as one line; `note(text)` tells what it is at. What `work` answers with `detail` is shown behind the title.
 * Quick steps are silent with `quiet`.
 */
export async function step(title, work) {
  const started = Date.now();
  let at = '';
  const running = () => {
    const line = `  ${title} ${seconds(Date.now() - started)} ${dim(at)}`;
    if (terminal) process.stdout.write(`\r\x1b[K${line.slice(0, process.stdout.columns + 8)}`);
    else console.log(line.trimEnd());
  };
  if (!terminal) console.log(`  ${title} …`);
  const beat = setInterval(running, HEARTBEAT_MS);
  const end = (mark, detail) => {
    clearInterval(beat);
    console.log(`${terminal ? '\r\x1b[K' : ''}${mark} ${title} ${dim(`(${seconds(Date.now() - started)})`)}${detail ? ` ${detail}` : ''}`);
  };
  try {
    const answer = await work((text) => (at = text.trim().slice(0, 60)));
    end(green('✓'), answer?.detail);
    return answer;
  } catch (error) {
    end(red('✗'));
    throw error;
  }
}

/** Rows of cells in aligned columns; numbers to the right. */
export function table(head, rows) {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : String(cell ?? ''))));
  const right = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const width = head.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column].length)));
  const line = (row) => `  ${row.map((cell, column) => (right[column] ? cell.padStart(width[column]) : cell.padEnd(width[column]))).join('  ')}`.trimEnd();
  return [bold(line(head)), ...cells.map(line)].join('\n');
}
