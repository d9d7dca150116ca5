// One row with all its values, and the way to its children and back to its parent.
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { TableSet } from '../engine/tables.ts';
import type { Arrangement } from '../engine/types.ts';
import { count, number } from '../text.ts';
import { GridHost } from './grid.tsx';
import { Drawer, Problem, useLoad } from './parts.tsx';
import { visible } from '../visible.ts';

/** A place on the walk: a row, or the rows below one. */
type Step = { readonly table: string; readonly row: number; readonly arrangement: number } | { readonly table: string; readonly below: Arrangement };

export function RowDetail({ set, table, row, arrangement, onClose }: { set: TableSet; table: string; row: number; arrangement: number; onClose: () => void }) {
  const walk = useSignal<readonly Step[]>([{ table, row, arrangement }]);
  const here = walk.value.at(-1)!;
  const step = (next: Step) => {
    walk.value = [...walk.value, next];
    document.getElementById('drawer-title')?.focus();
  };
  return (
    <Drawer
      title={'row' in here ? `${here.table}, row ${number(here.row + 1)}` : `${here.table}: ${count(here.below.rows, 'row')}`}
      onClose={onClose}
      tools={
        walk.value.length > 1 && (
          <button type="button" onClick={() => (walk.value = walk.value.slice(0, -1))}>
            Back
          </button>
        )
      }
    >
      {'row' in here ? <Row key={walk.value.length} set={set} {...here} step={step} /> : <Below key={walk.value.length} set={set} table={here.table} below={here.below} step={step} />}
    </Drawer>
  );
}

function Row({ set, table, row, arrangement, step }: { set: TableSet; table: string; row: number; arrangement: number; step: (next: Step) => void }) {
  const info = set.table(table);
  const { value, error, again } = useLoad((signal) => set.row(table, arrangement, row, signal), [set, table, row, arrangement]);
  if (error) return <Problem error={error} again={again} />;
  if (!value || !info) return <p role="status">Reading …</p>;
  return (
    <>
      {(value.parent || value.children.length > 0) && (
        <ul class="row" aria-label="Related rows">
          {value.parent && (
            <li>
              <button type="button" onClick={() => step({ ...value.parent!, arrangement: 0 })}>
                To its row in {value.parent.table}
              </button>
            </li>
          )}
          {value.children.map((child) => (
            <li key={child.table}>
              <button type="button" disabled={child.below.rows === 0} onClick={() => step({ table: child.table, below: child.below })}>
                {child.table}: {count(child.below.rows, 'row')}
              </button>
            </li>
          ))}
        </ul>
      )}
      <dl class="stack">
        {info.columns.map((column, at) => {
          const cell = value.cells[at] ?? null;
          return (
            <div key={at}>
              <dt class="quiet">
                {column.name} · {column.data_type}
              </dt>
              <dd class="value" tabIndex={cell !== null && cell.length > 600 ? 0 : undefined}>
                {cell === null ? <span class="null">null</span> : cell === '' ? <span class="null">empty text</span> : visible(cell)}
              </dd>
            </div>
          );
        })}
      </dl>
    </>
  );
}

function Below({ set, table, below, step }: { set: TableSet; table: string; below: Arrangement; step: (next: Step) => void }) {
  const info = set.table(table);
  const frame = useMemo(() => (info ? set.frame(info, below) : undefined), [set, table, below]);
  if (!frame) return null;
  return <GridHost short label={`Rows of ${table}`} frame={frame} order={null} onOpen={(row) => step({ table, row, arrangement: below.handle })} />;
}
