// What became of runs, for people.
import { bytes, count, table } from './text.js';

/**
 * A record as docs/api.md has it, as far as it is told.
 * @typedef {object} Record
 * @property {string} dataset
 * @property {string} outcome
 * @property {string | null} snapshot
 * @property {number} started_at
 * @property {number} finished_at
 * @property {{ code: string, message: string } | null} error
 * @property {{ name: string, rows: number, error: { code: string, message: string } | null }[]} resources
 * @property {{ name: string, rows_before: number | null, rows: number, columns: number, files: number, bytes: number, changed: boolean, new_columns: string[], stale: unknown }[]} tables
 * @property {{ code: string, table?: string, column?: string, message: string, count: number }[]} warnings
 * @property {number} requests
 */

/** @type {globalThis.Record<string, string>} */
const OUTCOMES = {
  published: 'published',
  unchanged: 'everything is as before: nothing was written',
  partial: 'published in part: what failed keeps its last good tables',
  failed: 'failed: nothing was published',
  already_published: 'another run of the same time was first',
  superseded: 'a snapshot of a later time is there already',
  busy: 'another run is at work: the gateway was not asked',
};

/**
 * @param {Record} record
 * @param {import('./io.js').Io['paint']} paint
 */
export function report(record, { bold, dim, red, yellow }) {
  const { dataset, outcome, snapshot, started_at: began, finished_at: ended, requests } = record;
  const lines = [`${bold(dataset)}: ${OUTCOMES[outcome] ?? outcome}${snapshot ? ` (snapshot ${snapshot})` : ''}`];
  lines.push(dim(`  ${count(requests)} requests, ${count(ended - began)} ms`));
  if (record.error) lines.push(red(`  ${record.error.code}: ${record.error.message}`));
  // What keeps us from the gateway keeps us from all of it: it is said once.
  /** @type {Map<string, string[]>} */
  const failures = new Map();
  for (const { name, error } of record.resources) {
    const said = error && `${error.code}: ${error.message}`;
    if (said) failures.set(said, [...(failures.get(said) ?? []), name]);
  }
  for (const [said, names] of failures) lines.push(red(`  ${names.join(', ')}: ${said}`));
  if (record.tables.length) {
    const rows = record.tables.map((one) => [one.name, one.rows, one.columns, one.files, bytes(one.bytes), changes(one)]);
    lines.push('', table(['table', 'rows', 'columns', 'files', 'size', 'what changed'], rows, bold));
  }
  if (record.warnings.length) lines.push('', ...record.warnings.map((one) => yellow(`  ${warning(one)}`)));
  return lines.join('\n');
}

/** @param {Record['warnings'][number]} warning */
export function warning({ code, table: name, column, message, count: times }) {
  const place = [name, column].filter(Boolean).join('.');
  return `${code}${place ? ` (${place})` : ''}: ${message}${times > 1 ? `, ${count(times)} times` : ''}`;
}

/**
 * What a run did to a table.
 * @param {Pick<Record['tables'][number], 'rows_before' | 'rows' | 'changed' | 'new_columns' | 'stale'>} table
 */
export function changes({ rows_before: before, rows, changed, new_columns: columns, stale }) {
  if (stale) return 'stale: it could not be brought';
  if (before === null) return 'new';
  if (!changed) return 'nothing: no file was written';
  const grew = rows - before;
  const said = [grew === 0 ? 'its content' : `${grew > 0 ? '+' : ''}${count(grew)} ${Math.abs(grew) === 1 ? 'row' : 'rows'}`];
  if (columns.length) said.push(`new columns ${columns.join(', ')}`);
  return said.join(', ');
}
