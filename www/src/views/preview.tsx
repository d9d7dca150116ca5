// A body and what would be written of it.
import type { TableSet } from '../engine/tables.ts';
import { forget, preview, type Previewed } from '../model.ts';
import { count, duration, number, size } from '../text.ts';
import { Problem } from './parts.tsx';
import { Start } from './start.tsx';
import { Workspace } from './workspace.tsx';

export function Preview() {
  const shown = preview.value;
  return shown ? <Shown {...shown} /> : <Start />;
}

function Shown({ set, base, resource, refused }: Previewed) {
  const { is } = set.state.value;
  const { bytes } = set.progress.value;
  const tables = set.tables.value;
  return (
    <>
      <div class="row">
        <h2 class="value">{set.title}</h2>
        <button type="button" onClick={forget} style={{ marginInlineStart: 'auto' }}>
          {is === 'loading' ? 'Stop' : 'Another body'}
        </button>
      </div>
      {is === 'loading' && <Reading set={set} />}
      {is === 'failed' && (
        <>
          <Problem error={set.failure.value} />
          <p class="note">Nothing of this body would be published: the last good tables stay.{tables.length > 0 && ' Below is what was read before it failed.'}</p>
        </>
      )}
      {refused && (
        <div class="problem">
          <p>
            <strong>A run would not publish this: {refused.message}</strong>
          </p>
          <p class="quiet">
            <code>{refused.code}</code>
          </p>
        </div>
      )}
      {is === 'done' && (
        <p class="quiet" role="status">
          {bytes > 0 && `${size(bytes)} of JSON became `}
          {count(tables.length, 'table')} with {count(tables.reduce((sum, table) => sum + table.rows, 0), 'row')}, {size(tables.reduce((sum, table) => sum + table.bytes, 0))} of Parquet
          {set.took.value > 0 && `, in ${duration(set.took.value)}`}. This is what would be written{base ? `, beside ${base.is}` : ''}.
        </p>
      )}
      {is === 'done' && tables.length === 0 && <p class="notice">There is no record in this body, so there is no table: {resource} would be kept as it is.</p>}
      <Workspace set={set} base={base} label={set.title} />
    </>
  );
}

function Reading({ set }: { set: TableSet }) {
  const { bytes, of } = set.progress.value;
  const rows = set.tables.value.reduce((sum, table) => sum + table.rows, 0);
  return (
    <div class="stack">
      <label>
        Reading: {size(bytes)}
        {of !== undefined && ` of ${size(of)}`}, {number(rows)} rows so far <progress max={of ?? 1} value={of === undefined ? undefined : bytes} />
      </label>
    </div>
  );
}
