// The token's door.
import { useSignal } from '@preact/signals';
import * as api from '../lake/api.ts';
import { say } from '../model.ts';
import { Problem } from './parts.tsx';

export function Connect() {
  const given = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal<unknown>(undefined);
  const enter = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = undefined;
    try {
      await api.connect(given.value);
      say('The lake is open.');
    } catch (error) {
      problem.value = error;
    }
    busy.value = false;
  };
  return (
    <form class="card stack" onSubmit={enter}>
      <h2>Open the lake</h2>
      <div class="field">
        <label for="token">API token</label>
        <div class="row">
          <input id="token" type="password" autocomplete="off" spellcheck={false} required aria-describedby="token-note" value={given.value} onInput={(event) => (given.value = event.currentTarget.value)} />
          <button type="submit" class="main" disabled={busy.value}>
            {busy.value ? 'Opening …' : 'Open'}
          </button>
        </div>
        <p id="token-note" class="note">
          The value of the secret <code>GATELAKE_TOKEN</code>. It stays in this page’s memory, and is gone when the page is.
        </p>
      </div>
      {problem.value !== undefined && <Problem error={problem.value} />}
    </form>
  );
}
