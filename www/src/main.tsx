// The page: its frame, and which view is in it.
import { effect, signal, useSignalEffect } from '@preact/signals';
import { render } from 'preact';
import { useRef } from 'preact/hooks';
import * as api from './lake/api.ts';
import { dataset, said } from './model.ts';
import { address, go, link, route, type View } from './route.ts';
import { Lake, Runs } from './views/lake.tsx';
import { Preview } from './views/preview.tsx';
import { sample } from './views/start.tsx';

const VIEWS: readonly (readonly [View, string])[] = [
  ['preview', 'Preview'],
  ['lake', 'Lake'],
  ['runs', 'Runs'],
];

type Theme = 'system' | 'light' | 'dark';
const theme = signal<Theme>('system');
effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
});

function App() {
  const main = useRef<HTMLElement>(null);
  const { view } = route.value;
  const title = VIEWS.find(([name]) => name === view)![1];
  useSignalEffect(() => {
    const { table } = route.value;
    document.title = [table, title, 'Gatelake'].filter(Boolean).join(' · ');
  });
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        To the content
      </a>
      <header class="top">
        <div class="brand">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M3 20V9a9 9 0 0 1 18 0v11M8 20V10a4 4 0 0 1 8 0v10M2 16q2.5-2 5 0t5 0 5 0 5 0M2 20q2.5-2 5 0t5 0 5 0 5 0" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />
          </svg>
          <h1>Gatelake</h1>
        </div>
        <nav aria-label="Views">
          <ul>
            {VIEWS.map(([name, text]) => (
              <li key={name}>
                <a href={link({ view: name, table: undefined, tab: 'rows', run: undefined, snapshot: undefined, compare: undefined })} aria-current={name === view ? 'page' : undefined}>
                  {text}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="side">
          {api.datasets.value.length > 1 && (
            <label>
              Gateway{' '}
              <select value={dataset()} onChange={(event) => go({ dataset: event.currentTarget.value, snapshot: undefined, compare: undefined, table: undefined, run: undefined })}>
                {api.datasets.value.map((one) => (
                  <option key={one.dataset}>{one.dataset}</option>
                ))}
              </select>
            </label>
          )}
          {api.connected.value && (
            <button type="button" onClick={api.disconnect}>
              Forget the token
            </button>
          )}
          <label>
            <span class="unseen">Colours</span>
            <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
              <option value="system">As the system</option>
              <option value="light">Light</option>
              <option value="dark">Dark</option>
            </select>
          </label>
        </div>
      </header>
      <main id="main" tabIndex={-1} ref={main} aria-label={title}>
        {view === 'preview' ? <Preview /> : view === 'lake' ? <Lake /> : <Runs />}
      </main>
      <p class="unseen" role="status">
        {said.value}
      </p>
    </>
  );
}

// A file that misses the drop zone would take the place of the page.
for (const kind of ['dragover', 'drop'] as const) {
  addEventListener(kind, (event) => {
    if (!event.defaultPrevented) event.preventDefault();
  });
}
// What comes late comes in time: the page works on when the network does not.
const idle = globalThis.requestIdleCallback ?? setTimeout;
idle(() => void Promise.allSettled([sample(), import('@dagrejs/dagre')]));

// `gatelake show` prints a link with its token. It goes where a typed one goes, and the address forgets it at once.
const given = new URLSearchParams(location.hash.slice(1)).get('token');
if (given) {
  history.replaceState(null, '', address(route.peek()));
  // One that is not taken leaves the door shut, with its form to try again.
  api.connect(given).catch(() => {});
}

render(<App />, document.getElementById('page')!);
