import { count, number } from '../text.ts';
import { fit, measure, named, shown, svg } from './dom.ts';
import type { DiagramColumn, DiagramTable } from './tables.ts';

export const CARD = 244;
const HEAD = 50;
const ROW = 22;
const FOOT = 26;
const PAD = 12;
const FEW = 8;
/** Nobody reads further in a picture: the schema has them all. */
const MANY = 200;

/** What keys look like, on 12 by 12 pixels. */
export const KEYS = {
  primary: ['M1 6a2.6 2.6 0 1 0 5.2 0 2.6 2.6 0 1 0-5.2 0M6.2 6H11.5M9 6V8.5M11.2 6V8', 'primary key'],
  row: ['M3.4 6a2.6 2.6 0 1 0 5.2 0 2.6 2.6 0 1 0-5.2 0Z', 'identifies the row'],
  parent: ['M11 6H2M5.5 2.5 2 6l3.5 3.5', "names the parent's row"],
  root: ['M11 6H4M7.5 2.5 4 6l3.5 3.5M1.5 2v8', "names the root's row"],
} as const;

export const icon = (key: keyof typeof KEYS, x = 0, y = 0) => svg('path', { class: `key key-${key}`, d: KEYS[key][0], transform: `translate(${x} ${y})` });

/** A table as it is drawn: which columns, how high, and where lines end. */
export class Card {
  readonly table: DiagramTable;
  readonly width = CARD;
  readonly height: number;
  /** Columns that are not drawn. */
  readonly more: number;
  readonly expandable: boolean;
  /** Neighbours that are not drawn. */
  readonly beyond: number;
  readonly #columns: readonly DiagramColumn[];
  readonly #expanded: boolean;

  /** `linked`: columns that lines end at; they and the keys come first. */
  constructor(table: DiagramTable, linked: ReadonlySet<string>, expanded: boolean, beyond: number) {
    const first = (column: DiagramColumn) => column.key !== undefined || linked.has(column.name);
    const all = [...table.columns.filter(first), ...table.columns.filter((column) => !first(column))];
    this.table = table;
    this.expandable = all.length > FEW;
    this.beyond = beyond;
    this.#expanded = expanded;
    this.#columns = all.slice(0, expanded ? MANY : FEW);
    this.more = all.length - this.#columns.length;
    this.height = HEAD + this.#columns.length * ROW + (this.expandable || beyond ? FOOT : 8);
  }

  /** How far down a line ends. */
  port(column: string | undefined): number {
    const at = this.#columns.findIndex(({ name }) => name === column);
    return at < 0 ? HEAD / 2 : HEAD + at * ROW + ROW / 2;
  }

  label(): string {
    const { name, rows, columns, state, parent } = this.table;
    const parts = [named(name), count(rows, 'row'), count(columns.length, 'column'), parent === undefined ? '' : `child of ${shown(parent)}`, state ?? ''];
    return parts.filter(Boolean).join(', ');
  }

  /** `button` is what is focused and pressed. What is written stands beside it: much of it is cut, and the button has its whole name. */
  draw(host: Element): { card: SVGGElement; button: SVGGElement } {
    const { name, rows, state } = this.table;
    const mark = state ? measure(state, 12, host) + 14 : 0;
    const button = svg('g', { role: 'button', 'aria-label': this.label() }, svg('rect', { class: 'card-box', width: CARD, height: this.height, rx: 8 }));
    const written = svg(
      'g',
      { 'aria-hidden': 'true' },
      svg('title', {}, named(name)),
      svg('text', { class: 'card-name', x: PAD, y: 20 }, fit(named(name), CARD - 2 * PAD, 14, host, 620)),
      svg('text', { class: 'card-rows', x: PAD, y: 38 }, count(rows, 'row')),
      ...(state ? [svg('rect', { class: 'card-mark', x: CARD - PAD - mark, y: 25, width: mark, height: 18, rx: 9 }), svg('text', { class: 'card-state', x: CARD - PAD - mark / 2, y: 38 }, state)] : []),
      ...(this.#columns.length ? [svg('line', { class: 'card-rule', x1: 0, x2: CARD, y1: HEAD - 2.5, y2: HEAD - 2.5 })] : []),
      ...this.#columns.map((column, at) => this.#row(column, HEAD + at * ROW, host)),
    );
    return { card: svg('g', { class: 'table-card', 'data-state': state }, button, written), button };
  }

  #row({ name, type, key, isNew }: DiagramColumn, y: number, host: Element): SVGGElement {
    const kind = shown(type, 12);
    const room = CARD - 2 * PAD - 18 - measure(kind, 12, host) - 10 - (isNew ? 30 : 0);
    const fitted = fit(name, room, 13, host, key ? 560 : 400);
    return svg(
      'g',
      { class: `card-column${key ? ' card-key' : ''}`, transform: `translate(0 ${y})` },
      svg('title', {}, [shown(name), kind, key ? KEYS[key][1] : '', isNew ? 'new' : ''].filter(Boolean).join(', ')),
      ...(key ? [icon(key, PAD, 5)] : []),
      svg('text', { class: 'card-field', x: PAD + 18, y: 15 }, fitted, ...(isNew ? [svg('tspan', { class: 'card-new', dx: 6 }, 'new')] : [])),
      svg('text', { class: 'card-type', x: CARD - PAD, y: 15 }, kind),
    );
  }

  /** What stands below the columns, each with what a press does. It is for the pointer: the keyboard has its own ways. */
  foot(expand: () => void, move: () => void): SVGGElement {
    const y = this.height - 9;
    const link = (text: string, anchor: 'start' | 'end', press: () => void) => {
      const made = svg('g', { class: 'card-foot' }, svg('rect', { class: 'picture-hit', x: anchor === 'start' ? 0 : CARD / 2, y: this.height - FOOT, width: CARD / 2, height: FOOT }));
      made.append(svg('text', { x: anchor === 'start' ? PAD + 18 : CARD - PAD, y, 'text-anchor': anchor }, text));
      made.addEventListener('click', press);
      return made;
    };
    const group = svg('g', { 'aria-hidden': 'true' });
    if (this.expandable) group.append(link(this.#expanded ? (this.more ? `+ ${number(this.more)} more, fewer` : 'fewer') : `+ ${number(this.more)} more`, 'start', expand));
    if (this.beyond) group.append(link(`${number(this.beyond)} more linked`, 'end', move));
    return group;
  }
}
