// What a diagram is drawn from: tables, what links them, and which of them to draw.
import type { Link } from './layout.ts';

export interface DiagramColumn {
  readonly name: string;
  readonly type: string;
  /** `row` identifies a row (`_dlt_id`), `parent` and `root` name the parent's and the root's row (`_dlt_parent_id`, `_dlt_root_id`). */
  readonly key?: 'primary' | 'row' | 'parent' | 'root';
  readonly isNew?: boolean;
}

export interface DiagramTable {
  readonly name: string;
  readonly parent?: string;
  readonly rows: number;
  readonly columns: readonly DiagramColumn[];
  readonly state?: 'new' | 'changed' | 'stale';
}

export interface DiagramData {
  readonly tables: readonly DiagramTable[];
  /** Columns that name rows of another table, both as `table.column`. */
  readonly references: readonly { readonly from: string; readonly to: string }[];
  /** A table's name; one that is not there is none. */
  readonly selected?: string;
}

/** From a table to one that points to it, as numbers of tables, with the columns' names. */
export interface TableLink extends Link {
  readonly kind: 'child' | 'reference';
  readonly fromColumn: string | undefined;
  readonly toColumn: string | undefined;
}

export function linksOf({ tables, references }: DiagramData): TableLink[] {
  const numbers = new Map(tables.map(({ name }, at) => [name, at]));
  const keyed = (at: number, key: string) => tables[at]?.columns.find((column) => column.key === key)?.name;
  const children = tables.flatMap((table, to): TableLink[] => {
    const from = table.parent === undefined ? undefined : numbers.get(table.parent);
    return from === undefined ? [] : [{ kind: 'child', from, to, fromColumn: keyed(from, 'row'), toColumn: keyed(to, 'parent') }];
  });
  const place = (text: string): readonly [number, string] | undefined => {
    // A column's name may have dots as well as a table's.
    for (let dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', dot + 1)) {
      const at = numbers.get(text.slice(0, dot));
      const column = text.slice(dot + 1);
      if (at !== undefined && tables[at]?.columns.some(({ name }) => name === column)) return [at, column];
    }
    return undefined;
  };
  const known = references.flatMap(({ from, to }): TableLink[] => {
    const [left, right] = [place(to), place(from)];
    return left && right ? [{ kind: 'reference', from: left[0], fromColumn: left[1], to: right[0], toColumn: right[1] }] : [];
  });
  return [...children, ...known];
}

/** All tables' numbers where they are at most `most`; else those nearest to table `center`, step by step along the links. */
export function around(center: number, tables: number, links: readonly Link[], most: number): number[] {
  if (tables <= most) return Array.from({ length: tables }, (_, at) => at);
  const next = new Map<number, number[]>();
  const join = (from: number, to: number) => next.set(from, [...(next.get(from) ?? []), to]);
  for (const { from, to } of links) {
    join(from, to);
    join(to, from);
  }
  const found = new Set([center]);
  for (const one of found) {
    for (const other of next.get(one) ?? []) if (found.size < most) found.add(other);
  }
  return [...found].sort((left, right) => left - right);
}

/** The table that most others are linked to: where a look begins when nobody has chosen. */
export function busiest(tables: number, links: readonly Link[]): number {
  const degrees = new Array<number>(tables).fill(0);
  for (const { from, to } of links) {
    degrees[from] = (degrees[from] ?? 0) + 1;
    degrees[to] = (degrees[to] ?? 0) + 1;
  }
  return degrees.reduce((best, degree, at) => (degree > (degrees[best] ?? 0) ? at : best), 0);
}
