// What the page holds: the body that is being looked at, and the snapshots that were opened.
import { effect, signal } from '@preact/signals';
import { type Order, TableSet } from './engine/tables.ts';
import * as api from './lake/api.ts';
import { route } from './route.ts';

/** The preview, and what it is compared with. */
export interface Previewed {
  readonly set: TableSet;
  readonly resource: string;
  /** The tables as they are now: the current snapshot's, or those of the body before. */
  readonly base?: { readonly set: TableSet; readonly is: string };
  /** What the run's own checks say against publishing it. */
  readonly refused?: api.Failure | null;
}

export const preview = signal<Previewed | undefined>(undefined);

/** What a body is to be read as. */
export interface Reading {
  /** The root table's name. */
  readonly table: string;
  /** Columns that tell records apart; none if nobody says. */
  readonly key: readonly string[];
}

/** Shows a body in place of the one before. With a lake it starts from the snapshot's schema, as a run would. */
export async function show(title: string, body: Blob, { table, key }: Reading): Promise<void> {
  await load(table, key, (order) => TableSet.read(title, body, order));
}

/** Shows what the page itself fetches from a gateway. */
export async function showPulled(dataset: string, resource: string, settings: object, secrets: Record<string, string>): Promise<void> {
  await load(resource, [], (order) => TableSet.pull(`${resource} of ${dataset}`, settings, secrets, order));
}

async function load(table: string, key: readonly string[], begin: (order: Order) => TableSet): Promise<void> {
  const current = api.connected.peek() ? await newest() : undefined;
  const own = current?.manifest.tables.filter((one) => one.resource === table) ?? [];
  const known = key.length ? key : (own[0]?.key ?? []);
  const options = known.length ? { primary_key: known } : {};
  const before = preview.peek() ?? previous;
  const set = begin({ table, options, key: known, schema: own });
  const base =
    current && own.length
      ? { set: current.set, is: 'the current snapshot' }
      : before && before.resource === table && before.set.state.peek().is === 'done'
        ? { set: before.set, is: `“${before.set.title}”, the body before` }
        : undefined;
  replace({ set, resource: table, ...(base && { base }) });
}

/** Shows what a run would make of a resource now, as the server fetched it. */
export async function showFetched(dataset: string, resource: string): Promise<void> {
  const current = await newest(dataset);
  const own = current?.manifest.tables.filter((one) => one.resource === resource) ?? [];
  const base = current && own.length ? { set: current.set, is: 'the current snapshot' } : undefined;
  const set = TableSet.files(
    `${resource} of ${dataset}`,
    async (signal) => {
      const found = await api.preview(dataset, resource, signal);
      if (preview.peek()?.set === set) preview.value = { ...preview.peek()!, refused: found.preview.refused };
      return { schema: found.preview.schema.tables, files: found.files, warnings: found.preview.warnings };
    },
    own[0]?.key ?? [],
  );
  replace({ set, resource, ...(base && { base }) });
}

/** The body that was looked at before, for the next one to be compared with. */
let previous: Previewed | undefined;

function replace(next: Previewed | undefined): void {
  const gone = [preview.peek(), previous];
  previous = undefined;
  preview.value = next;
  // What is compared with stays; so does nothing else.
  const kept = new Set([next?.set, next?.base?.set, ...opened.map((one) => one.set)]);
  for (const set of new Set(gone.flatMap((one) => [one?.set, one?.base?.set]))) if (set && !kept.has(set)) set.close();
}

/** Makes room for another body. */
export function forget(): void {
  const before = preview.peek();
  if (before?.set.state.peek().is !== 'done') return replace(undefined);
  previous = before;
  preview.value = undefined;
}

/** A snapshot and its tables. */
export interface Opened {
  readonly manifest: api.Manifest;
  readonly set: TableSet;
  readonly freshness?: Record<string, api.Freshness>;
}

/** The ones looked at last, newest use last. */
const opened: Opened[] = [];
const KEPT = 3;

export async function open(dataset: string, id: string | undefined, signal?: AbortSignal): Promise<Opened> {
  const found = id === undefined ? undefined : opened.find((one) => one.manifest.dataset === dataset && one.manifest.snapshot === id);
  if (found) return touch(found);
  const { manifest, freshness } = await api.snapshot(dataset, id, signal);
  const known = opened.find((one) => one.manifest.dataset === dataset && one.manifest.snapshot === manifest.snapshot);
  if (known) return touch(freshness ? Object.assign(known, { freshness }) : known);
  return touch({ manifest, set: TableSet.snapshot(manifest), ...(freshness && { freshness }) });
}

function touch(one: Opened): Opened {
  const at = opened.indexOf(one);
  if (at >= 0) opened.splice(at, 1);
  opened.push(one);
  while (opened.length > KEPT) {
    const oldest = opened.shift();
    if (oldest && preview.peek()?.base?.set !== oldest.set) oldest.set.close();
  }
  return one;
}

/** The gateway that the page is about. */
export const dataset = (): string | undefined => route.value.dataset ?? api.datasets.value[0]?.dataset;

async function newest(name = dataset()): Promise<Opened | undefined> {
  if (name === undefined) return undefined;
  try {
    return await open(name, undefined);
  } catch (error) {
    if (error instanceof api.ApiError && error.status === 404) return undefined;
    throw error;
  }
}

// With the token goes what it opened.
effect(() => {
  if (api.connected.value) return;
  for (const { set } of opened.splice(0)) if (preview.peek()?.base?.set !== set) set.close();
});

/** What the live region says. */
export const said = signal('');

export function say(text: string): void {
  // The same sentence twice is read twice only if it went away meanwhile.
  said.value = '';
  setTimeout(() => (said.value = text));
}
