// What the commands show: one line a step, with the time it took, and tables.
import { bytes, colours, count, seconds, table as aligned } from '../../npm/cli/text.js';

export { bytes, count, seconds };

const terminal = process.stdout.isTTY;
const HEARTBEAT_MS = terminal ? 200 : 20_000;
export const { bold, dim, green, red } = colours(process.stdout);

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
export const table = (head, rows) => aligned(head, rows, bold);
