// Which cell of a grid has the focus, and what is selected from it. The header is row −1, the row's number column −1.
import type { Cell, Frame, Span } from '../frame.ts';

export interface Place {
  readonly row: number;
  readonly column: number;
}

const TOP: Place = { row: 0, column: 0 };

export class Selection {
  #active = TOP;
  /** The other corner of what is selected. */
  #anchor = TOP;
  /** Everything is, wherever the focus stands: to select all is not to go to the end. */
  #all = false;

  get active(): Place {
    return this.#active;
  }

  /** Moves the focus. `extend`: what is selected goes along from where it began. */
  go(place: Place, extend = false): void {
    this.#all = false;
    this.#active = place;
    if (!extend) this.#anchor = place;
  }

  /** Selects from one place to another, which gets the focus. */
  span(from: Place, to: Place): void {
    this.go(from);
    this.go(to, true);
  }

  all(): void {
    this.#all = true;
  }

  /** Nothing but the focus is left. Answers whether there was more. */
  clear(): boolean {
    const more = this.#all || this.#active.row !== this.#anchor.row || this.#active.column !== this.#anchor.column;
    this.go(this.#active);
    return more;
  }

  /** Its corners among that many rows and columns; the header belongs to it where it was selected along. */
  corners(rows: number, columns: number): readonly [Place, Place] {
    if (this.#all) return [TOP, { row: rows - 1, column: columns - 1 }];
    const [a, b] = [this.#active, this.#anchor];
    return [
      { row: Math.min(a.row, b.row), column: Math.min(a.column, b.column) },
      { row: Math.max(a.row, b.row), column: Math.max(a.column, b.column) },
    ];
  }

  /** Whether a cell is marked: one alone is not. */
  has(row: number, column: number): boolean {
    const [first, last] = this.corners(Infinity, Infinity);
    if (first.row === last.row && first.column === last.column) return false;
    return row >= first.row && row <= last.row && column >= first.column && column <= last.column;
  }

  count(rows: number, columns: number): number {
    const [first, last] = this.corners(rows, columns);
    return (last.row - first.row + 1) * (last.column - first.column + 1);
  }
}

/** Cells that are copied at most. */
const MOST = 200_000;

/** What a selection copies: as many whole rows of it as may be. */
export class Copy {
  readonly span: Span;
  /** Rows that were left out. */
  readonly left: number;
  readonly #frame: Frame;
  readonly #header: boolean;

  constructor(selection: Selection, frame: Frame) {
    const [from, to] = selection.corners(frame.rows, frame.columns.length);
    const [left, right] = [Math.max(0, from.column), Math.max(0, to.column)];
    const columns = Array.from({ length: right - left + 1 }, (_, at) => left + at);
    const first = Math.max(0, from.row);
    const end = Math.min(to.row + 1, first + Math.max(1, Math.floor(MOST / columns.length)));
    this.#frame = frame;
    this.#header = from.row < 0;
    this.span = { first, end: Math.max(first, end), columns };
    this.left = Math.max(0, to.row + 1 - end);
  }

  get rows(): number {
    return this.span.end - this.span.first;
  }

  /** Its cells, if all of them are here and whole: a text that was cut ends with a `…`. */
  here(): readonly (readonly Cell[])[] | undefined {
    const { first, columns } = this.span;
    const cells = columns.map((column) => Array.from({ length: this.rows }, (_, at) => this.#frame.cell(first + at, column)));
    const whole = cells.every((column) => column.every((cell) => cell !== undefined && !cell?.endsWith('…')));
    return whole ? (cells as Cell[][]) : undefined;
  }

  /** Lines of texts with tabs between, as spreadsheets take them; nulls are empty. */
  text(cells: readonly (readonly Cell[])[]): string {
    const lines = Array.from({ length: this.rows }, (_, at) => cells.map((column) => tsv(column[at] ?? '')).join('\t'));
    const names = this.span.columns.map((column) => tsv(this.#frame.columns[column]!.name)).join('\t');
    return [...(this.#header ? [names] : []), ...lines].join('\n');
  }
}

/** Quoted where it has tabs, lines or quotes. */
const tsv = (text: string): string => (/[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
