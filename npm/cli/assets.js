// A folder of a page, served as Cloudflare serves static assets: with the rules of its `_headers`.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join, normalize, sep } from 'node:path';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
};

/** @typedef {{ pattern: RegExp, lines: string[] }[]} Rules */

/**
 * Cloudflare's `_headers`: a path, with `*` for anything, and below it `Name: value` or `! Name`, which takes one away again.
 * @param {string} text
 * @returns {Rules}
 */
export function parseHeaders(text) {
  /** @type {Rules} */
  const rules = [];
  for (const line of text.split('\n').filter((one) => one.trim() && !one.trim().startsWith('#'))) {
    if (/^\S/.test(line)) {
      const pattern = line.trim().split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*');
      rules.push({ pattern: new RegExp(`^${pattern}$`), lines: [] });
    } else {
      rules.at(-1)?.lines.push(line.trim());
    }
  }
  return rules;
}

/**
 * @param {Rules} rules
 * @param {string} path
 * @returns {Record<string, string>}
 */
export function headersOf(rules, path) {
  /** @type {Record<string, string>} */
  const headers = {};
  for (const { pattern, lines } of rules) {
    if (!pattern.test(path)) continue;
    for (const line of lines) {
      const [, gone, name = '', value = ''] = /^(! )?([^:]+)(?:: *(.*))?$/.exec(line) ?? [];
      if (gone) delete headers[name.toLowerCase()];
      else headers[name.toLowerCase()] = value;
    }
  }
  return headers;
}

/** @param {string} path of a URL */
export const typeOf = (path) => TYPES[path.endsWith('/') ? '.html' : extname(path)] ?? 'application/octet-stream';

/**
 * A file of the folder; none for what lies outside of it, for `_headers`, and for what is not there.
 * @param {string} folder
 * @param {string} path of a URL, decoded
 */
export function content(folder, path) {
  const root = normalize(folder + sep);
  const place = normalize(join(folder, path.endsWith('/') ? `${path}index.html` : path));
  if (!place.startsWith(root) || path === '/_headers' || path.includes('\0') || !existsSync(place) || !statSync(place).isFile()) return undefined;
  return readFileSync(place);
}
