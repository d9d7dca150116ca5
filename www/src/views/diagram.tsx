// The tables as a picture.
import { useEffect, useRef } from 'preact/hooks';
import type { TableSet } from '../engine/tables.ts';
import { drawDiagram } from '../pictures/diagram.ts';
import { go } from '../route.ts';

/** Columns of the gateway's tables that name a row of another one. The API states no such keys; these names are its own. */
const REFERENCES = [
  ['users.home_folder_id', 'folders.id'],
  ['folders.parent_id', 'folders.id'],
  ['folders.cloud_connection_id', 'cloud_connections.id'],
  ['folders.cloud_connection_inherited_id', 'cloud_connections.id'],
] as const;

export function Diagram({ set, base, chosen }: { set: TableSet; base: TableSet | undefined; chosen: string }) {
  const host = useRef<HTMLDivElement>(null);
  const tables = set.tables.value;
  useEffect(() => {
    const has = (place: string) => {
      const [table, column] = place.split('.');
      return tables.some((one) => one.name === table && one.columns.some((other) => other.name === column));
    };
    const picture = drawDiagram(
      host.current!,
      {
        tables: tables.map((table) => {
          const before = base?.tables.peek().find((one) => one.name === table.name);
          return {
            name: table.name,
            ...(table.parent !== null && { parent: table.parent }),
            rows: table.rows,
            columns: table.columns.map((column) => ({
              name: column.name,
              type: column.data_type ?? 'text',
              ...(column.primary_key ? { key: 'primary' as const } : column.row_key ? { key: 'row' as const } : column.parent_key ? { key: 'parent' as const } : column.root_key ? { key: 'root' as const } : {}),
              ...(before && !before.columns.some((one) => one.name === column.name) && { isNew: true }),
            })),
            ...(table.stale ? { state: 'stale' as const } : base && !before ? { state: 'new' as const } : {}),
          };
        }),
        references: REFERENCES.filter(([from, to]) => has(from) && has(to)).map(([from, to]) => ({ from, to })),
        selected: chosen,
      },
      { onTable: (table) => go({ table, tab: 'rows' }) },
    );
    return () => picture.dispose();
  }, [tables, base, chosen]);
  return <div ref={host} />;
}
