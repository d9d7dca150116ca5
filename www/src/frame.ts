// What stands between rows and whoever shows them. The shape is HighTable's data frame, with numbers for rows and columns
// throughout: a column's name comes from a foreign body and may be any text, `__proto__` among them.

/** A column's type, by dlt's names. */
export type DataType = 'text' | 'bigint' | 'double' | 'bool' | 'timestamp' | 'date' | 'time' | 'decimal' | 'wei' | 'binary' | 'json';

export interface Column {
  readonly name: string;
  readonly type: DataType;
  /** A word or two shown with the name: `primary key`, `new`. */
  readonly note?: string;
}

/** A cell as it is shown, long texts cut; `null` is a null. */
export type Cell = string | null;

/** Rows `first` up to but without `end`, of the columns of those numbers. */
export interface Span {
  readonly first: number;
  readonly end: number;
  readonly columns: readonly number[];
}

/** Rows by number, brought when they are asked for. */
export interface Frame {
  readonly columns: readonly Column[];
  /** May grow while bytes arrive. */
  readonly rows: number;
  /** What is here; `undefined`: not fetched yet, or let go since. */
  cell(row: number, column: number): Cell | undefined;
  /** Brings a span. When it is done, `cell` knows it. Rejects with the signal's reason when that is aborted first. */
  fetch(span: Span, signal: AbortSignal): Promise<void>;
  /** Whole texts of a span, for each of its columns an array of its rows: what is copied is not cut. */
  full(span: Span, signal: AbortSignal): Promise<readonly (readonly Cell[])[]>;
  /** Tells when columns, rows or cells have changed. Answers how to stop it. */
  subscribe(listener: () => void): () => void;
}

/** Rows in the order of a column. */
export interface Order {
  readonly column: number;
  readonly descending: boolean;
}
