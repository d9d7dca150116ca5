// A set of tables, looked at: which there are, and one of them in detail.
import type { ComponentChildren } from 'preact';
import type { TableSet } from '../engine/tables.ts';
import type { TableInfo } from '../engine/types.ts';
import { link, route, TABS, type Tab } from '../route.ts';
import { count, number, size } from '../text.ts';
import { Access } from './access.tsx';
import { Changes } from './changes.tsx';
import { Diagram } from './diagram.tsx';
import { Rows } from './rows.tsx';
import { Plain } from './parts.tsx';
import { Schema } from './schema.tsx';

export interface Base {
  readonly set: TableSet;
  readonly is: string;
}

const TITLES: Record<Tab, string> = { rows: 'Rows', schema: 'Schema', changes: 'Changes', warnings: 'Warnings', diagram: 'Diagram', access: 'Who can get in', files: 'Files' };

export function Workspace({ set, base, label }: { set: TableSet; base: Base | undefined; label: string }) {
  const { table: asked, tab } = route.value;
  const tables = set.tables.value;
  const chosen = set.table(asked) ?? set.table('users') ?? tables[0];
  if (!chosen) return null;
  return (
    <div class="workspace">
      <nav class="tables" aria-label={`Tables of ${label}`}>
        <ul>
          {ordered(tables).map(({ table, depth }) => (
            <li key={table.name}>
              <a href={link({ table: table.name })} aria-current={table === chosen ? 'page' : undefined} style={{ paddingInlineStart: `${0.6 + depth}rem` }}>
                <span>{depth ? table.name.slice((table.parent?.length ?? -2) + 2) || table.name : table.name}</span>
                {table.stale && <span class="mark warn">stale</span>}
                <span class="count" aria-label={count(table.rows, 'row')}>
                  {number(table.rows)}
                </span>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="stack">
        <div class="tabs" role="navigation" aria-label={`Views of ${chosen.name}`}>
          {TABS.map((one) => (
            <a key={one} href={link({ tab: one, table: chosen.name })} aria-current={one === tab ? 'page' : undefined}>
              {TITLES[one]}
              {one === 'warnings' && set.warnings.value.length > 0 && <span class="quiet"> ({set.warnings.value.length})</span>}
            </a>
          ))}
        </div>
        <h2 id="table-title" tabIndex={-1}>
          {tab === 'access' || tab === 'diagram' || tab === 'warnings' ? TITLES[tab] : chosen.name}
        </h2>
        {chosen.stale && tab === 'rows' && <p class="notice">This table is stale: {chosen.stale}</p>}
        <Part tab={tab} set={set} base={base} table={chosen} label={label} />
      </div>
    </div>
  );
}

function Part({ tab, set, base, table, label }: { tab: Tab; set: TableSet; base: Base | undefined; table: TableInfo; label: string }): ComponentChildren {
  switch (tab) {
    case 'rows':
      return <Rows key={table.name} set={set} table={table} />;
    case 'schema':
      return <Schema table={table} base={base?.set.table(table.name)} compared={base !== undefined} />;
    case 'changes':
      return <Changes key={table.name} set={set} base={base} table={table} />;
    case 'warnings':
      return <Warnings set={set} />;
    case 'diagram':
      return <Diagram set={set} base={base?.set} chosen={table.name} />;
    case 'access':
      return <Access set={set} of={label} />;
    case 'files':
      return <Files table={table} />;
  }
}

/** Roots in their order, each with its children below it. */
export function ordered(tables: readonly TableInfo[]): { table: TableInfo; depth: number }[] {
  const names = new Set(tables.map((table) => table.name));
  const below = (parent: string | null, depth: number): { table: TableInfo; depth: number }[] =>
    tables
      .filter((table) => (parent === null ? table.parent === null || !names.has(table.parent) : table.parent === parent))
      .flatMap((table) => [{ table, depth }, ...below(table.name, depth + 1)]);
  return below(null, 0);
}

function Warnings({ set }: { set: TableSet }) {
  const warnings = set.warnings.value;
  if (!warnings.length) return <p class="quiet">Nothing to warn of: no value was turned into another type, no names collided, nothing was taken out.</p>;
  return (
    <Plain
      label="Warnings"
      head={['What', 'Table', 'Column', { title: 'Meaning', is: 'prose' }, { title: 'Times', is: 'number' }]}
      rows={warnings.map((warning, at) => ({
        key: `${at}`,
        cells: [<code>{warning.code}</code>, warning.table, warning.column, warning.message, number(warning.count)],
      }))}
    />
  );
}

function Files({ table }: { table: TableInfo }) {
  return (
    <div class="stack">
      <dl class="facts">
        <dt>Rows</dt>
        <dd>{number(table.rows)}</dd>
        <dt>Parquet</dt>
        <dd>
          {size(table.bytes)} in {count(table.files, 'file')}
        </dd>
      </dl>
      <p class="note">A file, saved with “Parquet, as written” on the Rows tab, can be asked by any program that reads Parquet. With DuckDB:</p>
      <pre class="card scroll" tabIndex={0} role="region" aria-label="DuckDB example">
        <code>
          {table.files > 1
            ? `select * from read_parquet('${table.name.replaceAll("'", "''")}-*.parquet') limit 10;`
            : `select * from '${table.name.replaceAll("'", "''")}.parquet' limit 10;`}
        </code>
      </pre>
    </div>
  );
}
