// What a column holds, in short.
import { useEffect, useRef } from 'preact/hooks';
import type { TableSet } from '../engine/tables.ts';
import type { Filter, TableInfo } from '../engine/types.ts';
import { drawHistogram } from '../pictures/histogram.ts';
import { number } from '../text.ts';
import { Drawer, Plain, Problem, useLoad } from './parts.tsx';
import { visible } from '../visible.ts';

export function Profile({ set, table, arrangement, column, onClose, onFilter }: { set: TableSet; table: TableInfo; arrangement: number; column: number; onClose: () => void; onFilter: (filter: Filter) => void }) {
  const { name, data_type } = table.columns[column]!;
  const { value, error, again } = useLoad((signal) => set.profile(table.name, arrangement, column, signal), [set, table.name, arrangement, column]);
  return (
    <Drawer title={name} onClose={onClose}>
      <p class="quiet">
        {data_type} in {table.name}
      </p>
      {error ? <Problem error={error} again={again} /> : !value && <p role="status">Counting …</p>}
      {value && (
        <>
          <dl class="figures">
            <div>
              <dt>rows</dt>
              <dd>{number(value.rows)}</dd>
            </div>
            <div>
              <dt>nulls</dt>
              <dd>{number(value.nulls)}</dd>
            </div>
            <div>
              <dt>different values</dt>
              <dd>
                {value.distinct.exact ? '' : 'over '}
                {number(value.distinct.count)}
              </dd>
            </div>
          </dl>
          <dl class="facts">
            <dt>Least</dt>
            <dd class="value">{value.min === null ? <span class="null">none</span> : visible(value.min)}</dd>
            <dt>Greatest</dt>
            <dd class="value">{value.max === null ? <span class="null">none</span> : visible(value.max)}</dd>
            {value.lengths && (
              <>
                <dt>Length</dt>
                <dd>
                  {number(value.lengths.min)} to {number(value.lengths.max)}, {number(Math.round(value.lengths.mean))} on average
                </dd>
              </>
            )}
          </dl>
          {value.histogram.length > 0 && <Histogram label={`Values of ${name}`} bins={value.histogram} />}
          <h3>Most frequent</h3>
          <Plain
            label={`Most frequent values of ${name}`}
            head={['Value', { title: 'Rows', is: 'number' }, 'Show']}
            rows={value.frequent.map(({ value: text, count }, at) => ({
              key: `${at}`,
              cells: [
                <span class="value">{visible(text.length > 200 ? `${text.slice(0, 200)}…` : text)}</span>,
                number(count),
                <button type="button" class="plain" aria-label={`Only these, value ${at + 1}`} onClick={() => onFilter({ column, op: 'eq', value: text })}>
                  Only these
                </button>,
              ],
            }))}
          />
        </>
      )}
    </Drawer>
  );
}

export interface Bin {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

function Histogram({ label, bins }: { label: string; bins: readonly Bin[] }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const picture = drawHistogram(host.current!, { label, bins });
    return () => picture.dispose();
  }, [label, bins]);
  return <div ref={host} />;
}
