// A table of any size: rows and columns are in the document only while they are seen, and so is the cell that has the focus.
//
// It is a `<table role=grid>` of real rows and cells, each with its index among all. One stop of the tab key; from there arrows,
// Home, End, Page Up and Page Down (with Ctrl to the corners) move the focus, with Shift they select, Ctrl+C copies, Enter opens a
// row or orders by a column, Alt+Enter says more about a column, Alt+arrows set its width. The header is row −1, the row's number
// column −1.
import type { Cell, Column, Frame, Order } from '../frame.ts';
import { visible } from '../visible.ts';
import { Scroll, Widths } from './axis.ts';
import { measure } from './measure.ts';
import { Copy, type Place, Selection } from './selection.ts';

export interface GridOptions {
  readonly label: string;
  readonly frame: Frame;
  readonly order?: Order | null;
  /** Without it columns cannot be ordered by. */
  readonly onOrder?: (order: Order | null) => void;
  /** A row is to be shown in full. */
  readonly onOpen?: (row: number) => void;
  /** Somebody wants to know what a column holds. */
  readonly onColumn?: (column: number) => void;
}

const NARROWEST = 56;
const WIDEST = 640;
const STEP = 16;
/** Rows and columns beyond the edges of what is seen. */
const SPARE = 4;
/** Milliseconds after which a fetch is said to be slow. */
const SLOW = 1_000;
const NUMBERS: readonly string[] = ['bigint', 'double', 'decimal', 'wei'];
const words = new Intl.NumberFormat('en');

type Tag = keyof HTMLElementTagNameMap;
function make<K extends Tag>(tag: K, attributes: Record<string, string> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

interface Line {
  readonly element: HTMLTableRowElement;
  readonly head: HTMLTableCellElement;
  readonly cells: Map<number, HTMLTableCellElement>;
}

let grids = 0;

export class Grid {
  #options: GridOptions;
  readonly #host: HTMLElement;
  readonly #root: HTMLElement;
  readonly #view: HTMLElement;
  readonly #table: HTMLTableElement;
  readonly #headline: HTMLTableRowElement;
  readonly #corner: HTMLTableCellElement;
  readonly #heads = new Map<number, HTMLTableCellElement>();
  readonly #body: HTMLTableSectionElement;
  readonly #lines = new Map<number, Line>();
  readonly #said: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #scroll = new Scroll();
  readonly #widths = new Widths();
  /** Columns whose width somebody chose, or that were measured. */
  readonly #fixed = new Set<number>();
  readonly #watch: ResizeObserver;
  #row: number;
  #gutter = 0;
  readonly #selection = new Selection();
  #frame = 0;
  #asked = '';
  #stop = new AbortController();
  #waiting = 0;
  #unsubscribe: () => void = () => {};
  #settle = 0;

  constructor(host: HTMLElement, options: GridOptions) {
    this.#host = host;
    this.#options = options;
    const id = `grid-${(grids += 1)}`;
    this.#corner = make('th', { role: 'columnheader', scope: 'col', class: 'corner', 'aria-colindex': '1', 'data-row': '-1', 'data-column': '-1' }, make('span', { class: 'unseen' }, 'Row'));
    this.#headline = make('tr', { role: 'row', 'aria-rowindex': '1' }, this.#corner);
    this.#body = make('tbody', { role: 'rowgroup' });
    this.#table = make('table', { role: 'grid', 'aria-describedby': `${id}-keys`, 'aria-multiselectable': 'true' }, make('thead', { role: 'rowgroup' }, this.#headline), this.#body);
    this.#view = make('div', { class: 'grid-view' }, this.#table);
    this.#said = make('p', { class: 'unseen', role: 'status' });
    this.#problem = make('div', { class: 'grid-problem', role: 'alert', hidden: '' });
    const keys = [options.onOpen && 'Enter opens a row', options.onOrder && 'Enter on a column’s name orders by it', options.onColumn && 'Alt+Enter describes the column', 'Shift+arrows select, Ctrl+C copies', 'Alt+Left and Alt+Right set a column’s width'];
    this.#root = make('div', { class: 'grid' }, this.#view, this.#problem, make('p', { class: 'grid-keys', id: `${id}-keys` }, `${keys.filter(Boolean).join('; ')}.`), this.#said);
    host.replaceChildren(this.#root);
    this.#row = Math.round(Number.parseFloat(getComputedStyle(host).fontSize) * 2);
    this.#root.style.setProperty('--row', `${this.#row}px`);

    this.#view.addEventListener('scroll', this.#scrolled, { passive: true });
    this.#table.addEventListener('keydown', this.#key);
    this.#table.addEventListener('focusin', this.#focused);
    this.#table.addEventListener('pointerdown', this.#pressed);
    this.#table.addEventListener('click', this.#clicked);
    this.#table.addEventListener('dblclick', this.#opened);
    this.#root.addEventListener('copy', this.#copy);
    this.#watch = new ResizeObserver(() => this.#draw());
    this.#watch.observe(this.#view);
    this.#take(undefined);
  }

  /** Takes other options. What stays the same stays as it is: place, widths, selection. */
  set(options: GridOptions): void {
    const before = this.#options;
    this.#options = options;
    if (options.frame !== before.frame) this.#take(before.frame);
    else if (options.order !== before.order || options.label !== before.label) {
      this.#asked = '';
      this.#draw();
    }
    if (options.order !== before.order && before.order !== undefined) {
      const { order, frame } = options;
      this.#say(order ? `Ordered by ${frame.columns[order.column]?.name}, ${order.descending ? 'descending' : 'ascending'}` : 'In the table’s own order');
    }
  }

  dispose(): void {
    this.#unsubscribe();
    this.#watch.disconnect();
    this.#stop.abort(new DOMException('the grid is gone', 'AbortError'));
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#settle);
    clearTimeout(this.#waiting);
    this.#host.replaceChildren();
  }

  /** Another frame: other rows in the same columns, or another table altogether. */
  #take(before: Frame | undefined): void {
    const { frame } = this.#options;
    this.#unsubscribe();
    this.#unsubscribe = frame.subscribe(() => {
      // Cells have come, or rows: what is missing may be asked for.
      this.#draw();
    });
    const same = before?.columns.length === frame.columns.length && before.columns.every(({ name, type, note }, at) => name === frame.columns[at]!.name && type === frame.columns[at]!.type && note === frame.columns[at]!.note);
    if (!same) {
      this.#fixed.clear();
      this.#view.scrollLeft = 0;
      for (const line of this.#lines.values()) line.element.remove();
      this.#lines.clear();
      for (const head of this.#heads.values()) head.remove();
      this.#heads.clear();
    }
    const { row, column } = this.#selection.active;
    this.#selection.go({ row: Math.min(row, 0), column: same ? column : 0 });
    this.#asked = '';
    this.#fail(undefined);
    this.#size();
    this.#view.scrollTop = this.#scroll.to(0);
    // What has the focus may be a row that is not seen any more.
    if (this.#table.contains(document.activeElement)) this.#show();
    else this.#render();
  }

  /** Widths of columns that have none, and the height of all rows. */
  #size(): void {
    const { frame } = this.#options;
    for (let column = this.#widths.count; column < frame.columns.length; column += 1) this.#widths.set(column, NARROWEST);
    frame.columns.forEach((column, at) => {
      if (!this.#fixed.has(at)) this.#widths.set(at, this.#fit(column, at));
    });
    this.#gutter = Math.max(40, Math.ceil(measure(words.format(frame.rows), this.#host)) + 26);
    this.#root.style.setProperty('--gutter', `${this.#gutter}px`);
    this.#scroll.size(frame.rows * this.#row, this.#seen.height);
    let width = this.#gutter;
    frame.columns.forEach((_, at) => (width += this.#widths.width(at)));
    this.#table.style.width = `${width}px`;
    this.#body.style.height = `${this.#scroll.box}px`;
  }

  /** What the name and the first cells that are here take. */
  #fit({ name, type, note = '' }: Column, at: number, rows = 30): number {
    const { frame } = this.#options;
    let widest = Math.max(measure(name.slice(0, 60), this.#host) * 1.08 + 62, measure(note ? `${type} · ${note}` : type, this.#host) * 0.84 + 56);
    let known = false;
    const first = Math.floor(this.#scroll.top / this.#row);
    for (let row = first; row < Math.min(frame.rows, first + rows); row += 1) {
      const cell = frame.cell(row, at);
      if (cell === undefined) continue;
      known = true;
      widest = Math.max(widest, measure((cell ?? 'null').slice(0, 80), this.#host) + 22);
    }
    if (known) this.#fixed.add(at);
    return Math.round(Math.max(NARROWEST, Math.min(widest, 320)));
  }

  /** Below the header, right of the row numbers. */
  get #seen(): { width: number; height: number } {
    return { width: Math.max(0, this.#view.clientWidth - this.#gutter), height: Math.max(this.#row, this.#view.clientHeight - this.#headline.offsetHeight) };
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#render());
  }

  #render(): void {
    const { frame, label, order = null } = this.#options;
    const keep = this.#scroll.top;
    this.#size();
    if (this.#scroll.top !== keep) this.#view.scrollTop = this.#scroll.to(this.#scroll.top);
    this.#set(this.#table, 'aria-label', label);
    this.#set(this.#table, 'aria-rowcount', String(frame.rows + 1));
    this.#set(this.#table, 'aria-colcount', String(frame.columns.length + 1));

    const { width, height } = this.#seen;
    const top = this.#scroll.top;
    const rows = range(Math.floor(top / this.#row) - SPARE, Math.ceil((top + height) / this.#row) + SPARE, frame.rows);
    const left = this.#view.scrollLeft;
    const columns = range(this.#widths.at(left) - 1, this.#widths.at(left + width) + 2, frame.columns.length);
    const focused = this.#table.contains(document.activeElement);
    const { active } = this.#selection;
    // What has the focus stays, or the focus would be lost.
    const shownRows = focused && active.row >= 0 && active.row < frame.rows ? withOne(rows, active.row) : rows;
    const shownColumns = focused && active.column >= 0 && active.column < frame.columns.length ? withOne(columns, active.column) : columns;

    this.#renderHead(shownColumns, order);
    const offset = this.#view.scrollTop - top;
    const wanted = new Set(shownRows);
    for (const [row, line] of this.#lines) {
      if (wanted.has(row)) continue;
      line.element.remove();
      this.#lines.delete(row);
    }
    let behind: Element | null = null;
    for (const row of shownRows) {
      const line: Line = this.#lines.get(row) ?? this.#line(row, behind);
      behind = line.element;
      line.element.style.transform = `translateY(${offset + row * this.#row}px)`;
      this.#renderLine(line, row, shownColumns);
    }
    this.#stops(shownRows, shownColumns);
    void this.#bring(rows, columns);
  }

  #renderHead(columns: readonly number[], order: Order | null): void {
    const { frame, onOrder, onColumn } = this.#options;
    const wanted = new Set(columns);
    for (const [column, head] of this.#heads) {
      if (wanted.has(column)) continue;
      head.remove();
      this.#heads.delete(column);
    }
    let behind: Element = this.#corner;
    for (const column of columns) {
      const { name, type, note } = frame.columns[column]!;
      let head = this.#heads.get(column);
      if (!head) {
        head = make('th', { role: 'columnheader', scope: 'col', 'aria-colindex': String(column + 2), 'data-row': '-1', 'data-column': String(column) });
        const title = make('span', { class: 'name' }, visible(name.slice(0, 200)));
        const kind = make('span', { class: 'type' }, note ? `${type} · ${note}` : type);
        head.append(onOrder ? make('button', { type: 'button', tabindex: '-1', class: 'order', title: name.slice(0, 1_000) }, title, kind) : make('span', { class: 'order' }, title, kind));
        if (onColumn) head.append(make('button', { type: 'button', tabindex: '-1', class: 'about', 'aria-label': `About ${name.slice(0, 200)}`, title: 'What it holds (Alt+Enter)' }, 'Σ'));
        head.append(make('span', { class: 'edge', 'aria-hidden': 'true' }));
        behind.after(head);
        this.#heads.set(column, head);
      }
      head.style.width = `${this.#widths.width(column)}px`;
      head.style.transform = `translateX(${this.#gutter + this.#widths.start(column)}px)`;
      const sorted = order?.column === column ? (order.descending ? 'descending' : 'ascending') : onOrder ? 'none' : undefined;
      this.#set(head, 'aria-sort', sorted);
      behind = head;
    }
  }

  #line(row: number, behind: Element | null): Line {
    const { onOpen } = this.#options;
    const text = words.format(row + 1);
    const head = make('th', { role: 'rowheader', scope: 'row', 'aria-colindex': '1', 'data-row': String(row), 'data-column': '-1' });
    head.append(onOpen ? make('button', { type: 'button', tabindex: '-1', class: 'open', title: 'Show this row in full (Enter)' }, text) : text);
    const element = make('tr', { role: 'row', 'aria-rowindex': String(row + 2) }, head);
    if (behind) behind.after(element);
    else this.#body.prepend(element);
    const line = { element, head, cells: new Map<number, HTMLTableCellElement>() };
    this.#lines.set(row, line);
    return line;
  }

  #renderLine(line: Line, row: number, columns: readonly number[]): void {
    const { frame } = this.#options;
    const wanted = new Set(columns);
    for (const [column, cell] of line.cells) {
      if (wanted.has(column)) continue;
      cell.remove();
      line.cells.delete(column);
    }
    line.element.classList.toggle('odd', row % 2 === 1);
    let behind: Element = line.head;
    for (const column of columns) {
      let cell = line.cells.get(column);
      if (!cell) {
        cell = make('td', { role: 'gridcell', 'aria-colindex': String(column + 2), 'data-row': String(row), 'data-column': String(column) });
        behind.after(cell);
        line.cells.set(column, cell);
      }
      cell.style.width = `${this.#widths.width(column)}px`;
      cell.style.transform = `translateX(${this.#gutter + this.#widths.start(column)}px)`;
      fill(cell, frame.cell(row, column), NUMBERS.includes(frame.columns[column]!.type));
      this.#set(cell, 'aria-selected', this.#selection.has(row, column) ? 'true' : undefined);
      behind = cell;
    }
  }

  /** One cell can be reached by the tab key: the active one, or the first that is seen. */
  #stops(rows: readonly number[], columns: readonly number[]): void {
    const active = this.#element(this.#selection.active);
    const stop = active ?? this.#element({ row: rows[0] ?? -1, column: columns[0] ?? -1 }) ?? this.#corner;
    for (const element of this.#table.querySelectorAll('[tabindex="0"]')) if (element !== stop) element.removeAttribute('tabindex');
    if (stop.getAttribute('tabindex') !== '0') stop.setAttribute('tabindex', '0');
  }

  #element({ row, column }: Place): HTMLElement | undefined {
    if (row < 0) return column < 0 ? this.#corner : this.#heads.get(column);
    const line = this.#lines.get(row);
    return column < 0 ? line?.head : line?.cells.get(column);
  }

  #set(element: Element, name: string, value: string | undefined): void {
    if (value === undefined) element.removeAttribute(name);
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  /** Asks for what is seen and a screen around it; what was asked for before and is not seen any more is given up. */
  async #bring(rows: readonly number[], columns: readonly number[]): Promise<void> {
    const { frame } = this.#options;
    if (!rows.length || !columns.length) return this.#wait(false);
    const screen = rows.length;
    const [first, end] = [Math.max(0, rows[0]! - screen), Math.min(frame.rows, rows.at(-1)! + 1 + screen)];
    // Half a screen at a time, so that not every step asks anew.
    const half = Math.max(1, screen >> 1);
    const asked = `${Math.floor(first / half)} ${Math.floor(end / half)} ${columns[0]} ${columns.at(-1)} ${frame.rows} ${frame.columns.length}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#stop.abort(new DOMException('no longer seen', 'AbortError'));
    const stop = (this.#stop = new AbortController());
    const missing = rows.some((row) => columns.some((column) => frame.cell(row, column) === undefined));
    this.#wait(missing);
    try {
      await frame.fetch({ first, end, columns }, stop.signal);
      if (stop.signal.aborted) return;
      this.#fail(undefined);
      this.#draw();
    } catch (error) {
      if (stop.signal.aborted) return;
      this.#fail(error);
    }
    this.#wait(false);
  }

  #wait(busy: boolean): void {
    clearTimeout(this.#waiting);
    this.#set(this.#table, 'aria-busy', busy ? 'true' : undefined);
    if (busy) this.#waiting = window.setTimeout(() => this.#say('Rows are being fetched'), SLOW);
  }

  #fail(error: unknown): void {
    this.#problem.hidden = error === undefined;
    if (error === undefined) return this.#problem.replaceChildren();
    const again = make('button', { type: 'button' }, 'Try again');
    again.addEventListener('click', () => {
      this.#asked = '';
      this.#fail(undefined);
      this.#draw();
    });
    this.#problem.replaceChildren(make('p', {}, `These rows did not arrive: ${error instanceof Error ? error.message : String(error)}`), again);
  }

  #say(text: string): void {
    this.#said.textContent = text;
  }

  readonly #scrolled = (): void => {
    if (this.#scroll.moved(Math.round(this.#view.scrollTop))) this.#right();
    // A compressed bar stands where the rows do when the scrolling is over.
    clearTimeout(this.#settle);
    this.#settle = window.setTimeout(() => this.#right(), 200);
    this.#draw();
  };

  #right(): void {
    const place = this.#scroll.place;
    if (Math.abs(this.#view.scrollTop - place) < 1) return;
    this.#scroll.put(place);
    this.#view.scrollTop = place;
    this.#render();
  }

  /** Moves the focus; what is selected goes along if it is to be extended. */
  #go(place: Place, extend: boolean): void {
    const { frame } = this.#options;
    const row = Math.max(-1, Math.min(place.row, frame.rows - 1));
    const column = Math.max(-1, Math.min(place.column, frame.columns.length - 1));
    this.#selection.go({ row, column }, extend);
    this.#reveal({ row, column });
    this.#show();
    if (extend) this.#sayCount();
  }

  /** Draws what was selected, with the focus on its cell. */
  #show(): void {
    this.#render();
    this.#element(this.#selection.active)?.focus({ preventScroll: true });
  }

  #sayCount(): void {
    const { rows, columns } = this.#options.frame;
    const count = this.#selection.count(rows, columns.length);
    if (count > 1) this.#say(`${words.format(count)} cells selected`);
  }

  #reveal({ row, column }: Place): void {
    const { width, height } = this.#seen;
    if (row >= 0) {
      const [start, end] = [row * this.#row, (row + 1) * this.#row];
      const top = this.#scroll.top;
      const next = start < top ? start : end > top + height ? end - height : top;
      if (next !== top) this.#view.scrollTop = this.#scroll.to(next);
    }
    if (column >= 0) {
      const [start, end] = [this.#widths.start(column), this.#widths.start(column + 1)];
      const left = this.#view.scrollLeft;
      if (start < left || end - start > width) this.#view.scrollLeft = start;
      else if (end > left + width) this.#view.scrollLeft = end - width;
    }
  }

  readonly #focused = (event: FocusEvent): void => {
    const place = placeOf(event.target);
    const { row, column } = this.#selection.active;
    if (!place || (place.row === row && place.column === column)) return;
    this.#selection.go(place);
    this.#draw();
  };

  readonly #key = (event: KeyboardEvent): void => {
    const { frame, order = null, onOpen, onColumn } = this.#options;
    const { row, column } = this.#selection.active;
    const page = Math.max(1, Math.floor(this.#seen.height / this.#row) - 1);
    const corner = event.ctrlKey || event.metaKey;
    const select = event.shiftKey;
    const go = (place: Place) => this.#go(place, select);
    if (event.altKey) {
      if (event.key === 'Enter' && column >= 0) onColumn?.(column);
      else if (event.key === 'ArrowLeft' && column >= 0) this.#resize(column, this.#widths.width(column) - STEP);
      else if (event.key === 'ArrowRight' && column >= 0) this.#resize(column, this.#widths.width(column) + STEP);
      else return;
      return event.preventDefault();
    }
    switch (event.key) {
      case 'ArrowUp':
        go({ row: corner ? 0 : row - 1, column });
        break;
      case 'ArrowDown':
        go({ row: corner ? frame.rows - 1 : row + 1, column });
        break;
      case 'ArrowLeft':
        go({ row, column: corner ? 0 : column - 1 });
        break;
      case 'ArrowRight':
        go({ row, column: corner ? frame.columns.length - 1 : column + 1 });
        break;
      case 'Home':
        go({ row: corner ? 0 : row, column: 0 });
        break;
      case 'End':
        go({ row: corner ? frame.rows - 1 : row, column: frame.columns.length - 1 });
        break;
      case 'PageUp':
        go({ row: Math.max(0, row - page), column });
        break;
      case 'PageDown':
        go({ row: row + page, column });
        break;
      case 'Enter':
        if (row < 0 && column >= 0) this.#order(column, order);
        else if (row >= 0 && onOpen) onOpen(row);
        else return;
        break;
      case 'a':
        if (!corner) return;
        this.#selection.all();
        this.#sayCount();
        this.#render();
        break;
      case ' ':
        if (!select || row < 0) return;
        this.#selection.span({ row, column: -1 }, { row, column: frame.columns.length - 1 });
        this.#show();
        break;
      case 'Escape':
        if (!this.#selection.clear()) return;
        this.#render();
        event.stopPropagation();
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  #order(column: number, order: Order | null): void {
    const { onOrder } = this.#options;
    if (!onOrder) return;
    // Up, down, not at all.
    onOrder(order?.column !== column ? { column, descending: false } : order.descending ? null : { column, descending: true });
  }

  #resize(column: number, width: number): void {
    this.#fixed.add(column);
    this.#widths.set(column, Math.max(NARROWEST, Math.min(width, WIDEST)));
    this.#say(`${this.#widths.width(column)} pixels wide`);
    this.#render();
  }

  readonly #pressed = (event: PointerEvent): void => {
    const place = placeOf(event.target);
    if (!place || event.button !== 0 || !(event.target instanceof Element)) return;
    if (event.target.closest('.edge')) return this.#drag(event, place.column);
    if (event.target.closest('button')) return;
    if (event.pointerType === 'touch') return this.#go(place, false);
    event.preventDefault();
    this.#go(place, event.shiftKey);
    if (place.row < 0 || place.column < 0) return;
    const move = (moved: PointerEvent) => {
      const over = placeOf(document.elementFromPoint(moved.clientX, moved.clientY));
      const { active } = this.#selection;
      if (over && over.row >= 0 && over.column >= 0 && (over.row !== active.row || over.column !== active.column)) this.#go(over, true);
    };
    following(move);
  };

  readonly #clicked = (event: MouseEvent): void => {
    const place = placeOf(event.target);
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (!place || !button) return;
    const { order = null, onOpen, onColumn } = this.#options;
    this.#go(place, false);
    if (button.matches('.order')) this.#order(place.column, order);
    else if (button.matches('.about')) onColumn?.(place.column);
    else onOpen?.(place.row);
  };

  readonly #opened = (event: MouseEvent): void => {
    const place = placeOf(event.target);
    if (!place || !(event.target instanceof Element)) return;
    if (event.target.closest('.edge')) {
      this.#fixed.delete(place.column);
      this.#resize(place.column, this.#fit(this.#options.frame.columns[place.column]!, place.column, 200));
    } else if (place.row >= 0 && !event.target.closest('button')) {
      this.#options.onOpen?.(place.row);
    }
  };

  /** The right edge of a column's name is dragged. */
  #drag(event: PointerEvent, column: number): void {
    event.preventDefault();
    const from = event.clientX - this.#widths.width(column);
    following((moved) => this.#resize(column, moved.clientX - from));
  }

  /** What is selected, as lines of texts with tabs between: whole texts, also of what was not here. */
  readonly #copy = (event: ClipboardEvent): void => {
    // Somebody marked a part of a text.
    if (!document.getSelection()?.isCollapsed) return;
    event.preventDefault();
    const copy = new Copy(this.#selection, this.#options.frame);
    const say = () => this.#say(`${words.format(copy.rows)} rows copied${copy.left ? `, of ${words.format(copy.rows + copy.left)}: download the table for all` : ''}`);
    const here = copy.here();
    if (here) {
      event.clipboardData?.setData('text/plain', copy.text(here));
      return say();
    }
    this.#options.frame.full(copy.span, new AbortController().signal).then(
      async (cells) => {
        await navigator.clipboard.writeText(copy.text(cells));
        say();
      },
      (error: unknown) => this.#fail(error),
    );
  };
}

/** Tells where the pointer goes until it is let go. */
function following(move: (event: PointerEvent) => void): void {
  const end = () => {
    for (const name of ['pointerup', 'pointercancel']) removeEventListener(name, end);
    removeEventListener('pointermove', move);
  };
  addEventListener('pointermove', move);
  for (const name of ['pointerup', 'pointercancel']) addEventListener(name, end);
}

function placeOf(target: EventTarget | null): Place | undefined {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-row]') : null;
  return element ? { row: Number(element.dataset['row']), column: Number(element.dataset['column']) } : undefined;
}

/** Numbers from `first` up to `end` among `count`. */
function range(first: number, end: number, count: number): number[] {
  const [from, to] = [Math.max(0, first), Math.min(end, count)];
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}

const withOne = (numbers: readonly number[], one: number): readonly number[] => (numbers.includes(one) ? numbers : [...numbers, one].sort((a, b) => a - b));

function fill(element: HTMLElement, cell: Cell | undefined, numeric: boolean): void {
  const kind = cell === undefined ? 'missing' : cell === null ? 'null' : cell === '' ? 'empty' : numeric ? 'number' : 'text';
  if (element.className !== kind) element.className = kind;
  const text = cell === undefined ? '…' : cell === null ? 'null' : visible(cell);
  if (element.textContent !== text) element.textContent = text;
}
