// Where a preview begins: a file, a text, the sample, the gateway.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import * as api from '../lake/api.ts';
import { dataset, show, showFetched } from '../model.ts';
import { link } from '../route.ts';
import { Direct } from './direct.tsx';
import { Problem } from './parts.tsx';

const RESOURCES = ['users', 'folders', 'cloud_connections', 'diagnostics', 's3_encryption_levels'];

/** The table that a file's name speaks of: `users (2).json` has users. */
const named = (file: string): string =>
  file
    .replace(/\.[^.]*$/, '')
    .replace(/[^A-Za-z0-9_]+/g, '_')
    .replace(/^_+|_+$|_\d+_*$/g, '')
    .toLowerCase() || 'users';

let arriving: Promise<Blob> | undefined;

/** Users as a 3.x gateway might answer. Asked for early, so that it is there without a network, too. */
export function sample(): Promise<Blob> {
  arriving ??= fetch('sample.json').then((response) => {
    if (!response.ok) throw new Error('The sample did not arrive.');
    return response.blob();
  });
  arriving.catch(() => (arriving = undefined));
  return arriving;
}

export function Start() {
  const problem = useSignal<unknown>(undefined);
  const over = useSignal(false);
  const pasted = useSignal('');
  const table = useSignal('');
  const key = useSignal('');
  const input = useRef<HTMLInputElement>(null);

  const reading = (name: string) => ({ table: table.value.trim() || named(name), key: key.value.split(',').map((one) => one.trim()).filter(Boolean) });
  const attempt = (work: Promise<void>) => {
    problem.value = undefined;
    work.catch((error: unknown) => (problem.value = error));
  };
  const take = (file: File | null | undefined) => file && attempt(show(file.name, file, reading(file.name)));
  const useSample = async () => show('the sample', await sample(), { table: 'users', key: ['id'] });

  return (
    <>
      <div class="stack">
        <h2>See what would be written</h2>
        <p class="lead">
          Give it a response of the gateway’s admin API. The engine that publishes your lake turns it into tables here, in this page: nothing leaves this machine.
        </p>
      </div>
      {problem.value !== undefined && <Problem error={problem.value} />}
      <div
        class={over.value ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => (over.value = false)}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          take(event.dataTransfer?.files[0]);
        }}
      >
        <p>
          <strong>Drop a JSON file here</strong>, of any size
        </p>
        <div class="row">
          <button type="button" class="main" onClick={() => input.current?.click()}>
            Choose a file
          </button>
          <button type="button" onClick={() => attempt(useSample())}>
            Use the sample
          </button>
        </div>
        <input ref={input} id="file" type="file" class="unseen" tabIndex={-1} aria-label="JSON file" accept=".json,application/json" onChange={(event) => take(event.currentTarget.files?.[0])} />
        <div class="row end">
          <div class="field">
            <label for="as">Table</label>
            <input id="as" list="resources" placeholder="from the file’s name" value={table.value} onInput={(event) => (table.value = event.currentTarget.value)} />
            <datalist id="resources">
              {RESOURCES.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </div>
          <div class="field">
            <label for="key">Key</label>
            <input id="key" placeholder="id, say" aria-describedby="key-note" value={key.value} onInput={(event) => (key.value = event.currentTarget.value)} />
          </div>
        </div>
        <p id="key-note" class="note">
          With a key, records are recognised from one body to the next: rows can be told changed from new.
        </p>
      </div>
      <div class="cards">
        <form
          class="card stack"
          onSubmit={(event) => {
            event.preventDefault();
            attempt(show('pasted text', new Blob([pasted.value]), reading('users')));
          }}
        >
          <h3>
            <label for="paste">Paste a response</label>
          </h3>
          <textarea id="paste" spellcheck={false} autocomplete="off" placeholder={'[{"id": 1, "username": "ines"}]'} value={pasted.value} onInput={(event) => (pasted.value = event.currentTarget.value)} />
          <div>
            <button type="submit" disabled={!pasted.value.trim()}>
              Show its tables
            </button>
          </div>
        </form>
        <FromServer attempt={attempt} />
        <Direct attempt={attempt} />
      </div>
    </>
  );
}

/** What the Worker would publish now. */
function FromServer({ attempt }: { attempt: (work: Promise<void>) => void }) {
  const resource = useSignal('users');
  const name = dataset();
  const own = api.datasets.value.find((one) => one.dataset === name);
  return (
    <section class="card stack">
      <h3>Ask the configured gateway</h3>
      {own && name ? (
        <form
          class="row end"
          onSubmit={(event) => {
            event.preventDefault();
            attempt(showFetched(name, resource.value));
          }}
        >
          <div class="field">
            <label for="resource">Resource of {own.gateway}</label>
            <select id="resource" value={resource.value} onChange={(event) => (resource.value = event.currentTarget.value)}>
              {own.resources.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </div>
          <button type="submit">Preview</button>
        </form>
      ) : (
        <p class="note">
          The Worker fetches a resource and shows what a run would publish. <a href={link({ view: 'lake' })}>Open the lake</a> first.
        </p>
      )}
    </section>
  );
}
