// The tables as cards, and lines from each row's identifier to the columns that name it.
import { count, number } from '../text.ts';
import { Card, CARD, icon, KEYS } from './card.ts';
import { asTable, button, frame, html, type Picture, shown, svg } from './dom.ts';
import { type Layout, layOut, type Point } from './layout.ts';
import { Roving } from './roving.ts';
import { around, busiest, type DiagramData, linksOf, type TableLink } from './tables.ts';

export type { DiagramColumn, DiagramData, DiagramTable } from './tables.ts';

export interface DiagramOptions {
  /** A table was chosen, by a click or Enter. */
  onTable(name: string): void;
}

/** More cards than these are not read, but searched: then only the nearest ones of a table are drawn. */
const MOST = 40;
const [SMALLEST, READABLE, LARGEST] = [0.35, 0.8, 2];
const SCALES = [SMALLEST, 0.5, 0.65, READABLE, 1, 1.25, 1.5, LARGEST];
const LOOP = 22;
const FOOT = 9;

export function drawDiagram(host: HTMLElement, data: DiagramData, options: DiagramOptions): Picture<DiagramData> {
  return new Diagram(host, data, options);
}

/** Where many rows name one: `way` is 1 on the right side of a card, -1 on the left. */
const crowsFoot = (x: number, y: number, way: number) => `M${x} ${y - 5}L${x + way * FOOT} ${y}L${x} ${y + 5}`;

class Diagram implements Picture<DiagramData> {
  readonly #host: HTMLElement;
  readonly #options: DiagramOptions;
  readonly #frame;
  readonly #table;
  readonly #roving;
  readonly #drawing = svg('svg', { class: 'diagram', role: 'group', 'aria-label': 'Tables and what links them' });
  readonly #legend = html('ul', { class: 'picture-legend' });
  readonly #expanded = new Set<string>();
  readonly #near = html('select');
  readonly #whole = button('All columns', { 'aria-pressed': 'false' }, () => this.#toggleAll());
  #data: DiagramData;
  #links: TableLink[] = [];
  #center = 0;
  #drawn: number[] = [];
  #layout: Layout = { places: [], bends: [], width: 0, height: 0 };
  #scale = 1;
  #sized = false;
  #turn = 0;

  constructor(host: HTMLElement, data: DiagramData, options: DiagramOptions) {
    this.#host = host;
    this.#data = data;
    this.#options = options;
    this.#frame = frame(host, 'diagram', 'Diagram of the tables');
    const { figure, bar, scroll } = this.#frame;
    const zoom = html('div', { class: 'picture-choice', role: 'group', 'aria-label': 'Size' });
    zoom.append(button('−', { 'aria-label': 'Smaller' }, () => this.#step(-1)), button('+', { 'aria-label': 'Larger' }, () => this.#step(1)), button('Fit', {}, () => this.#fit()));
    bar.append(html('label', { class: 'diagram-near' }, 'Around ', this.#near), zoom, this.#whole);
    this.#near.addEventListener('change', () => this.#moveTo(Number(this.#near.value)));
    scroll.append(this.#drawing);
    scroll.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.#table = asTable('Tables and columns', ['Table', 'Rows', 'State', 'Parent', 'Column', 'Type', 'Key', 'Refers to'], () => this.#rows());
    const help = html('p', { class: 'picture-help' }, 'Arrow keys follow the lines, Enter opens a table, Space shows its columns.');
    figure.append(this.#legend, help, this.#table.element);
    this.#roving = new Roving(scroll, (from, event) => this.#key(Number(from), event), (key) => this.#point(Number(key)));
    this.#drawing.addEventListener('pointerleave', () => this.#point(undefined));
    scroll.addEventListener('focusout', () => this.#point(undefined));
    this.update(data);
  }

  update(data: DiagramData): void {
    this.#data = data;
    this.#links = linksOf(data);
    const chosen = data.tables.findIndex(({ name }) => name === data.selected);
    this.#center = chosen >= 0 ? chosen : busiest(data.tables.length, this.#links);
    this.#near.replaceChildren(...data.tables.map(({ name }, at) => html('option', { value: at }, shown(name, 60))));
    this.#table.renew();
    void this.#draw();
  }

  dispose(): void {
    this.#turn = -1;
    this.#frame.figure.remove();
  }

  async #draw(): Promise<void> {
    const turn = ++this.#turn;
    const { tables } = this.#data;
    this.#drawn = around(this.#center, tables.length, this.#links, MOST);
    const { note, bar, scroll } = this.#frame;
    for (const part of [bar, scroll, this.#legend, this.#table.element]) part.hidden = !tables.length;
    this.#say();
    if (!tables.length) return;

    const places = new Map(this.#drawn.map((table, place) => [table, place]));
    const links = this.#links.flatMap((link) => {
      const [from, to] = [places.get(link.from), places.get(link.to)];
      return from === undefined || to === undefined ? [] : [{ ...link, from, to }];
    });
    const cards = this.#drawn.map((at) => this.#card(at, places));
    const layout = await layOut(cards, links, this.#frame.scroll.clientWidth).catch((error: unknown) => {
      note.textContent = `The layout could not be loaded (${error instanceof Error ? error.message : String(error)}). Reload the page, or read the table.`;
    });
    if (!layout || this.#turn !== turn) return;
    this.#layout = layout;
    this.#roving.put(() => this.#fill(cards, links));
    this.#roving.prefer(String(this.#center));
    if (!this.#sized) this.#fit(READABLE);
    this.#sized = true;
    this.#size();
    this.#caption(links);
  }

  #card(at: number, places: ReadonlyMap<number, number>): Card {
    const table = this.#data.tables[at];
    if (!table) throw new RangeError(`no table ${at}`);
    const linked = new Set<string>();
    let beyond = 0;
    for (const link of this.#links) {
      if (link.from === at && link.fromColumn !== undefined) linked.add(link.fromColumn);
      if (link.to === at && link.toColumn !== undefined) linked.add(link.toColumn);
      if ((link.from === at && !places.has(link.to)) || (link.to === at && !places.has(link.from))) beyond++;
    }
    return new Card(table, linked, this.#expanded.has(table.name), beyond);
  }

  #say(): void {
    const { tables, references } = this.#data;
    const missing = references.length - this.#links.filter(({ kind }) => kind === 'reference').length;
    const some = this.#drawn.length < tables.length;
    const center = shown(tables[this.#center]?.name ?? '', 60);
    this.#near.value = String(this.#center);
    this.#near.parentElement?.toggleAttribute('hidden', tables.length <= MOST);
    this.#whole.hidden = !tables.some(({ columns }) => columns.length > 8);
    const rest = missing ? ` ${count(missing, 'reference')} to what is not here.` : '';
    if (!tables.length) this.#frame.note.textContent = 'There are no tables.';
    else if (some) this.#frame.note.textContent = `${number(this.#drawn.length)} of ${number(tables.length)} tables: those nearest to ${center}. “Around” moves on.${rest}`;
    else this.#frame.note.textContent = `${count(tables.length, 'table')}.${rest}`;
  }

  #fill(cards: readonly Card[], links: readonly TableLink[]): Map<string, SVGElement> {
    const items = new Map<string, SVGElement>();
    const lines = links.map((link, at) => {
      const { line, foot } = this.#path(link, at, cards);
      const drawn = svg('g', { class: `link link-${link.kind}` }, svg('path', { class: 'link-line', d: line }), svg('path', { d: foot }));
      drawn.dataset.ends = `${this.#drawn[link.from]} ${this.#drawn[link.to]}`;
      return drawn;
    });
    const drawn = cards.map((card, place) => {
      const table = this.#drawn[place] ?? 0;
      const { x, y } = this.#layout.places[place] ?? { x: 0, y: 0 };
      const { card: drawn, button } = card.draw(this.#host);
      drawn.toggleAttribute('data-chosen', card.table.name === this.#data.selected);
      if (card.table.name === this.#data.selected) button.setAttribute('aria-current', 'true');
      drawn.addEventListener('click', () => this.#open(table));
      drawn.addEventListener('pointerenter', () => this.#point(table));
      items.set(String(table), button);
      return svg('g', { transform: `translate(${x} ${y})` }, drawn, card.foot(() => this.#expand(table), () => this.#moveTo(table)));
    });
    this.#drawing.replaceChildren(svg('g', { class: 'links', 'aria-hidden': 'true' }, ...lines), ...drawn);
    return items;
  }

  /** From the side of one card to that of another, level where it leaves, where it passes a layer, and where it ends in a crow's foot. */
  #path({ from, to, fromColumn, toColumn }: TableLink, at: number, cards: readonly Card[]): { line: string; foot: string } {
    const place = (card: number, column: string | undefined): Point => {
      const { x, y } = this.#layout.places[card] ?? { x: 0, y: 0 };
      return { x, y: y + (cards[card]?.port(column) ?? 0) };
    };
    const [start, end] = [place(from, fromColumn), place(to, toColumn)];
    if (from === to) {
      const side = start.x + CARD;
      return { line: `M${side} ${start.y}c${LOOP * 2} 0 ${LOOP * 2} ${end.y - start.y} ${FOOT} ${end.y - start.y}h-${FOOT}`, foot: crowsFoot(side, end.y, 1) };
    }
    const forth = start.x < end.x;
    const way = forth ? 1 : -1;
    const points = [{ x: start.x + (forth ? CARD : 0), y: start.y }];
    for (const { x, y } of this.#layout.bends[at] ?? []) points.push({ x: x - (way * CARD) / 2, y }, { x: x + (way * CARD) / 2, y });
    const last = { x: end.x + (forth ? 0 : CARD), y: end.y };
    points.push({ x: last.x - way * FOOT, y: last.y });
    let path = `M${points[0]?.x} ${points[0]?.y}`;
    points.forEach((point, next) => {
      const before = points[next - 1];
      if (!before) return;
      const middle = (before.x + point.x) / 2;
      path += before.y === point.y ? `H${point.x}` : `C${middle} ${before.y} ${middle} ${point.y} ${point.x} ${point.y}`;
    });
    return { line: `${path}H${last.x}`, foot: crowsFoot(last.x, last.y, -way) };
  }

  #caption(links: readonly TableLink[]): void {
    const drawn = this.#drawn.flatMap((at) => this.#data.tables[at]?.columns ?? []);
    const keys = (Object.keys(KEYS) as (keyof typeof KEYS)[]).filter((key) => drawn.some((column) => column.key === key));
    const line = (kind: string) => svg('svg', { viewBox: '0 0 24 12', 'aria-hidden': 'true' }, svg('g', { class: `link link-${kind}` }, svg('path', { class: 'link-line', d: 'M0 6H24' }), svg('path', { d: crowsFoot(24, 6, -1) })));
    const kinds = ([['child', 'rows of a child table'], ['reference', 'reference']] as const).filter(([kind]) => links.some((link) => link.kind === kind));
    this.#legend.replaceChildren(
      ...keys.map((key) => html('li', {}, svg('svg', { viewBox: '0 0 12 12', 'aria-hidden': 'true' }, icon(key)), KEYS[key][1])),
      ...kinds.map(([kind, text]) => html('li', {}, line(kind), text)),
    );
  }

  #open(table: number): void {
    const name = this.#data.tables[table]?.name;
    if (name === undefined) return;
    this.#data = { ...this.#data, selected: name };
    this.#moveTo(table);
    this.#options.onTable(name);
  }

  #moveTo(table: number): void {
    this.#center = table;
    void this.#draw();
  }

  #expand(table: number): void {
    const name = this.#data.tables[table]?.name ?? '';
    if (!this.#expanded.delete(name)) this.#expanded.add(name);
    void this.#draw();
  }

  #toggleAll(): void {
    const all = this.#whole.getAttribute('aria-pressed') !== 'true';
    this.#whole.setAttribute('aria-pressed', String(all));
    this.#expanded.clear();
    if (all) for (const { name } of this.#data.tables) this.#expanded.add(name);
    void this.#draw();
  }

  /** Shows what a table is linked to. */
  #point(table: number | undefined): void {
    for (const line of this.#drawing.querySelectorAll<SVGElement>('.links > g')) {
      line.classList.toggle('on', table !== undefined && (line.dataset.ends ?? '').split(' ').includes(String(table)));
    }
  }

  #key(from: number, event: KeyboardEvent): string | undefined {
    const at = (table: number): Point => this.#layout.places[this.#drawn.indexOf(table)] ?? { x: 0, y: 0 };
    const here = at(from);
    const nearest = (tables: number[]) => tables.sort((left, right) => Math.abs(at(left).y - here.y) - Math.abs(at(right).y - here.y))[0];
    const linked = (way: number) =>
      this.#links.flatMap(({ from: one, to: other }) => (one === from ? [other] : other === from ? [one] : [])).filter((table) => this.#drawn.includes(table) && (at(table).x - here.x) * way > 0);
    const inReadingOrder = () => [...this.#drawn].sort((left, right) => at(left).x - at(right).x || at(left).y - at(right).y);
    const step = (way: number) => {
      const order = inReadingOrder();
      return order[order.indexOf(from) + way];
    };
    const moves: Record<string, () => number | undefined> = {
      ArrowRight: () => nearest(linked(1)),
      ArrowLeft: () => nearest(linked(-1)),
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Home: () => inReadingOrder()[0],
      End: () => inReadingOrder().at(-1),
      Enter: () => (this.#open(from), from),
      ' ': () => (this.#expand(from), from),
    };
    const to = moves[event.key]?.();
    // A key that leads nowhere is used up all the same: the region must not scroll away below the focus.
    return moves[event.key] ? String(to ?? from) : undefined;
  }

  #size(): void {
    const { width, height } = this.#layout;
    this.#drawing.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#drawing.setAttribute('width', String(Math.round(width * this.#scale)));
    this.#drawing.setAttribute('height', String(Math.round(height * this.#scale)));
  }

  /** To another size, with what lies at a place of the region (its middle, if none is given) staying there. */
  #zoom(scale: number, x = this.#frame.scroll.clientWidth / 2, y = this.#frame.scroll.clientHeight / 2): void {
    const { scroll } = this.#frame;
    const factor = scale / this.#scale;
    const [left, top] = [(scroll.scrollLeft + x) * factor - x, (scroll.scrollTop + y) * factor - y];
    this.#scale = scale;
    this.#size();
    scroll.scrollTo({ left, top, behavior: 'instant' });
  }

  #step(way: 1 | -1): void {
    const next = way > 0 ? SCALES.find((scale) => scale > this.#scale + 0.01) : SCALES.findLast((scale) => scale < this.#scale - 0.01);
    if (next !== undefined) this.#zoom(next);
  }

  #fit(least = SMALLEST): void {
    const { scroll } = this.#frame;
    this.#zoom(Math.max(least, Math.min(1, scroll.clientWidth / this.#layout.width)));
  }

  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { left, top } = this.#frame.scroll.getBoundingClientRect();
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.#scale * Math.exp(-event.deltaY / 300)));
    this.#zoom(scale, event.clientX - left, event.clientY - top);
  }

  *#rows(): Iterable<readonly string[]> {
    const { tables } = this.#data;
    for (const [at, { name, rows, state, parent, columns }] of tables.entries()) {
      const own = [shown(name), number(rows), state ?? '', parent === undefined ? '' : shown(parent)];
      if (!columns.length) yield [...own, '', '', '', ''];
      for (const { name: column, type, key, isNew } of columns) {
        const to = this.#links.filter((link) => link.to === at && link.toColumn === column).map((link) => `${shown(tables[link.from]?.name ?? '')}.${shown(link.fromColumn ?? '')}`);
        yield [...own, `${shown(column)}${isNew ? ' (new)' : ''}`, shown(type), key ? KEYS[key][1] : '', to.join(', ')];
      }
    }
  }
}
