// Where the page is, as its address says it: `#snapshot=…&table=…`. An address may be kept, sent and opened again; what only
// this page's memory holds (a dropped file, the token) is not in it.
import { signal } from '@preact/signals';

export const TABS = ['rows', 'schema', 'changes', 'warnings', 'diagram', 'access', 'files'] as const;
export type Tab = (typeof TABS)[number];
export type View = 'preview' | 'lake' | 'runs';

export interface Route {
  readonly view: View;
  readonly dataset?: string | undefined;
  /** `undefined`: the one that readers see now. */
  readonly snapshot?: string | undefined;
  /** The snapshot to compare with; `undefined`: the one before. */
  readonly compare?: string | undefined;
  readonly run?: string | undefined;
  readonly table?: string | undefined;
  readonly tab: Tab;
}

function read(hash: string): Route {
  const found = new URLSearchParams(hash.replace(/^#/, ''));
  const text = (name: string) => found.get(name) || undefined;
  const views: readonly string[] = ['preview', 'lake', 'runs'];
  const tabs: readonly string[] = TABS;
  const asked = text('view');
  // An address that names a snapshot is about the lake, whether it says so or not.
  const view = asked !== undefined && views.includes(asked) ? (asked as View) : text('snapshot') ? 'lake' : text('run') ? 'runs' : 'preview';
  const tab = text('tab');
  return {
    view,
    dataset: text('dataset'),
    snapshot: text('snapshot'),
    compare: text('compare'),
    run: text('run'),
    table: text('table'),
    tab: tab !== undefined && tabs.includes(tab) ? (tab as Tab) : 'rows',
  };
}

export function address(route: Route): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(route)) {
    if (value !== undefined && !(name === 'tab' && value === 'rows')) parts.set(name, value);
  }
  return `#${parts}`;
}

export const route = signal<Route>(read(location.hash));

addEventListener('hashchange', () => {
  route.value = read(location.hash);
});

/** Goes on from where the page is. `replace`: without a step for the back button. */
export function go(change: Partial<Route>, { replace = false } = {}): void {
  const next = address({ ...route.peek(), ...change });
  if (next === address(route.peek())) return;
  if (replace) history.replaceState(null, '', next);
  else history.pushState(null, '', next);
  route.value = read(next);
}

/** The address of the page after that change, for links. */
export const link = (change: Partial<Route>): string => address({ ...route.value, ...change });
