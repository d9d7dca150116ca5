// Who can get in: users, folders, permissions and keys in one table, and what somebody should look at.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { TableSet } from '../engine/tables.ts';
import type { Filter, Review, TableInfo } from '../engine/types.ts';
import { drawReach } from '../pictures/reach.ts';
import { count, number, time } from '../text.ts';
import { visible } from '../visible.ts';
import { Plain, Problem, save, useLoad } from './parts.tsx';
import { Rows } from './rows.tsx';

/** Rows that are printed at most. */
const PRINTED = 5_000;

export function Access({ set, of }: { set: TableSet; of: string }) {
  const { is } = set.state.value;
  const review = useLoad((signal) => set.access(signal), [set, is]);
  if (is === 'loading') return <p role="status">The review is made when the body is whole.</p>;
  if (review.error) return <Problem error={review.error} again={review.again} />;
  if (!review.value) return <p role="status">Reading users, folders and keys …</p>;
  return <Shown review={review.value.review} rows={review.value.rows} of={of} />;
}

function Shown({ review, rows, of }: { review: Review; rows: TableSet; of: string }) {
  const filters = useSignal<readonly Filter[]>([]);
  const table = rows.tables.value[0];
  if (!table) return <p class="quiet">There is no user in these tables.</p>;
  const column = table.columns.findIndex(({ name }) => name === 'findings');
  return (
    <div class="stack">
      <dl class="figures">
        <div>
          <dt>users</dt>
          <dd>{number(review.users)}</dd>
        </div>
        <div>
          <dt>keys</dt>
          <dd>{number(review.keys)}</dd>
        </div>
        <div>
          <dt>findings</dt>
          <dd>{number(review.findings.length)}</dd>
        </div>
      </dl>
      <Findings review={review} show={(code) => (filters.value = [{ column, op: 'contains', value: code }])} />
      <Evidence rows={rows} table={table} review={review} of={of} />
      <Rows set={rows} table={table} filters={filters} />
      <p class="note">
        Not provided by the API: {review.not_provided.join(', ')}. What is not in the gateway’s answers is empty here, and says nothing about whether it happened.
      </p>
      <Reach review={review} filters={filters} table={table} />
    </div>
  );
}

function Findings({ review, show }: { review: Review; show: (code: string) => void }) {
  if (!review.findings.length) return <p class="notice good">Nothing stands out: no weak, shared or unreadable key, nobody without a key and a password, no disabled user with keys.</p>;
  return (
    <Plain
      label="Findings"
      head={['Finding', 'What it means', { title: 'Users', is: 'number' }, 'Rows']}
      rows={review.findings.map((one) => ({
        key: one.code,
        cells: [
          <span class={`mark ${one.severity === 'high' ? 'bad' : one.severity === 'medium' ? 'warn' : 'plain'}`}>{one.code}</span>,
          one.title,
          number(one.count),
          <button type="button" class="plain" aria-label={`Show these: ${one.code}`} onClick={() => show(one.code)}>
            Show these
          </button>,
        ],
      }))}
    />
  );
}

/** The whole review to take along: as a file, or on paper. */
function Evidence({ rows, table, review, of }: { rows: TableSet; table: TableInfo; review: Review; of: string }) {
  const printed = useSignal<readonly (readonly (string | null)[])[] | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  const attempt = (work: () => Promise<void>) => () => {
    problem.value = undefined;
    work().catch((error: unknown) => (problem.value = error));
  };
  // Columns that only the lake needs are not evidence.
  const columns = table.columns.map((_, at) => at).filter((at) => !table.columns[at]!.name.startsWith('_dlt_'));
  useEffect(() => {
    if (!printed.value) return;
    print();
    printed.value = undefined;
  }, [printed.value]);
  const csv = attempt(async () => save('access_review.csv', await rows.write(table.name, 0, 'csv', new AbortController().signal, () => {})));
  const paper = attempt(async () => {
    const cells = await rows.frame(table).full({ first: 0, end: PRINTED, columns }, new AbortController().signal);
    printed.value = Array.from({ length: cells[0]?.length ?? 0 }, (_, row) => cells.map((column) => column[row] ?? null));
  });
  return (
    <>
      <div class="row no-print">
        <button type="button" onClick={csv}>
          Save as CSV
        </button>
        <button type="button" onClick={paper}>
          Print
        </button>
        <span class="note">All rows, as evidence.</span>
      </div>
      {problem.value !== undefined && <Problem error={problem.value} />}
      {printed.value && (
        <section class="paper">
          <h3>
            Access review of {of}, {time(Date.now())}
          </h3>
          <p>
            {count(review.users, 'user')}, {count(review.keys, 'key')}, {count(table.rows, 'row')}
            {table.rows > PRINTED && `, of which the first ${number(PRINTED)} follow: save the CSV for all`}. Not provided by the API: {review.not_provided.join(', ')}.
          </p>
          <Plain label="Access review" head={columns.map((at) => table.columns[at]!.name)} rows={printed.value.map((cells, at) => ({ key: `${at}`, cells: cells.map((cell) => (cell === null ? '' : visible(cell))) }))} />
        </section>
      )}
    </>
  );
}

function Reach({ review, filters, table }: { review: Review; filters: Signal<readonly Filter[]>; table: TableInfo }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const column = table.columns.findIndex(({ name }) => name === 'user');
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
