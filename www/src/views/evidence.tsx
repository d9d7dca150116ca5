// The whole access review to take along: as a file, or on paper.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { TableSet } from '../engine/tables.ts';
import type { Review, TableInfo } from '../engine/types.ts';
import { say } from '../model.ts';
import { count, number, time } from '../text.ts';
import { visible } from '../visible.ts';
import { Plain, Problem, save } from './parts.tsx';

/** Rows that are printed at most. */
const PRINTED = 5_000;

interface Evident {
  readonly rows: TableSet;
  readonly table: TableInfo;
  readonly review: Review;
  /** What was reviewed, for people. */
  readonly of: string;
  /** Tables that are not as they are now. */
  readonly stale: readonly TableInfo[];
}

type Cells = readonly (readonly (string | null)[])[];

export function Evidence(evident: Evident) {
  const { rows, table, of } = evident;
  const printed = useSignal<Cells | undefined>(undefined);
  const busy = useSignal(false);
  const problem = useSignal<unknown>(undefined);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(new DOMException('no longer wanted', 'AbortError')), []);
  const attempt = (work: (signal: AbortSignal) => Promise<void>) => async () => {
    if (busy.value) return;
    busy.value = true;
    problem.value = undefined;
    try {
      await work(stop.current.signal);
    } catch (error) {
      if (!stop.current.signal.aborted) problem.value = error;
    }
    busy.value = false;
  };
  // What ties rows to loads is not evidence, nor is what nothing is known of.
  const columns = table.columns.map((_, at) => at).filter((at) => !table.columns[at]!.name.startsWith('_dlt_'));
  const shown = columns.filter((at) => !evident.review.not_provided.includes(table.columns[at]!.name) && table.columns[at]!.name !== 'not_provided');
  const csv = attempt(async (signal) => {
    save(`access_review-${fileName(of)}.csv`, await rows.write(table.name, 0, 'csv', signal, () => {}));
    say('access review saved');
  });
  const paper = attempt(async (signal) => {
    const cells = await rows.frame(table).full({ first: 0, end: Math.min(PRINTED, table.rows), columns: shown }, signal);
    printed.value = Array.from({ length: cells[0]?.length ?? 0 }, (_, row) => cells.map((column) => column[row] ?? null));
  });
  useEffect(() => {
    if (!printed.value) return;
    print();
    printed.value = undefined;
  }, [printed.value]);
  return (
    <>
      <div class="row no-print">
        <button type="button" aria-disabled={busy.value} onClick={csv}>
          Save as CSV
        </button>
        <button type="button" aria-disabled={busy.value} onClick={paper}>
          Print
        </button>
        <span class="note">All rows, whatever is filtered below, as evidence.</span>
      </div>
      {problem.value !== undefined && <Problem error={problem.value} />}
      {printed.value && <Paper {...evident} cells={printed.value} columns={shown.map((at) => table.columns[at]!.name)} />}
    </>
  );
}

/** What a file is called that is about this. */
const fileName = (of: string): string => of.replace(/[^\p{Letter}\p{Number}.-]+/gu, '-').replace(/^-|-$/g, '').slice(0, 80) || 'tables';

function Paper({ table, review, of, stale, cells, columns }: Evident & { cells: Cells; columns: readonly string[] }) {
  return (
    <section class="paper">
      <h3>
        Access review of {of}, printed {time(Date.now())}
      </h3>
      <p>
        {count(review.users, 'user')}, {count(review.keys, 'enabled key')}, {count(table.rows, 'row')}
        {table.rows > PRINTED && `, of which the first ${number(PRINTED)} follow: save the CSV for all`}.{review.not_provided.length > 0 && ` Not provided by the API: ${review.not_provided.join(', ')}.`}
      </p>
      {stale.map((one) => (
        <p key={one.name}>
          Not as it is now: {one.name} is stale. {one.stale}
        </p>
      ))}
      {review.findings.length > 0 && (
        <Plain
          label="Findings"
          head={['Finding', 'Severity', 'Said of a user who', { title: 'Users', is: 'number' }]}
          rows={review.findings.map((one) => ({ key: one.code, cells: [one.code, one.severity, one.title, number(one.count)] }))}
        />
      )}
      <Plain label="Access review" head={columns} rows={cells.map((row, at) => ({ key: `${at}`, cells: row.map((cell) => (cell === null ? '' : visible(cell))) }))} />
    </section>
  );
}
