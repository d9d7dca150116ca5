// Places along an axis: which items a window shows, and where.

/** Items of widths of their own. */
export class Widths {
  readonly #widths: number[] = [];
  #starts: number[] = [0];

  get count(): number {
    return this.#widths.length;
  }

  get total(): number {
    return this.#starts.at(-1)!;
  }

  width(at: number): number {
    return this.#widths[at] ?? 0;
  }

  start(at: number): number {
    return this.#starts[at] ?? this.total;
  }

  set(at: number, width: number): void {
    this.#widths[at] = width;
    this.#starts.length = Math.min(this.#starts.length, at + 1);
    for (let item = this.#starts.length; item <= this.#widths.length; item += 1) this.#starts.push(this.#starts[item - 1]! + this.#widths[item - 1]!);
  }

  /** The item at a place. */
  at(place: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.start(middle + 1) <= place) low = middle + 1;
      else high = middle;
    }
    return Math.min(low, Math.max(0, this.count - 1));
  }
}

/** No browser lays out boxes of any height (Firefox stops at about 17.9 million pixels). */
const TALLEST = 8_000_000;

/**
 * A scroll bar for a height that no box can have. `real` is where the browser's scroll stands, `top` where the rows do. Small steps
 * (wheel, touch, a click on the bar's arrows) move the rows by as much; large ones (the bar dragged) to the same share of them.
 */
export class Scroll {
  #top = 0;
  #real = 0;
  #height = 0;
  #view = 0;

  /** Height of the rows and of what is seen of them. */
  size(height: number, view: number): void {
    [this.#height, this.#view] = [height, view];
    this.#top = this.#clamp(this.#top);
  }

  get top(): number {
    return this.#top;
  }

  /** Of the box that is scrolled. */
  get box(): number {
    return Math.min(this.#height, TALLEST);
  }

  get #compressed(): boolean {
    return this.#height > TALLEST;
  }

  #clamp(top: number): number {
    return Math.max(0, Math.min(top, this.#height - this.#view));
  }

  /** Where the browser's scroll belongs for the rows as they stand. */
  get place(): number {
    if (!this.#compressed) return this.#top;
    return Math.round((this.#top / (this.#height - this.#view)) * (this.box - this.#view));
  }

  /** The browser scrolled. Answers whether its scroll has to be put right: it is at an end that the rows have not reached. */
  moved(real: number): boolean {
    const step = real - this.#real;
    this.#real = real;
    if (!this.#compressed) {
      this.#top = this.#clamp(real);
      return false;
    }
    const end = this.box - this.#view;
    if (Math.abs(step) < 4 * this.#view && real > 0 && real < end) {
      this.#top = this.#clamp(this.#top + step);
      return false;
    }
    if (Math.abs(step) < 4 * this.#view) {
      this.#top = this.#clamp(this.#top + step);
      return Math.abs(this.place - real) >= 1;
    }
    this.#top = this.#clamp((real / end) * (this.#height - this.#view));
    return false;
  }

  /** Puts the rows somewhere. Answers where the browser's scroll has to go. */
  to(top: number): number {
    this.#top = this.#clamp(top);
    this.#real = this.place;
    return this.#real;
  }

  /** The browser's scroll was put there: no step of the reader's. */
  put(real: number): void {
    this.#real = real;
  }
}
