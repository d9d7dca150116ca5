// What the module throws.

/** `code` is stable: one of docs/errors.md. */
export class GatelakeError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ at?: string | undefined, help?: string | undefined, cause?: unknown }} [more]
   */
  constructor(code, message, { at, help, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GatelakeError';
    this.code = code;
    this.at = at;
    this.help = help;
  }
}

/**
 * An error of the engine as one of ours; anything else (a signal's reason, what the caller's own stream threw) as it is.
 * @param {unknown} thrown
 */
export function known(thrown) {
  if (thrown instanceof GatelakeError || !(thrown instanceof Error)) return thrown;
  const { code, at, help } = /** @type {Error & { code?: unknown, at?: string, help?: string }} */ (thrown);
  return typeof code === 'string' && /^[a-z][a-z0-9_]*$/.test(code) ? new GatelakeError(code, thrown.message, { at, help, cause: thrown }) : thrown;
}
