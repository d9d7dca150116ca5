// The rows of a table: search, filters, order, and what leads on from a row or a column.
import { type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { EngineFrame } from '../engine/frame.ts';
import { shown, type TableSet } from '../engine/tables.ts';
import type { Arrangement, Filter, TableInfo } from '../engine/types.ts';
import type { DataType, Order } from '../frame.ts';
import { say } from '../model.ts';
import { count, number } from '../text.ts';
import { Download } from './download.tsx';
import { GridHost } from './grid.tsx';
import { Problem } from './parts.tsx';
import { Profile } from './profile.tsx';
import { RowDetail } from './detail.tsx';

const NUMERIC: readonly DataType[] = ['bigint', 'double', 'timestamp', 'date', 'time', 'decimal', 'wei'];
const OPS: Record<string, string> = { eq: 'is', ne: 'is not', contains: 'contains', starts: 'starts with', lt: 'is less than', le: 'is at most', gt: 'is greater than', ge: 'is at least', is_null: 'is null', not_null: 'is not null' };
const opsFor = (type: DataType): string[] => [...(NUMERIC.includes(type) ? ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] : type === 'bool' ? ['eq', 'ne'] : ['contains', 'starts', 'eq', 'ne']), 'is_null', 'not_null'];

/** `filters`: those of somebody who sets some, too. */
export function Rows({ set, table, filters: given }: { set: TableSet; table: TableInfo; filters?: Signal<readonly Filter[]> }) {
  const order = useSignal<Order | null>(null);
  const search = useSignal('');
  const own = useSignal<readonly Filter[]>([]);
  const filters = given ?? own;
  const found = useSignal<{ arrangement: Arrangement; frame: EngineFrame } | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const row = useSignal<{ row: number; arrangement: number } | undefined>(undefined);
  const column = useSignal<number | undefined>(undefined);

  const whole = useMemo(() => set.frame(table), [set, table.name]);
  whole.grow(shown(table.columns), table.readable);
  const asked = useComputed(() => ({ order: order.value ? [order.value] : [], filters: filters.value, search: search.value.trim() }));
  const plain = (request: typeof asked.value) => !request.order.length && !request.filters.length && !request.search;

  const wait = useRef(0);
  useEffect(() => {
    const request = asked.value;
    const stop = new AbortController();
    problem.value = undefined;
    if (plain(request)) {
      found.value = undefined;
      return undefined;
    }
    // While somebody types, not every letter is a search.
    wait.current = window.setTimeout(() => {
      busy.value = true;
      set.arrange(table.name, request, stop.signal).then(
        (arrangement) => {
          busy.value = false;
          found.value = { arrangement, frame: set.frame(table, arrangement) };
          if (request.search || request.filters.length) say(`${count(arrangement.rows, 'row')} found`);
        },
        (error: unknown) => {
          if (stop.signal.aborted) return;
          busy.value = false;
          problem.value = error;
        },
      );
    }, 150);
    return () => {
      clearTimeout(wait.current);
      stop.abort(new DOMException('no longer wanted', 'AbortError'));
      busy.value = false;
    };
  }, [asked.value, set, table.name, table.readable]);
  useEffect(() => {
    const handle = found.value?.arrangement.handle;
    return () => void (handle && set.release(handle));
  }, [found.value]);

  const frame = plain(asked.value) ? whole : (found.value?.frame ?? whole);
  const arrangement = frame === whole ? 0 : (found.value?.arrangement.handle ?? 0);
  return (
    <div class="stack">
      <div class="row no-print" role="search" aria-label={`Search in ${table.name}`}>
        <div class="row">
          <label for="search" class="unseen">
            Search all columns
          </label>
          <input id="search" type="search" placeholder="Search all columns" value={search.value} onInput={(event) => (search.value = event.currentTarget.value)} />
        </div>
        <AddFilter table={table} add={(filter) => (filters.value = [...filters.value, filter])} />
        <span class="quiet" role="status">
          {busy.value ? 'Looking …' : frame === whole ? (table.readable < table.rows ? `${number(table.readable)} of ${count(table.rows, 'row')} can be read already` : count(table.rows, 'row')) : `${number(frame.rows)} of ${count(table.rows, 'row')}`}
        </span>
        <span style={{ marginInlineStart: 'auto' }}>
          <Download set={set} table={table} arrangement={arrangement} rows={frame.rows} />
        </span>
      </div>
      {filters.value.length > 0 && (
        <ul class="row" aria-label="Filters">
          {filters.value.map((filter, at) => (
            <li key={at} class="row mark plain">
              {table.columns[filter.column]?.name} {OPS[filter.op]} {filter.value !== undefined && <strong>{filter.value}</strong>}
              <button type="button" class="plain" aria-label={`Remove the filter on ${table.columns[filter.column]?.name}`} onClick={() => (filters.value = filters.value.filter((_, other) => other !== at))}>
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      {problem.value !== undefined && <Problem error={problem.value} />}
      <GridHost
        label={`Rows of ${table.name}`}
        frame={frame}
        order={order.value}
        onOrder={(next) => (order.value = next)}
        onOpen={(at) => (row.value = { row: at, arrangement })}
        onColumn={(at) => (column.value = at)}
      />
      {row.value && <RowDetail set={set} table={table.name} {...row.value} onClose={() => (row.value = undefined)} />}
      {column.value !== undefined && (
        <Profile
          set={set}
          table={table}
          arrangement={arrangement}
          column={column.value}
          onClose={() => (column.value = undefined)}
          onFilter={(filter) => {
            filters.value = [...filters.value, filter];
            column.value = undefined;
          }}
        />
      )}
    </div>
  );
}

function AddFilter({ table, add }: { table: TableInfo; add: (filter: Filter) => void }) {
  const column = useSignal(0);
  const op = useSignal('');
  const value = useSignal('');
  const ops = opsFor(table.columns[column.value]?.data_type ?? 'text');
  const chosen = ops.includes(op.value) ? op.value : ops[0]!;
  const needsValue = !chosen.endsWith('_null');
  const form = useRef<HTMLDetailsElement>(null);
  // A list of thousands of columns is only made when it is looked at.
  const open = useSignal(false);
  return (
    <details class="menu" ref={form} onToggle={(event) => (open.value = event.currentTarget.open)} onKeyDown={(event) => event.key === 'Escape' && form.current?.removeAttribute('open')}>
      <summary class="button">Filter</summary>
      <div style={{ insetInlineStart: 0, insetInlineEnd: 'auto' }}>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            add({ column: column.value, op: chosen, ...(needsValue && { value: value.value }) });
            value.value = '';
            form.current?.removeAttribute('open');
            form.current?.querySelector('summary')?.focus();
          }}
        >
          <div class="field">
            <label for="filter-column">Column</label>
            <select id="filter-column" value={column.value} onChange={(event) => (column.value = Number(event.currentTarget.value))}>
              {open.value &&
                table.columns.map((one, at) => (
                  <option key={at} value={at}>
                    {one.name}
                  </option>
                ))}
            </select>
          </div>
          <div class="field">
            <label for="filter-op">Condition</label>
            <select id="filter-op" value={chosen} onChange={(event) => (op.value = event.currentTarget.value)}>
              {ops.map((one) => (
                <option key={one} value={one}>
                  {OPS[one]}
                </option>
              ))}
            </select>
          </div>
          {needsValue && (
            <div class="field">
              <label for="filter-value">Value</label>
              <input id="filter-value" value={value.value} onInput={(event) => (value.value = event.currentTarget.value)} />
            </div>
          )}
          <button type="submit" class="main">
            Add filter
          </button>
        </form>
      </div>
    </details>
  );
}
