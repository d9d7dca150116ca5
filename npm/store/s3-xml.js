// What little of XML the answers of an S3-compatible server take.

/** The text of the first element of that name, `undefined` if there is none. @param {string} xml @param {string} name */
export const text = (xml, name) => unescape(new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1]);

/** What stands between each pair of these tags. @param {string} xml @param {string} name */
export const elements = (xml, name) => Array.from(xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs')), ([, inner = '']) => inner);

const ENTITIES = /** @type {Record<string, string>} */ ({ lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" });

/** @param {string | undefined} given */
function unescape(given) {
  return given?.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hexadecimal, decimal, name) =>
    name ? (ENTITIES[name] ?? whole) : String.fromCodePoint(parseInt(hexadecimal ?? decimal, hexadecimal ? 16 : 10)),
  );
}
