// What would be different, or what is: tables, columns, rows.
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { EngineFrame } from '../engine/frame.ts';
import type { TableSet } from '../engine/tables.ts';
import type { RowChange, TableChanges, TableInfo } from '../engine/types.ts';
import { link } from '../route.ts';
import { number } from '../text.ts';
import { GridHost } from './grid.tsx';
import { Drawer, Plain, Problem, useLoad } from './parts.tsx';
import type { Base } from './workspace.tsx';
import { visible } from '../visible.ts';

export function Changes({ set, base, table }: { set: TableSet; base: Base | undefined; table: TableInfo }) {
  if (!base) {
    return <p class="quiet">There is nothing to compare with: every table, column and row is new. Open the lake, or read a second body of the same table, to see what changed.</p>;
  }
  if (set.state.value.is === 'loading') return <p role="status">The tables are compared when the body is whole.</p>;
  return <Compared set={set} base={base} table={table} />;
}

function Compared({ set, base, table }: { set: TableSet; base: Base; table: TableInfo }) {
  const root = rootOf(set, table.name);
  const { value, error, again } = useLoad((signal) => set.changes(base.set, root, signal), [set, base.set, root]);
  if (error) return <Problem error={error} again={again} />;
  if (!value) return <p role="status">Comparing with {base.is} …</p>;
  const own = value.tables.find((one) => one.name === table.name);
  return (
    <div class="stack">
      <p>
        Compared with {base.is}.{' '}
        <Identity root={root} changes={value.tables.find((one) => one.name === root)} />
      </p>
      <Plain
        label={`Changes of ${root} and its children`}
        head={['Table', 'Columns', { title: 'Added', is: 'number' }, { title: 'Removed', is: 'number' }, { title: 'Changed', is: 'number' }, { title: 'As before', is: 'number' }]}
        rows={value.tables.map((one) => ({
          key: one.name,
          cells: [<a href={link({ table: one.name })}>{one.name}</a>, columns(one), number(one.added), number(one.removed), number(one.changed), number(one.new_rows - one.added - one.changed)],
        }))}
      />
      {own && own.added + own.removed + own.changed > 0 && <List set={set} base={base} table={table} changes={own} handle={value.handle} />}
      {own && own.added + own.removed + own.changed === 0 && <p class="notice good">No row of {table.name} is different.</p>}
    </div>
  );
}

const columns = (table: TableChanges) => (
  <>
    {table.state === 'new' && <span class="mark good">new table</span>}
    {table.state === 'gone' && <span class="mark bad">gone</span>}
    {table.state === 'kept' && (
      <>
        {table.columns.map((column) => (
          <span key={column.name}>
            {column.old === null ? <span class="mark good">new</span> : column.new === null ? <span class="mark bad">gone</span> : <span class="mark warn">other type</span>} {column.name}{' '}
          </span>
        ))}
        {table.columns.length === 0 && <span class="quiet">as before</span>}
      </>
    )}
  </>
);

function Identity({ root, changes }: { root: string; changes: TableChanges | undefined }) {
  const identity = changes?.identity;
  if (!identity) return null;
  if (identity.by === 'key') {
    return (
      <>
        Rows of <code>{root}</code> are told by <code>{identity.columns?.join(', ')}</code>.
      </>
    );
  }
  return (
    <>
      {identity.unusable_key && (
        <>
          <code>{identity.unusable_key.join(', ')}</code> does not tell all rows apart.{' '}
        </>
      )}
      Rows of <code>{root}</code> are told by their content: one that changed counts as removed and added.
    </>
  );
}

function rootOf(set: TableSet, name: string): string {
  const parent = set.table(name)?.parent;
  return parent ? rootOf(set, parent) : name;
}

const KINDS = { added: 'added', removed: 'removed', changed: 'changed' } as const;

/** The rows that differ: what happened, and the row as it is now, or as it was. */
function List({ set, base, table, changes, handle }: { set: TableSet; base: Base; table: TableInfo; changes: TableChanges; handle: number }) {
  const opened = useSignal<number | undefined>(undefined);
  const rows = changes.added + changes.removed + changes.changed;
  const frame = useMemo(() => {
    const columns = [{ name: 'change', type: 'text' as const }, { name: 'columns', type: 'text' as const }, ...table.columns.map((column) => ({ name: column.name, type: column.data_type ?? ('text' as const) }))];
    return new EngineFrame(columns, rows, async (first, end, wanted, signal) => {
      const cells = wanted.filter((column) => column > 1);
      const list = await set.changedRows(handle, table.name, first, end, cells.map((column) => columns[column]!.name), signal);
      return wanted.map((column) => list.map((one) => (column === 0 ? KINDS[one.kind] : column === 1 ? one.columns.join(', ') : (one.cells[cells.indexOf(column)] ?? null))));
    });
  }, [set, base.set, handle, table.name]);
  return (
    <>
      <GridHost label={`Rows of ${table.name} that differ`} frame={frame} onOpen={(row) => (opened.value = row)} />
      {opened.value !== undefined && <Difference set={set} base={base} table={table} handle={handle} at={opened.value} onClose={() => (opened.value = undefined)} />}
    </>
  );
}

function Difference({ set, base, table, handle, at, onClose }: { set: TableSet; base: Base; table: TableInfo; handle: number; at: number; onClose: () => void }) {
  const { value, error, again } = useLoad<readonly [RowChange, readonly (string | null)[]]>(async (signal) => {
    const all = table.columns.map((column) => column.name);
    const [change] = await set.changedRows(handle, table.name, at, at + 1, all, signal);
    const before = change && change.old_row !== null ? await base.set.named(table.name, change.old_row, all, signal) : [];
    return [change!, before];
  }, [set, handle, at]);
  return (
    <Drawer title={`${table.name}: ${value ? KINDS[value[0].kind] : 'a row'}`} onClose={onClose}>
      {error && <Problem error={error} again={again} />}
      {value && (
        <Plain
          label="Before and after"
          head={['Column', 'Before', 'After']}
          rows={table.columns.map((column, index) => {
            const [change, before] = value;
            const differs = change.columns.includes(column.name);
            const show = (cell: string | null | undefined) => (cell === null || cell === undefined ? <span class="null">null</span> : <span class="value">{visible(cell)}</span>);
            return {
              key: `${index}`,
              cells: [
                <>
                  {column.name} {differs && <span class="mark warn">changed</span>}
                </>,
                change.old_row === null ? '' : show(before[index]),
                change.new_row === null ? '' : show(change.cells[index]),
              ],
            };
          })}
        />
      )}
    </Drawer>
  );
}
