// What a store throws. The core tries again what is transient, and gives up on anything else.

/** `message` says what failed, `at` the key or place, `help` what to do. None of them ever holds a secret. */
export class StoreError extends Error {
  /**
   * @param {string} code one of docs/errors.md
   * @param {string} message
   * @param {{ at?: string, help?: string | undefined, transient?: boolean, cause?: unknown }} [more]
   */
  constructor(code, message, { at, help, transient = false, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
    this.at = at;
    this.help = help;
    this.transient = transient;
  }
}
