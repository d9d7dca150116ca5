// What all pictures are made of. Names and texts come from foreign bodies: they only ever become text nodes and attribute values.
import { visible } from '../visible.ts';

/** A picture in its host, until it is disposed. */
export interface Picture<Data> {
  /** Draws other data in the same place. Focus, zoom and what was switched on or off stay where they still make sense. */
  update(data: Data): void;
  /** Takes the picture out of its host, with its listeners. */
  dispose(): void;
}

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const SVG = 'http://www.w3.org/2000/svg';

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly (Node | string)[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

export function svg<K extends keyof SVGElementTagNameMap>(name: K, attributes: Attributes = {}, ...children: (Node | string)[]): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

export function html<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), attributes, children);
}

export function button(text: string, attributes: Attributes, press: () => void): HTMLButtonElement {
  const made = html('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', press);
  return made;
}

/** A choice of which one is on, as a row of buttons. `set` shows another one as chosen; it does not call `choose`. */
export function choice<T extends string>(label: string, values: readonly (readonly [T, string])[], choose: (value: T) => void): { element: HTMLElement; set(value: T): void } {
  const buttons = values.map(([value, text]) => [value, button(text, {}, () => choose(value))] as const);
  return {
    element: html('div', { class: 'picture-choice', role: 'group', 'aria-label': label }, ...buttons.map(([, one]) => one)),
    set: (value) => buttons.forEach(([own, one]) => one.setAttribute('aria-pressed', String(own === value))),
  };
}

/**
 * A `<figure>` of a bar, a region that scrolls, and what follows. The region takes focus, so that arrow keys can scroll it, unless
 * `stop` is false: what is in it then has the only tab stop, and scrolls into view.
 */
export function frame(host: HTMLElement, kind: string, label: string, stop = true): { figure: HTMLElement; bar: HTMLElement; note: HTMLElement; scroll: HTMLElement } {
  const bar = html('div', { class: 'picture-bar' });
  const note = html('p', { class: 'picture-note', role: 'status' });
  const scroll = html('div', { class: 'picture-scroll', role: 'region', 'aria-label': label, tabindex: stop && 0 });
  const figure = html('figure', { class: `picture picture-${kind}` }, bar, note, scroll);
  host.append(figure);
  return { figure, bar, note, scroll };
}

const LONGEST = 200;

/** A foreign text fit to be shown: cut to `longest` characters, with what is invisible spelled out. */
export function shown(text: string, longest = LONGEST): string {
  const cut = [...text.slice(0, longest * 2)].slice(0, longest).join('');
  return visible(cut) + (cut.length < text.length ? '…' : '');
}

/** A name that may be empty. */
export const named = (name: string, longest = LONGEST): string => (name === '' ? '(no name)' : shown(name, longest));

const pen = document.createElement('canvas').getContext('2d');
const fonts = new WeakMap<Element, string>();

/** The width of a text in pixels, in the font of `host`'s pictures at `size`. */
export function measure(text: string, size: number, host: Element, weight = 400): number {
  if (!pen) return text.length * size * 0.6;
  let family = fonts.get(host);
  if (!family) fonts.set(host, (family = getComputedStyle(host).fontFamily));
  pen.font = `${weight} ${size}px ${family}`;
  return pen.measureText(text).width;
}

/** A text cut to `width` pixels, at its end or, as is better for a path, at its start. */
export function fit(text: string, width: number, size: number, host: Element, weight = 400, cut: 'end' | 'start' = 'end'): string {
  const whole = shown(text);
  if (measure(whole, size, host, weight) <= width) return whole;
  const points = [...whole];
  const part = (length: number) => (cut === 'end' ? `${points.slice(0, length).join('')}…` : `…${points.slice(points.length - length).join('')}`);
  let [fits, tooLong] = [0, points.length];
  while (tooLong - fits > 1) {
    const half = (fits + tooLong) >> 1;
    if (measure(part(half), size, host, weight) <= width) fits = half;
    else tooLong = half;
  }
  return part(fits);
}

const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
/** 1.2M, for an axis. */
export const brief = (value: number): string => short.format(value);

/** Calls `draw` with the width of `element` in whole pixels, now and whenever it is another. Nothing is drawn while it is hidden. */
export function watchWidth(element: Element, draw: (width: number) => void): () => void {
  let known = 0;
  const look = (width: number) => {
    if (Math.floor(width) === known || width < 1) return;
    known = Math.floor(width);
    draw(known);
  };
  const observer = new ResizeObserver(([entry]) => entry && look(entry.contentRect.width));
  observer.observe(element);
  look(element.clientWidth);
  return () => observer.disconnect();
}

/** The same as a table, in a `<details>`: made only when it is opened. `rows` are called for then, and again by `renew`. */
export function asTable(caption: string, heads: readonly string[], rows: () => Iterable<readonly (string | Node)[]>): { element: HTMLDetailsElement; renew(): void } {
  const place = html('div', { class: 'picture-scroll', role: 'region', 'aria-label': `${caption}, table`, tabindex: 0 });
  const element = html('details', { class: 'picture-table' }, html('summary', {}, 'As a table'), place);
  const renew = () => {
    if (!element.open) return place.replaceChildren();
    const body = html('tbody');
    for (const cells of rows()) body.append(html('tr', {}, ...cells.map((cell, at) => html(at ? 'td' : 'th', at ? {} : { scope: 'row' }, cell))));
    const head = html('thead', {}, html('tr', {}, ...heads.map((text) => html('th', { scope: 'col' }, text))));
    place.replaceChildren(html('table', {}, html('caption', {}, caption), head, body));
  };
  element.addEventListener('toggle', renew);
  return { element, renew };
}
