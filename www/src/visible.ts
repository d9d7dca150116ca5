// Hostile or odd characters as something that can be seen.

/** More of a value is not shown: it can be downloaded. */
const MOST = 100_000;

/** Control characters, and those that turn the direction of what follows. */
const ODD = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g;

export function visible(text: string): string {
  const shown = text.replace(ODD, (odd) => {
    const code = odd.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
  return shown.length > MOST ? `${shown.slice(0, MOST)}… (${shown.length - MOST} more characters)` : shown;
}
