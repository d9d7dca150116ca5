// Rows per table over snapshots: each table has a small chart of its own with its name and figures, since forty lines in one cannot be told apart.
import { count, number, time } from '../text.ts';
import { asTable, button, fit, frame, html, measure, named, type Picture, svg, watchWidth } from './dom.ts';
import { Roving } from './roving.ts';
import { TimeScale } from './scale.ts';
import { type Tick, ticks } from './time.ts';
import { Tip } from './tip.ts';

export interface RowsData {
  /** The oldest first, with times in milliseconds. */
  readonly snapshots: readonly { readonly id: string; readonly at: number }[];
  /** `rows`: of each snapshot in their order; null where it has no such table. */
  readonly tables: readonly { readonly name: string; readonly rows: readonly (number | null)[] }[];
}

export interface RowsOptions {
  /** A snapshot was chosen, by a click or Enter. */
  onSnapshot(id: string): void;
}

/** Of more tables, those with the most rows are drawn until all are asked for. */
const MOST = 40;
const NARROWEST = 290;
const BETWEEN = 28;
const AXIS = 18;
const [HEAD, PLOT, PANEL] = [20, 44, 80];
/** Of a panel's plot, on both sides: for the points. */
const EDGE = 5;
/** Between two snapshots. The pointer takes the nearest one, so that it need not hit. */
const GAP = 3;
const TICK = 64;
const [NAME, FIGURE] = [13, 12];

export function drawRows(host: HTMLElement, data: RowsData, options: RowsOptions): Picture<RowsData> {
  return new Rows(host, data, options);
}

type Table = RowsData['tables'][number];

/** A table's chart, and the parts of it that move. */
interface Panel {
  readonly table: Table;
  readonly x: number;
  readonly group: SVGGElement;
  readonly cursor: SVGLineElement;
  readonly point: SVGCircleElement;
  readonly figure: SVGTextElement;
  readonly height: (rows: number) => number;
}

/** A number with its sign; nothing for 0. */
const signed = (change: number): string => (change ? `${change > 0 ? '+' : '−'}${number(Math.abs(change))}` : '');

class Rows implements Picture<RowsData> {
  readonly #host: HTMLElement;
  readonly #options: RowsOptions;
  readonly #frame;
  readonly #table;
  readonly #tip: Tip;
  readonly #roving: Roving;
  readonly #drawing = svg('svg', { class: 'rows', role: 'group', 'aria-label': 'Rows of each table over snapshots' });
  readonly #help = html('p', { class: 'picture-help' }, 'Each line starts at 0 and has a scale of its own. Left and right arrow keys move over the snapshots, up and down over the tables; Enter shows a snapshot.');
  readonly #more = button('', {}, () => this.#toggle());
  readonly #unwatch: () => void;
  #data: RowsData;
  #drawn: readonly Table[] = [];
  #panels: readonly Panel[] = [];
  #scale = new TimeScale([], [0, 0], [0, 0], GAP);
  #panelWidth = 0;
  #width = 0;
  #all = false;
  /** The number of the snapshot of which the figures are. */
  #cursor = 0;

  constructor(host: HTMLElement, data: RowsData, options: RowsOptions) {
    this.#host = host;
    this.#data = data;
    this.#options = options;
    this.#frame = frame(host, 'rows', 'Rows of each table', false);
    const { figure, bar, scroll } = this.#frame;
    bar.append(this.#more);
    scroll.append(this.#drawing);
    this.#table = asTable('Rows of each table', ['Table', 'Snapshot of', 'Rows', 'Change'], () => this.#rows());
    figure.append(this.#help, this.#table.element);
    this.#tip = new Tip(figure);
    this.#roving = new Roving(scroll, (from, event) => this.#key(Number(from), event), (key) => this.#tell(Number(key)));
    this.#tip.follow(this.#drawing, (event) => this.#below(event), ({ panel, snapshot }) => this.#move(panel, snapshot), () => this.#rest());
    scroll.addEventListener('focusout', () => this.#tip.hide());
    this.#drawing.addEventListener('click', (event) => {
      const found = this.#below(event);
      if (found) this.#open(found.snapshot);
    });
    this.update(data);
    this.#unwatch = watchWidth(scroll, (width) => {
      this.#width = width;
      this.#tip.hide();
      this.#draw();
    });
  }

  update(data: RowsData): void {
    this.#data = data;
    this.#cursor = Math.max(0, data.snapshots.length - 1);
    this.#table.renew();
    this.#draw();
  }

  dispose(): void {
    this.#unwatch();
    this.#tip.dispose();
    this.#frame.figure.remove();
  }

  #toggle(): void {
    this.#all = !this.#all;
    this.#draw();
  }

  #say(): void {
    const { snapshots, tables } = this.#data;
    const { bar, scroll, note } = this.#frame;
    const [first, last] = [snapshots[0], snapshots.at(-1)];
    const some = Boolean(first && tables.length);
    for (const part of [scroll, this.#help, this.#table.element]) part.hidden = !some;
    bar.hidden = tables.length <= MOST || !some;
    const rest = tables.length - MOST;
    this.#more.textContent = this.#all ? `Only the ${number(MOST)} largest` : `${number(rest)} more`;
    if (!some || !first || !last) {
      note.textContent = 'No snapshot tells of any rows yet.';
      return;
    }
    const drawn = this.#all || rest <= 0 ? count(tables.length, 'table') : `The ${number(MOST)} tables with the most rows, of ${number(tables.length)}`;
    note.textContent = snapshots.length === 1 ? `${drawn}, in one snapshot, of ${time(first.at)}.` : `${drawn}, in ${count(snapshots.length, 'snapshot')} from ${time(first.at)} to ${time(last.at)}.`;
  }

  #draw(): void {
    const { snapshots, tables } = this.#data;
    this.#say();
    if (!this.#width || !snapshots.length || !tables.length) return;
    const size = (table: Table) => table.rows.findLast((rows) => rows !== null) ?? 0;
    const sorted = tables.toSorted((left, right) => size(right) - size(left));
    this.#drawn = this.#all ? sorted : sorted.slice(0, MOST);
    const columns = Math.max(1, Math.min(this.#drawn.length, Math.floor((this.#width + BETWEEN) / (NARROWEST + BETWEEN))));
    const lines = Math.ceil(this.#drawn.length / columns);
    const [width, height] = [this.#width, AXIS + lines * PANEL];
    this.#panelWidth = (width - (columns - 1) * BETWEEN) / columns;
    const times = snapshots.map(({ at }) => at);
    const span = [times[0] ?? 0, times.at(-1) ?? 0] as const;
    this.#scale = new TimeScale(times, span, [EDGE, this.#panelWidth - EDGE], GAP);
    const marks = ticks(...span, this.#panelWidth / TICK);
    for (const [name, value] of [['width', width], ['height', height]] as const) this.#drawing.setAttribute(name, String(value));
    this.#drawing.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const place = (at: number) => ({ x: Math.floor(at / lines) * (this.#panelWidth + BETWEEN), y: AXIS + (at % lines) * PANEL });
    this.#roving.put(() => {
      this.#panels = this.#drawn.map((table, at) => this.#panel(table, place(at), marks));
      const heads = Array.from({ length: Math.ceil(this.#drawn.length / lines) }, (_, column) => this.#axis(marks, place(column * lines).x));
      this.#drawing.replaceChildren(...heads, ...this.#panels.map(({ group }) => group));
      return new Map(this.#panels.map(({ group }, at) => [String(at), group]));
    });
    this.#point();
  }

  /** Times above a column of panels. */
  #axis(marks: readonly Tick[], left: number): SVGGElement {
    let free = 0;
    const texts = marks.flatMap(({ at, text }) => {
      const half = measure(text, FIGURE, this.#host) / 2;
      const x = Math.min(this.#panelWidth - half, Math.max(half, this.#scale.at(at)));
      if (x - half < free) return [];
      free = x + half + 10;
      return [svg('text', { class: 'rows-tick', x, y: 11 }, text)];
    });
    return svg('g', { 'aria-hidden': 'true', transform: `translate(${left} 0)` }, ...texts);
  }

  #panel(table: Table, { x, y }: { x: number; y: number }, marks: readonly Tick[]): Panel {
    const { snapshots } = this.#data;
    const most = table.rows.reduce<number>((high, rows) => Math.max(high, rows ?? 0), 0);
    const height = (rows: number) => HEAD + PLOT - (most ? (rows / most) * (PLOT - 4) : 0);
    const figures = snapshots.reduce((wide, _, at) => Math.max(wide, this.#figure(table, at).join(' ').length), 0);
    // All digits are equally wide.
    const name = fit(named(table.name), this.#panelWidth - measure('0'.repeat(figures), FIGURE, this.#host) - 14, NAME, this.#host, 560);
    const cursor = svg('line', { class: 'rows-cursor', y1: HEAD, y2: HEAD + PLOT });
    const point = svg('circle', { class: 'rows-point', r: 3.5 });
    const figure = svg('text', { class: 'rows-figure', x: this.#panelWidth, y: 13 });
    const group = svg(
      'g',
      { class: 'rows-panel', role: 'slider', transform: `translate(${x} ${y})`, 'aria-label': named(table.name), 'aria-valuemin': 1, 'aria-valuemax': snapshots.length },
      svg('rect', { class: 'picture-hit', width: this.#panelWidth, height: HEAD + PLOT + 2 }),
      svg('text', { class: 'rows-name', x: 0, y: 13 }, name),
      figure,
      ...marks.map(({ at }) => svg('line', { class: 'picture-axis', x1: this.#scale.at(at), x2: this.#scale.at(at), y1: HEAD, y2: HEAD + PLOT })),
      svg('line', { class: 'rows-zero', x1: 0, x2: this.#panelWidth, y1: HEAD + PLOT, y2: HEAD + PLOT }),
      svg('path', { class: 'rows-line', d: this.#path(table, height) }),
      cursor,
      point,
    );
    return { table, x, group, cursor, point, figure, height };
  }

  /** In steps: a snapshot holds until the next one. Where there is no such table there is no line. */
  #path({ rows }: Table, height: (rows: number) => number): string {
    let [path, before] = ['', null as number | null];
    this.#scale.places.forEach((x, at) => {
      const value = rows[at] ?? null;
      if (before !== null) path += `H${x}`;
      if (value !== null) path += before === null ? `M${x} ${height(value)}h0` : `V${height(value)}`;
      before = value;
    });
    return path;
  }

  /** A table's rows in a snapshot, and how many more or fewer than in the one before. */
  #figure({ rows }: Table, at: number): readonly [string, string] {
    const [value, before] = [rows[at] ?? null, rows[at - 1] ?? null];
    if (value === null) return ['none', ''];
    return [number(value), before === null ? (at ? 'new' : '') : signed(value - before)];
  }

  /** Shows all tables' figures of the snapshot that is pointed to. */
  #point(): void {
    const x = String(this.#scale.places[this.#cursor] ?? 0);
    const when = time(this.#data.snapshots[this.#cursor]?.at ?? 0);
    for (const { table, group, cursor, point, figure, height } of this.#panels) {
      const value = table.rows[this.#cursor] ?? null;
      const [rows, change] = this.#figure(table, this.#cursor);
      cursor.setAttribute('x1', x);
      cursor.setAttribute('x2', x);
      point.setAttribute('cx', x);
      point.setAttribute('cy', String(height(value ?? 0)));
      point.toggleAttribute('hidden', value === null);
      figure.replaceChildren(...(change ? [svg('tspan', { class: 'rows-change' }, change)] : []), svg('tspan', { dx: change ? 7 : 0 }, rows));
      group.setAttribute('aria-valuenow', String(this.#cursor + 1));
      group.setAttribute('aria-valuetext', `${value === null ? 'no such table' : count(value, 'row')}${change ? `, ${change}` : ''}, ${when}`);
    }
  }

  #below({ clientX, clientY }: MouseEvent): { panel: number; snapshot: number } | undefined {
    const panel = this.#panels.findIndex(({ group }) => {
      const { left, right, top, bottom } = group.getBoundingClientRect();
      return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
    });
    const found = this.#panels[panel];
    return found && { panel, snapshot: this.#scale.nearest(clientX - this.#drawing.getBoundingClientRect().left - found.x) };
  }

  #move(panel: number, snapshot: number): void {
    const moved = snapshot !== this.#cursor;
    this.#cursor = snapshot;
    if (moved) this.#point();
    this.#tell(panel);
  }

  /** Back to the newest one, unless the keyboard is at work. */
  #rest(): void {
    if (this.#drawing.contains(document.activeElement)) return;
    this.#cursor = Math.max(0, this.#data.snapshots.length - 1);
    this.#point();
  }

  #tell(at: number): void {
    const panel = this.#panels[at];
    const snapshot = this.#data.snapshots[this.#cursor];
    if (!panel || !snapshot) return;
    const [rows, change] = this.#figure(panel.table, this.#cursor);
    const text = panel.table.rows[this.#cursor] == null ? 'No such table' : `${rows} ${rows === '1' ? 'row' : 'rows'}`;
    const { left, top } = panel.group.getBoundingClientRect();
    this.#tip.show([`${text}${change && ` (${change})`}`, named(panel.table.name, 60), time(snapshot.at)], left + (this.#scale.places[this.#cursor] ?? 0), top + HEAD);
  }

  #open(snapshot: number): void {
    const id = this.#data.snapshots[snapshot]?.id;
    if (id !== undefined) this.#options.onSnapshot(id);
  }

  #key(from: number, event: KeyboardEvent): string | undefined {
    const last = this.#data.snapshots.length - 1;
    const to = (snapshot: number) => (this.#move(from, Math.max(0, Math.min(last, snapshot))), from);
    const moves: Record<string, () => number> = {
      ArrowRight: () => to(this.#cursor + 1),
      ArrowLeft: () => to(this.#cursor - 1),
      Home: () => to(0),
      End: () => to(last),
      ArrowDown: () => Math.min(this.#panels.length - 1, from + 1),
      ArrowUp: () => Math.max(0, from - 1),
      Enter: () => (this.#open(this.#cursor), from),
      ' ': () => (this.#open(this.#cursor), from),
    };
    const move = moves[event.key];
    return move && String(move());
  }

  *#rows(): Iterable<readonly string[]> {
    for (const table of this.#data.tables) {
      for (let at = this.#data.snapshots.length - 1; at >= 0; at--) yield [named(table.name), time(this.#data.snapshots[at]?.at ?? 0), ...this.#figure(table, at)];
    }
  }
}
