// The browser's own way to a gateway that allows it.
import { useSignal } from '@preact/signals';
import type { InputHTMLAttributes, TargetedSubmitEvent } from 'preact';
import * as api from '../lake/api.ts';
import { dataset, showPulled } from '../model.ts';

/** Only for gateways that the configuration opens to pages. What is typed goes to that gateway and nowhere else. */
export function Direct({ attempt }: { attempt: (work: Promise<void>) => void }) {
  const v2 = useSignal(false);
  const own = api.datasets.value.find((one) => one.dataset === dataset());
  if (!own?.direct) return null;
  const enter = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = (name: string) => (form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement | null)?.value ?? '';
    const settings = {
      base_url: own.gateway,
      username: given('username'),
      password_secret: 'PASSWORD',
      ...(v2.value ? { api: 2 } : { client_id: given('client-id'), client_secret_secret: 'CLIENT' }),
    };
    const secrets = { PASSWORD: given('password'), ...(!v2.value && { CLIENT: given('client-secret') }) };
    attempt(showPulled(own.dataset, given('direct-resource'), settings, secrets));
    for (const name of ['password', 'client-secret']) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement) field.value = '';
    }
  };
  const field = (name: string, label: string, more: InputHTMLAttributes<HTMLInputElement> = {}) => (
    <div class="field">
      <label for={name}>{label}</label>
      <input id={name} name={name} required autocomplete="off" spellcheck={false} {...more} />
    </div>
  );
  return (
    <form class="card stack" onSubmit={enter}>
      <h3>Connect to {own.gateway} from here</h3>
      <p class="note">Your own login goes from this page to the gateway and nowhere else, and is forgotten after the answer. The gateway must allow this page’s origin.</p>
      <div class="field">
        <label for="direct-resource">Resource</label>
        <select id="direct-resource" name="direct-resource">
          {own.resources.map((one) => (
            <option key={one} selected={one === 'users'}>
              {one}
            </option>
          ))}
        </select>
      </div>
      <label>
        <input type="checkbox" checked={v2.value} onChange={(event) => (v2.value = event.currentTarget.checked)} />
        The gateway is a 2.x
      </label>
      <div class="row end">
        {field('username', 'Web admin')}
        {field('password', 'Password', { type: 'password' })}
        {!v2.value && field('client-id', 'Client id')}
        {!v2.value && field('client-secret', 'Client secret', { type: 'password' })}
      </div>
      <div>
        <button type="submit">Connect and preview</button>
      </div>
    </form>
  );
}
