// Taking a table along.
import { useSignal } from '@preact/signals';
import type { TableSet } from '../engine/tables.ts';
import type { TableInfo } from '../engine/types.ts';
import { say } from '../model.ts';
import { count } from '../text.ts';
import { Menu, Problem, save } from './parts.tsx';

/** What the engine writes, by its name there: the file's ending, its type, and what people call it. */
export const FORMATS = {
  csv: { ending: 'csv', title: 'CSV', note: 'formulas neutralised' },
  jsonl: { ending: 'jsonl', title: 'JSON Lines', note: '' },
  arrow: { ending: 'arrows', title: 'Arrow', note: 'IPC stream' },
} as const;
export type Format = keyof typeof FORMATS;

export function Download({ set, table, arrangement, rows }: { set: TableSet; table: TableInfo; arrangement: number; rows: number }) {
  const busy = useSignal<{ done: number; stop: AbortController } | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);

  const take = async (work: (signal: AbortSignal) => Promise<void>) => {
    const stop = new AbortController();
    busy.value = { done: 0, stop };
    problem.value = undefined;
    try {
      await work(stop.signal);
      say(`${table.name} saved`);
    } catch (error) {
      if (!stop.signal.aborted) problem.value = error;
    }
    busy.value = undefined;
  };
  const write = (format: Format) =>
    take(async (signal) => {
      const blob = await set.write(table.name, arrangement, format, signal, (done) => busy.value && (busy.value = { ...busy.value, done }));
      save(`${table.name}.${FORMATS[format].ending}`, blob);
    });
  const parquet = () =>
    take(async (signal) => {
      for (let number = 0; number < table.files; number += 1) {
        save(table.files > 1 ? `${table.name}-${number}.parquet` : `${table.name}.parquet`, new Blob([await set.file(table.name, number, signal)], { type: 'application/vnd.apache.parquet' }));
      }
    });

  if (busy.value) {
    return (
      <span class="row" role="status">
        <label>
          Writing … <progress max={rows} value={busy.value.done} />
        </label>
        <button type="button" onClick={() => busy.value?.stop.abort(new DOMException('cancelled', 'AbortError'))}>
          Cancel
        </button>
      </span>
    );
  }
  return (
    <>
      {problem.value !== undefined && <Problem error={problem.value} />}
      <Menu label="Download">
        {(Object.keys(FORMATS) as Format[]).map((format) => (
          <button key={format} type="button" onClick={() => write(format)}>
            {FORMATS[format].title} <span class="quiet">{[count(rows, 'row'), FORMATS[format].note].filter(Boolean).join(', ')}</span>
          </button>
        ))}
        <button type="button" onClick={parquet}>
          Parquet, as written <span class="quiet">{table.files > 1 ? `${table.files} files` : 'the whole table'}</span>
        </button>
      </Menu>
    </>
  );
}
