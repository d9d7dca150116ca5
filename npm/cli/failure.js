// How a command ends when it does not end well.

/** What the program answers the shell with; docs/cli.md says it to people. */
export const EXIT = /** @type {const} */ ({
  /** Everything went as asked. */
  DONE: 0,
  /** Nothing came of it. */
  FAILED: 1,
  /** The command line, the configuration or an options file is wrong, or a secret is missing: nothing was tried. */
  USAGE: 2,
  /** Some of it came in, some did not. */
  PARTIAL: 3,
  /** Nothing failed, but another run was at work on a dataset: its gateway was not asked. */
  BUSY: 4,
  /** Ended by Ctrl-C or by a signal to end. */
  STOPPED: 130,
});

/** An end that was foreseen: said in its own words, without a stack. */
export class Failure extends Error {
  /**
   * @param {string} code stable: one of docs/errors.md
   * @param {string} message
   * @param {{ at?: string | undefined, help?: string | undefined, exit?: number, cause?: unknown }} [more]
   */
  constructor(code, message, { at, help, exit = EXIT.FAILED, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.code = code;
    this.at = at;
    this.help = help;
    this.exit = exit;
  }
}

/**
 * A wrong command line.
 * @param {string} message
 * @param {string} [help]
 */
export const usage = (message, help) => new Failure('bad_usage', message, { help, exit: EXIT.USAGE });

/** Errors of the engine that its caller can mend before anything is tried. */
const FORESEEN = new Set(['bad_toml', 'bad_config', 'bad_base_url', 'bad_options', 'missing_secret', 'bad_table_name', 'identifiers_too_short', 'unknown_naming', 'unknown_detector', 'bad_pattern', 'no_such_format', 'bad_bucket', 'bad_endpoint']);

/**
 * Anything that was thrown, as a failure. What has a `code` of ours was said by the engine or a store; all else is a bug, or the system's word.
 * @param {unknown} thrown
 * @returns {Failure}
 */
export function failure(thrown) {
  if (thrown instanceof Failure) return thrown;
  if (!(thrown instanceof Error)) return new Failure('internal', String(thrown));
  const { code, at, help } = /** @type {Error & { code?: unknown, at?: string, help?: string }} */ (thrown);
  if (typeof code === 'string' && /^[a-z][a-z0-9_]*$/.test(code)) {
    return new Failure(code, thrown.message, { at, help, cause: thrown, exit: FORESEEN.has(code) ? EXIT.USAGE : EXIT.FAILED });
  }
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return new Failure('system', thrown.message, { cause: thrown });
  return new Failure('internal', thrown.stack ?? thrown.message, { help: 'This is a bug of Gatelake: please report it', cause: thrown });
}
