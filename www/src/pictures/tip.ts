import { html } from './dom.ts';

const GAP = 8;

/**
 * What is said beside a mark under the pointer or the focus. As WCAG 1.4.13 asks: Escape takes it away without moving anything, the
 * pointer may go over to it, and it stays until the mark is left.
 */
export class Tip {
  readonly #box = html('div', { class: 'picture-tip', role: 'tooltip', hidden: true });
  readonly #host: HTMLElement;
  readonly #ended = new AbortController();
  #corridor: { left: number; top: number; right: number; bottom: number } | undefined;

  /** `host` must be positioned. */
  constructor(host: HTMLElement) {
    this.#host = host;
    host.append(this.#box);
    document.addEventListener('keydown', (event) => event.key === 'Escape' && this.hide(), { signal: this.#ended.signal, capture: true });
    this.#box.addEventListener('pointerleave', () => this.hide(), { signal: this.#ended.signal });
  }

  /** Lines of text at a place given in pixels of the window; the first one is the heading. */
  show(lines: readonly string[], x: number, y: number): void {
    this.#box.replaceChildren(...lines.map((line, at) => html(at ? 'div' : 'strong', {}, line)));
    this.#box.hidden = false;
    this.#box.style.left = this.#box.style.top = '0';
    const frame = this.#host.getBoundingClientRect();
    const { width, height } = this.#box.getBoundingClientRect();
    const left = Math.max(0, Math.min(x - frame.left - width / 2, frame.width - width));
    const above = y - frame.top - height - GAP;
    const top = y - height - GAP < 0 ? y - frame.top + GAP * 2 : above;
    this.#box.style.left = `${left}px`;
    this.#box.style.top = `${top}px`;
    const [l, t] = [left + frame.left, top + frame.top];
    this.#corridor = { left: Math.min(l, x - 2), top: Math.min(t, y), right: Math.max(l + width, x + 2), bottom: Math.max(t + height, y) };
  }

  hide(): void {
    this.#box.hidden = true;
  }

  /**
   * Has what `find` finds below a pointer over `element` shown by `show`, and hidden when the pointer is elsewhere and not on its way
   * to the tip; `left` is told of that.
   */
  follow<T>(element: SVGElement, find: (event: PointerEvent) => T | undefined, show: (found: T) => void, left: () => void = () => {}): void {
    const { signal } = this.#ended;
    const leave = () => {
      this.hide();
      left();
    };
    const move = (event: PointerEvent) => {
      if (this.#holds(event.clientX, event.clientY)) return;
      const found = find(event);
      if (found === undefined) leave();
      else show(found);
    };
    element.addEventListener('pointermove', move, { signal });
    element.addEventListener('pointerleave', (event) => event.relatedTarget !== this.#box && leave(), { signal });
  }

  /** Whether a pointer there is on its way from the mark to the tip: what is shown should then stay. */
  #holds(x: number, y: number): boolean {
    const way = this.#box.hidden ? undefined : this.#corridor;
    return !!way && x >= way.left && x <= way.right && y >= way.top && y <= way.bottom;
  }

  dispose(): void {
    this.#ended.abort();
    this.#box.remove();
  }
}
