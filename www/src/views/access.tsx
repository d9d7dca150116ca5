// Who can get in: users, folders, permissions and keys in one table, and what somebody should look at.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { TableSet } from '../engine/tables.ts';
import type { Filter, Finding, Review, Severity, TableInfo } from '../engine/types.ts';
import { drawReach } from '../pictures/reach.ts';
import { number } from '../text.ts';
import { Evidence } from './evidence.tsx';
import { Plain, Problem, useLoad } from './parts.tsx';
import { Rows } from './rows.tsx';

export function Access({ set, of }: { set: TableSet; of: string }) {
  const { is } = set.state.value;
  const whole = is !== 'loading';
  // Of a body that is still coming, the tables are not all there.
  const review = useLoad((signal) => (whole ? set.access(signal) : Promise.resolve(undefined)), [set, whole]);
  if (!whole) return <p role="status">The review is made when the body is whole.</p>;
  if (review.error) return <Problem error={review.error} again={review.again} />;
  if (!review.value) return <p role="status">Reading users, folders and keys …</p>;
  const { rows } = review.value;
  const table = rows.tables.value[0];
  return table ? <Shown set={set} review={review.value.review} rows={rows} table={table} of={of} /> : null;
}

/** The columns of the review by name. */
const columnOf = (table: TableInfo, name: string): number => table.columns.findIndex((column) => column.name === name);

function Shown({ set, review, rows, table, of }: { set: TableSet; review: Review; rows: TableSet; table: TableInfo; of: string }) {
  const filters = useSignal<readonly Filter[]>([]);
  const stale = set.reviewed.filter((one) => one.stale);
  return (
    <div class="stack">
      <dl class="figures">
        <div>
          <dt>users</dt>
          <dd>{number(review.users)}</dd>
        </div>
        <div>
          <dt>enabled keys</dt>
          <dd>{number(review.keys)}</dd>
        </div>
        <div>
          <dt>kinds of findings</dt>
          <dd>{number(review.findings.length)}</dd>
        </div>
      </dl>
      {stale.map((one) => (
        <p key={one.name} class="notice">
          Not as it is now: {one.name} is stale. {one.stale}
        </p>
      ))}
      <Findings review={review} filters={filters} column={columnOf(table, 'findings')} />
      <Evidence rows={rows} table={table} review={review} of={of} stale={stale} />
      <Rows set={rows} table={table} filters={filters} />
      {review.not_provided.length > 0 && (
        <p class="note">
          Not provided by the API: {review.not_provided.join(', ')}. These columns are empty for everybody, which says nothing about whether there is such a thing. An empty cell of another column means that there is none.
        </p>
      )}
      <Reach review={review} filters={filters} column={columnOf(table, 'user')} />
    </div>
  );
}

const MARKS: Record<Severity, string> = { high: 'bad', medium: 'warn', low: 'plain' };

/** What was found, each as a filter that is switched on and off. */
function Findings({ review, filters, column }: { review: Review; filters: Signal<readonly Filter[]>; column: number }) {
  if (!review.findings.length) return <p class="notice good">Nothing stands out: no weak, shared or unreadable key, nobody without a key and a password, no disabled user with keys.</p>;
  const own = (filter: Filter, { code }: Finding) => filter.column === column && filter.op === 'contains' && filter.value === code;
  const toggle = (one: Finding) => {
    const on = filters.value.some((filter) => own(filter, one));
    const others = filters.value.filter((filter) => !own(filter, one));
    filters.value = on ? others : [...others, { column, op: 'contains', value: one.code }];
  };
  return (
    <Plain
      label="Findings"
      head={['Finding', 'Severity', { title: 'Said of a user who', is: 'prose' }, { title: 'Users', is: 'number' }, 'Rows']}
      rows={review.findings.map((one) => ({
        key: one.code,
        cells: [
          <code>{one.code}</code>,
          <span class={`mark ${MARKS[one.severity]}`}>{one.severity}</span>,
          one.title,
          number(one.count),
          <button type="button" class="plain" aria-pressed={filters.value.some((filter) => own(filter, one))} aria-label={`Only these: ${one.code}`} onClick={() => toggle(one)}>
            Only these
          </button>,
        ],
      }))}
    />
  );
}

function Reach({ review, filters, column }: { review: Review; filters: Signal<readonly Filter[]>; column: number }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const picture = drawReach(host.current!, review.reach, { onUser: (value) => (filters.value = [{ column, op: 'eq', value }]) });
    return () => picture.dispose();
  }, [review]);
  return (
    <section class="stack no-print">
      <h3>Who reaches which folder</h3>
      <div ref={host} />
    </section>
  );
}
