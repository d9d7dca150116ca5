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
  /** What rows were told by; `null` where there were none to tell. */
  readonly identity: { readonly by: 'key' | 'parent' | 'content'; readonly columns?: readonly string[]; readonly unusable_key?: readonly string[] } | null;
  readonly old_rows: number;
  readonly new_rows: number;
  readonly removed: number;
  readonly changed: number;
  readonly added: number;
  /** Those that differ, as they were and as they are. */
  readonly columns: readonly { readonly name: string; readonly old: SchemaColumn | null; readonly new: SchemaColumn | null }[];
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

export interface TableInfo {
  readonly name: string;
  readonly parent: string | null;
  /** In all. */
  readonly rows: number;
  /** Those that can be read already. */
  readonly readable: number;
  readonly bytes: number;
  readonly files: number;
  readonly columns: readonly SchemaColumn[];
  readonly stale?: string;
}

export interface Filter {
  readonly column: number;
  readonly op: string;
  readonly value?: string;
}

export interface Arrange {
  readonly order: readonly { readonly column: number; readonly descending: boolean }[];
  readonly filters: readonly Filter[];
  readonly search: string;
}

/** Rows of a table in an order, perhaps not all; 0 is the table as it lies. */
export interface Arrangement {
  readonly handle: number;
  readonly rows: number;
}

/** A row in full. */
export interface Row {
  readonly cells: readonly (string | null)[];
  readonly parent: { readonly table: string; readonly row: number } | null;
  readonly children: readonly { readonly table: string; readonly below: Arrangement }[];
}

/** What a column holds. */
export interface ColumnProfile {
  readonly rows: number;
  readonly nulls: number;
  /** Not `exact`: there are more. */
  readonly distinct: { readonly count: number; readonly exact: boolean };
  readonly min: string | null;
  readonly max: string | null;
  readonly frequent: readonly { readonly value: string; readonly count: number }[];
  /** Of numbers and times. */
  readonly histogram: readonly { readonly from: string; readonly to: string; readonly count: number }[];
  /** Of texts. */
  readonly lengths: { readonly min: number; readonly max: number; readonly mean: number } | null;
}

/** Two states of a resource's tables, compared. */
export interface Changes {
  readonly handle: number;
  readonly tables: readonly TableChanges[];
}

export type Severity = 'high' | 'medium' | 'low';

/** Something that somebody should look at: docs/access.md says what each code means. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  /** What it says of a user. */
  readonly title: string;
  /** Users of whom it is said. */
  readonly count: number;
}

/** What the access review says besides its rows. */
export interface Review {
  readonly users: number;
  /** Enabled ones; a key that two users have counts twice. */
  readonly keys: number;
  readonly findings: readonly Finding[];
  /** Columns of the review of which the gateway's answers say nothing, for anybody. */
  readonly not_provided: readonly string[];
  readonly reach: {
    readonly users: readonly { readonly name: string; readonly enabled: boolean; readonly home?: string }[];
    readonly folders: readonly string[];
    /** `permission` is empty for a home folder without a stated one. */
    readonly permissions: readonly { readonly user: string; readonly folder: string; readonly permission: string }[];
  };
}
