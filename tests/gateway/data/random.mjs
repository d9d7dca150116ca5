// Reproducible pseudo-random numbers: every value is a pure function of (seed, index, salt), so any
// record can be made on its own, in any order, without a generator whose state must be carried along.

/** Finalizer of a 32-bit integer hash: every input bit reaches every output bit. */
function mix(value) {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return h ^ (h >>> 16);
}

/** An unsigned 32-bit number for one attribute (`salt`) of one thing (`index`) in one world (`seed`). */
export function hash(seed, index, salt) {
  return mix(mix(seed + Math.imul(salt, 0x9e3779b1)) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
}

/** Fills `buffer` from `start` to `end` with bytes that depend on (seed, index, salt) only. */
export function fillBytes(buffer, start, end, seed, index, salt) {
  let state = hash(seed, index, salt);
  for (let at = start; at < end; at += 4) {
    state = (state + 0x9e3779b9) | 0;
    let word = mix(state);
    for (let byte = at; byte < end && byte < at + 4; byte += 1) {
      buffer[byte] = word & 0xff;
      word >>>= 8;
    }
  }
}
