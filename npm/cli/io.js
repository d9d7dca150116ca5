// What a command sees of the outside: streams, environment, the wish to end. Results go to standard output, everything else to
// standard error.
import { colours } from './text.js';

/**
 * @typedef {object} Io
 * @property {Record<string, string | undefined>} env
 * @property {AbortSignal} signal aborted when the user wants an end
 * @property {boolean} json
 * @property {(text: string) => void} print a result for people; silent with `--json`
 * @property {(value: unknown) => void} answer the result for programs; silent without `--json`
 * @property {(text: string) => void} say something beside the result
 * @property {ReturnType<typeof colours>} paint colours of what is printed
 * @property {NodeJS.ReadStream} stdin
 * @property {NodeJS.WriteStream} stderr
 */

/**
 * @param {{ json: boolean, signal: AbortSignal }} options
 * @returns {Io}
 */
export function terminal({ json, signal }) {
  const { stdin, stdout, stderr, env } = process;
  return {
    env,
    signal,
    json,
    print: (text) => void (json || stdout.write(`${text}\n`)),
    answer: (value) => void (json && stdout.write(`${JSON.stringify(value, null, 2)}\n`)),
    say: (text) => void stderr.write(`${text}\n`),
    paint: colours(stdout),
    stdin,
    stderr,
  };
}
