// What the engine answers, as plain objects. Names are those of schema documents (docs/normalizer.md).
import type { DataType } from '../frame.ts';

export interface SchemaColumn {
  readonly name: string;
  readonly data_type: DataType | null;
  readonly nullable: boolean;
  readonly precision?: number;
  readonly scale?: number;
  readonly timezone?: boolean;
  readonly variant?: boolean;
  readonly primary_key?: boolean;
  readonly merge_key?: boolean;
  readonly unique?: boolean;
  readonly row_key?: boolean;
  readonly parent_key?: boolean;
  readonly root_key?: boolean;
  /** JSON pointer of the first value, `*` for a place in a list; none for columns that no value brought. */
  readonly origin?: string;
}

export interface TableSchema {
  readonly name: string;
  readonly parent?: string | null;
  readonly columns: readonly SchemaColumn[];
  readonly quarantine?: boolean;
}

export interface Warning {
  readonly code: string;
  readonly table: string;
  readonly column: string;
  readonly message: string;
  readonly count: number;
}

/** How a table differs from what it was. */
export interface TableChanges {
  readonly name: string;
  readonly state: 'new' | 'gone' | 'kept';
  readonly new_columns: readonly string[];
  readonly gone_columns: readonly string[];
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly same: number;
}

/** A row that differs. `cells`: as it is now, or, of one that is gone, as it was. */
export interface RowChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly old_row: number | null;
  readonly new_row: number | null;
  /** Those that differ, of a changed one. */
  readonly columns: readonly string[];
  readonly cells: readonly (string | null)[];
}
