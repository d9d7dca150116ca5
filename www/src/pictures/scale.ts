// Where times lie on a line.

/**
 * Times in order, from left to right: as the clock has them where there is room, and at least a gap apart where there is not, so that
 * equal ones do not hide each other. In between it is as long as it has to be for that.
 */
export class TimeScale {
  /** Of each time its place. */
  readonly places: readonly number[];
  /** Whether the gap has moved any. */
  readonly stretched: boolean;
  readonly #known: readonly (readonly [number, number])[];

  /** `span`: the first and the last time of all that is drawn; `room`: their places. A gap that does not fit is made smaller. */
  constructor(times: readonly number[], [from, to]: readonly [number, number], [left, right]: readonly [number, number], gap: number) {
    const apart = Math.min(gap, (right - left) / Math.max(1, times.length - 1));
    const clock = (at: number) => (to > from ? left + ((at - from) / (to - from)) * (right - left) : (left + right) / 2);
    let least = left;
    const pushed = times.map((at) => {
      const place = Math.max(clock(at), least);
      least = place + apart;
      return place;
    });
    let most = right;
    this.places = pushed.toReversed().map((wanted) => {
      const place = Math.min(wanted, most);
      most = place - apart;
      return place;
    }).reverse();
    this.stretched = times.some((at, one) => Math.abs(clock(at) - (this.places[one] ?? 0)) > 1);
    this.#known = [[from, left], ...times.map((at, one) => [at, this.places[one] ?? 0] as const), [to, right]];
  }

  /** The place of any time. */
  at(time: number): number {
    const next = Math.max(1, this.#known.findIndex(([at]) => at >= time));
    const [[before, left], [after, right]] = [this.#known[next - 1] ?? [0, 0], this.#known[next] ?? [0, 0]];
    return after > before ? left + ((time - before) / (after - before)) * (right - left) : right;
  }

  /** Which of the times is nearest to a place. */
  nearest(place: number): number {
    return this.places.reduce((best, one, at) => (Math.abs(one - place) < Math.abs((this.places[best] ?? 0) - place) ? at : best), 0);
  }
}
