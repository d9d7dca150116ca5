// A table's columns: types, keys, and where each came from.
import type { SchemaColumn, TableInfo } from '../engine/types.ts';
import { Plain } from './parts.tsx';

const type = ({ data_type, precision, scale, timezone }: SchemaColumn): string =>
  `${data_type ?? 'no value yet'}${precision === undefined ? '' : `(${precision}${scale === undefined ? '' : `, ${scale}`})`}${timezone === false ? ' without zone' : ''}`;

const keys = (column: SchemaColumn): string =>
  [
    column.primary_key && 'primary key',
    column.merge_key && 'merge key',
    column.row_key && 'row id',
    column.parent_key && 'id of the parent row',
    column.root_key && 'id of the root row',
    column.unique && !column.row_key && 'unique',
  ]
    .filter(Boolean)
    .join(', ');

/** Where the values came from, in words for columns that none brought. */
function origin(column: SchemaColumn, table: TableInfo) {
  if (column.origin) return <code>{column.origin}</code>;
  if (column.name === '_dlt_list_idx') return <span class="quiet">place in the list</span>;
  if (column.name.startsWith('_dlt_')) return <span class="quiet">made by the load</span>;
  return <span class="quiet">{table.parent === null ? 'configured' : 'the list’s values'}</span>;
}

export function Schema({ table, base, compared }: { table: TableInfo; base: TableInfo | undefined; compared: boolean }) {
  const before = new Set(base?.columns.map((column) => column.name));
  return (
    <>
      {table.parent !== null && (
        <p>
          Child of <code>{table.parent}</code>: <code>_dlt_parent_id</code> is the <code>_dlt_id</code> of its row there.
        </p>
      )}
      <Plain
        label={`Columns of ${table.name}`}
        head={['Column', 'Type', 'Nulls', 'Key', 'From (JSON pointer)']}
        rows={table.columns.map((column, at) => ({
          key: `${at}`,
          cells: [
            <>
              {column.name} {compared && !before.has(column.name) && <span class="mark good">{base ? 'new column' : 'new table'}</span>} {column.variant && <span class="mark warn">variant</span>}
            </>,
            type(column),
            column.nullable ? 'yes' : 'never',
            keys(column),
            origin(column, table),
          ],
        }))}
      />
    </>
  );
}
