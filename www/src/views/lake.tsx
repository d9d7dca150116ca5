// The lake: its snapshots on a time line, and the tables of one of them.
import { useSignal } from '@preact/signals';
import * as api from '../lake/api.ts';
import { dataset, open, say } from '../model.ts';
import { drawRows, type RowsData } from '../pictures/rows.ts';
import { drawTimeline, type TimelineData } from '../pictures/timeline.ts';
import { go, link, route } from '../route.ts';
import { ago, count, duration, number, size, time, words } from '../text.ts';
import { Connect } from './connect.tsx';
import { Plain, Problem, useLoad, usePicture } from './parts.tsx';
import { Workspace } from './workspace.tsx';

export function Lake() {
  if (!api.connected.value) return <Connect />;
  const name = dataset();
  return name === undefined ? <p class="notice">No gateway is configured: docs/configuration.md says how.</p> : <Dataset key={name} name={name} />;
}

function Dataset({ name }: { name: string }) {
  const { snapshot: asked, compare } = route.value;
  const turn = useSignal(0);
  const history = useLoad(async (signal) => {
    const [snapshots, runs] = await Promise.all([api.snapshots(name, undefined, signal), api.runs(name, undefined, signal)]);
    return { snapshots, runs: runs.runs };
  }, [name, turn.value]);
  const current = useLoad((signal) => open(name, asked, signal), [name, asked, turn.value]);
  const snapshots = history.value?.snapshots ?? [];
  const shown = current.value?.manifest.snapshot;
  const before = compare ?? snapshots[snapshots.findIndex((one) => one.snapshot === shown) + 1]?.snapshot;
  const base = useLoad(async (signal) => (before === undefined || shown === undefined ? undefined : open(name, before, signal)), [name, before, shown]);

  return (
    <>
      <div class="row">
        <h2>
          {name}
          {asked !== undefined && <span class="quiet"> as it was</span>}
        </h2>
        <span style={{ marginInlineStart: 'auto' }} class="row">
          {asked !== undefined && (
            <a class="button" href={link({ snapshot: undefined, compare: undefined })}>
              To the current snapshot
            </a>
          )}
          <button type="button" onClick={() => (turn.value += 1)}>
            Reload
          </button>
          <RunNow name={name} done={() => (turn.value += 1)} />
        </span>
      </div>
      {history.error !== undefined && <Problem error={history.error} again={history.again} />}
      {history.value && <History {...history.value} shown={shown} compare={before} />}
      {isEmpty(current.error) ? (
        <p class="notice">Nothing has been published yet. The cron’s first run will, or “Run now”.</p>
      ) : (
        current.error !== undefined && <Problem error={current.error} again={current.again} />
      )}
      {!current.value && !current.error && <p role="status">Reading the snapshot …</p>}
      {current.value && (
        <>
          <Freshness {...current.value} />
          <Workspace set={current.value.set} base={base.value && { set: base.value.set, is: `the snapshot of ${time(base.value.manifest.created_at)}` }} label={`snapshot ${shown}`} />
        </>
      )}
    </>
  );
}

const isEmpty = (error: unknown): boolean => error instanceof api.ApiError && error.code === 'nothing_published';

function RunNow({ name, done }: { name: string; done: () => void }) {
  const busy = useSignal(false);
  const problem = useSignal<unknown>(undefined);
  const run = async () => {
    busy.value = true;
    problem.value = undefined;
    try {
      const runs = await api.start(name);
      say(runs.map((one) => `The run ended: ${words(one.outcome)}`).join('. '));
      done();
    } catch (error) {
      problem.value = error;
    }
    busy.value = false;
  };
  return (
    <>
      <button type="button" disabled={busy.value} onClick={run}>
        {busy.value ? 'The gateway is being read …' : 'Run now'}
      </button>
      {problem.value !== undefined && <Problem error={problem.value} />}
    </>
  );
}

function History({ snapshots, runs, shown, compare }: { snapshots: readonly api.Snapshot[]; runs: readonly api.Run[]; shown: string | undefined; compare: string | undefined }) {
  const select = (id: string) => go({ snapshot: id, compare: undefined });
  const times: TimelineData = {
    snapshots: snapshots.map((one) => ({ id: one.snapshot, at: one.created_at, tables: one.tables, rows: one.rows, bytes: one.bytes })),
    runs: runs.map((one) => ({ id: one.id, at: one.finished_at, outcome: one.outcome, snapshot: one.snapshot })),
    ...(shown !== undefined && { selected: shown }),
    ...(compare !== undefined && { compared: compare }),
  };
  const line = usePicture(times, [snapshots, runs, shown, compare], (host, data) => drawTimeline(host, data, { onSelect: select, onCompare: (id) => go({ compare: id, tab: 'changes' }) }));
  const chart = usePicture(rowsOver(runs), [runs], (host, data) => drawRows(host, data, { onSnapshot: select }));
  return (
    <section class="card stack" aria-label="Snapshots over time">
      <div ref={line} />
      <details>
        <summary>Rows of each table over time</summary>
        <div ref={chart} />
      </details>
    </section>
  );
}

/** A run's record names every table's rows, so the chart needs no manifest. */
function rowsOver(runs: readonly api.Run[]): RowsData {
  const points = runs.filter((run) => run.snapshot !== null && (run.outcome === 'published' || run.outcome === 'partial')).sort((left, right) => left.finished_at - right.finished_at);
  const names = [...new Set(points.flatMap((run) => run.tables.map((table) => table.name)))];
  const rows = points.map((run) => new Map(run.tables.map((table) => [table.name, table.rows])));
  return {
    snapshots: points.map((run) => ({ id: run.snapshot!, at: run.finished_at })),
    tables: names.map((name) => ({ name, rows: rows.map((of) => of.get(name) ?? null) })),
  };
}

function Freshness({ manifest, freshness }: { manifest: api.Manifest; freshness?: Record<string, api.Freshness> }) {
  const stale = manifest.tables.filter((table) => table.freshness.stale && table.parent == null);
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const seen = freshness && Math.max(...Object.values(freshness).map((one) => one.fetched_at));
  return (
    <>
      <dl class="figures">
        <div>
          <dt title={time(manifest.created_at)}>published</dt>
          <dd>{ago(manifest.created_at)}</dd>
        </div>
        {seen !== undefined && Number.isFinite(seen) && (
          <div>
            <dt title={time(seen)}>last confirmed at the gateway</dt>
            <dd>{ago(seen)}</dd>
          </div>
        )}
        <div>
          <dt>tables</dt>
          <dd>{number(manifest.tables.length)}</dd>
        </div>
        <div>
          <dt>rows</dt>
          <dd>{number(rows)}</dd>
        </div>
        <div>
          <dt>Parquet</dt>
          <dd>{size(manifest.tables.reduce((sum, table) => sum + table.bytes, 0))}</dd>
        </div>
      </dl>
      {stale.length > 0 && (
        <div class="notice">
          <p>
            <strong>{count(stale.length, 'resource')} could not be brought up to date.</strong> The rows are the last good ones.
          </p>
          <ul>
            {stale.map((table) => (
              <li key={table.name}>
                <strong>{table.name}</strong> since {time(table.freshness.stale!.since)}: {table.freshness.stale!.message} <code>{table.freshness.stale!.code}</code>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

const MOOD: Record<api.Run['outcome'], string> = { published: 'good', unchanged: 'plain', partial: 'warn', failed: 'bad', already_published: 'plain', superseded: 'plain', busy: 'plain' };

/** Runs and their reports. */
export function Runs() {
  if (!api.connected.value) return <Connect />;
  const name = dataset();
  return name === undefined ? null : <RunsOf key={name} name={name} />;
}

function RunsOf({ name }: { name: string }) {
  const asked = route.value.run;
  const pages = useSignal<{ runs: readonly api.Run[]; cursor: string | null } | undefined>(undefined);
  const first = useLoad(async (signal) => (pages.value = await api.runs(name, undefined, signal)), [name]);
  const record = useLoad(async (signal) => (asked === undefined ? undefined : (pages.peek()?.runs.find((run) => run.id === asked) ?? api.run(name, asked, signal))), [name, asked]);
  const more = async () => {
    const next = await api.runs(name, pages.value?.cursor ?? undefined);
    pages.value = { runs: [...(pages.value?.runs ?? []), ...next.runs], cursor: next.cursor };
  };
  if (first.error) return <Problem error={first.error} again={first.again} />;
  if (!pages.value) return <p role="status">Reading the runs …</p>;
  return (
    <>
      {asked !== undefined && (
        <>
          <p>
            <a href={link({ run: undefined })}>All runs</a>
          </p>
          {record.error !== undefined && <Problem error={record.error} again={record.again} />}
          {record.value && <Report run={record.value} />}
        </>
      )}
      {asked === undefined && (
        <>
          <h2>Runs of {name}</h2>
          {pages.value.runs.length === 0 && <p class="quiet">Nothing has run yet. The cron will, or “Run now” on the Lake page.</p>}
          <Plain
            label={`Runs of ${name}`}
            head={['Scheduled for', 'Outcome', { title: 'Took', is: 'number' }, { title: 'Rows', is: 'number' }, { title: 'Requests', is: 'number' }, { title: 'What happened', is: 'prose' }]}
            rows={pages.value.runs.map((run) => ({
              key: run.id,
              cells: [
                <a href={link({ run: run.id })}>{time(run.scheduled_time)}</a>,
                <span class={`mark ${MOOD[run.outcome]}`}>{words(run.outcome)}</span>,
                duration(run.finished_at - run.started_at),
                number(run.resources.reduce((sum, resource) => sum + resource.rows, 0)),
                number(run.requests),
                run.error?.message ?? (run.resources.filter((resource) => resource.error).map((resource) => `${resource.name}: ${resource.error!.message}`).join('; ') || (run.outcome === 'published' ? `${count(run.tables.filter((table) => table.changed).length, 'table')} changed` : '')),
              ],
            }))}
          />
          {pages.value.cursor && (
            <p>
              <button type="button" onClick={more}>
                Older runs
              </button>
            </p>
          )}
        </>
      )}
    </>
  );
}

function Report({ run }: { run: api.Run }) {
  return (
    <div class="stack">
      <h2>
        Run of {time(run.scheduled_time)} <span class={`mark ${MOOD[run.outcome]}`}>{words(run.outcome)}</span>
      </h2>
      {run.error && (
        <div class="problem">
          <p>
            <strong>{run.error.message}</strong>
          </p>
          <p class="quiet">
            <code>{run.error.code}</code>
          </p>
        </div>
      )}
      <dl class="facts">
        <dt>Record</dt>
        <dd>
          <code>{run.id}</code>
        </dd>
        <dt>Began</dt>
        <dd>
          {time(run.started_at)}, took {duration(run.finished_at - run.started_at)}
        </dd>
        <dt>Snapshot</dt>
        <dd>{run.snapshot === null ? 'none' : <a href={link({ view: 'lake', snapshot: run.snapshot, run: undefined })}>{run.snapshot}</a>}</dd>
        <dt>Requests</dt>
        <dd>{number(run.requests)}</dd>
      </dl>
      <h3>Resources</h3>
      <Plain
        label="Resources of the run"
        head={['Resource', { title: 'Rows', is: 'number' }, { title: 'Bytes', is: 'number' }, { title: 'Pages', is: 'number' }, { title: 'Requests', is: 'number' }, 'Outcome']}
        rows={run.resources.map((one) => ({
          key: one.name,
          cells: [
            one.name,
            number(one.rows),
            size(one.bytes),
            number(one.pages),
            number(one.requests),
            one.error ? (
              <>
                <span class="mark bad">failed</span> {one.error.message} <code>{one.error.code}</code>
              </>
            ) : (
              <span class="mark good">came in</span>
            ),
          ],
        }))}
      />
      <h3>Tables</h3>
      <Plain
        label="Tables of the run"
        head={['Table', { title: 'Rows before', is: 'number' }, { title: 'Rows', is: 'number' }, 'New columns', 'Outcome']}
        rows={run.tables.map((one) => ({
          key: one.name,
          cells: [
            one.name,
            one.rows_before === null ? 'new' : number(one.rows_before),
            number(one.rows),
            one.new_columns.join(', '),
            one.stale ? <span class="mark warn">stale: {one.stale.code}</span> : <span class={`mark ${one.changed ? 'good' : 'plain'}`}>{one.changed ? 'changed' : 'as before'}</span>,
          ],
        }))}
      />
      {run.warnings.length > 0 && (
        <>
          <h3>Warnings</h3>
          <Plain label="Warnings of the run" head={['What', 'Table', 'Column', { title: 'Meaning', is: 'prose' }, { title: 'Times', is: 'number' }]} rows={run.warnings.map((one, at) => ({ key: `${at}`, cells: [<code>{one.code}</code>, one.table, one.column, one.message, number(one.count)] }))} />
        </>
      )}
    </div>
  );
}
