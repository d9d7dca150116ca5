type Item = HTMLElement | SVGElement;

/**
 * One tab stop for many marks: the one that was last in focus, or the first. The marks are known by keys, so that a picture drawn anew
 * has its focus where it was.
 */
export class Roving {
  #items = new Map<string, Item>();
  #current: string | undefined;

  /**
   * `move` answers where a key leads from a mark; nothing, where it leads nowhere. `focused` is told of each mark that gets the focus.
   * `container` is no drawing: one that listens for the focus becomes a tab stop of its own in Chromium.
   */
  constructor(container: HTMLElement, move: (from: string, event: KeyboardEvent) => string | undefined, focused: (key: string, item: Item) => void = () => {}) {
    container.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const from = this.#keyOf(event.target);
      const to = from === undefined ? undefined : move(from, event);
      if (to === undefined) return;
      event.preventDefault();
      this.focus(to);
    });
    container.addEventListener('focusin', (event) => {
      const key = this.#keyOf(event.target);
      const item = key === undefined ? undefined : this.#items.get(key);
      if (key === undefined || !item) return;
      this.#stop(key);
      focused(key, item);
    });
  }

  /** The marks that are there now. Call `put` with what draws them: the focus goes to the mark of the same key. */
  put(draw: () => Map<string, Item>): void {
    const focused = [...this.#items].find(([, item]) => item === document.activeElement)?.[0];
    this.#items = draw();
    for (const item of this.#items.values()) item.setAttribute('tabindex', '-1');
    const stop = this.#current !== undefined && this.#items.has(this.#current) ? this.#current : this.#items.keys().next().value;
    this.#current = undefined;
    if (stop !== undefined) this.#stop(stop);
    if (focused !== undefined && stop !== undefined) this.focus(stop);
  }

  /** Makes a mark the tab stop without moving the focus. */
  prefer(key: string): void {
    if (this.#items.has(key)) this.#stop(key);
  }

  focus(key: string): void {
    const item = this.#items.get(key);
    if (!item) return;
    // First, since whoever is told of the focus may put something beside the mark.
    item.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    item.focus({ preventScroll: true });
  }

  #stop(key: string): void {
    if (this.#current !== undefined) this.#items.get(this.#current)?.setAttribute('tabindex', '-1');
    this.#items.get(key)?.setAttribute('tabindex', '0');
    this.#current = key;
  }

  #keyOf(target: EventTarget | null): string | undefined {
    for (const [key, item] of this.#items) if (item === target) return key;
    return undefined;
  }
}
