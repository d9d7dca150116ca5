// One clock and one chance, for programs that shall write the same.

/** From now on it is `time`, and chance is one fixed sequence. The answer gives both back. */
export function fixed(time) {
  const { Date: Real } = globalThis;
  const { random } = Math;
  let chance = 0;
  globalThis.Date = class extends Real {
    constructor(...given) {
      super(...(given.length ? given : [time]));
    }
    static now() {
      return time;
    }
  };
  Math.random = () => ((chance += 1) * 0.618) % 1;
  return () => {
    globalThis.Date = Real;
    Math.random = random;
  };
}
