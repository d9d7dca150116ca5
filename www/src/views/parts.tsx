// Small parts that several views have.
import { useSignal } from '@preact/signals';
import type { ComponentChildren, RefObject, TargetedFocusEvent, TargetedKeyboardEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { EngineError } from '../engine/client.ts';
import { ApiError } from '../lake/api.ts';
import type { Picture } from '../pictures/dom.ts';

/** What went wrong, and what to do about it. */
export function Problem({ error, again }: { error: unknown; again?: (() => void) | undefined }) {
  const [code, help] = error instanceof ApiError ? [error.code, error.help] : error instanceof EngineError ? [error.code, undefined] : ['', undefined];
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{error instanceof Error ? error.message : String(error)}</strong>
      </p>
      {help && <p>{help}</p>}
      {code && (
        <p class="quiet">
          <code>{code}</code> in docs/errors.md
        </p>
      )}
      {again && (
        <p>
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      )}
    </div>
  );
}

export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly busy: boolean;
  again(): void;
}

/** What `load` brings, anew whenever `keys` change. The last value stays until the next one is there. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const state = useSignal<{ value?: T; error?: unknown; busy: boolean }>({ busy: true });
  const turn = useSignal(0);
  useEffect(() => {
    const stop = new AbortController();
    state.value = { ...state.peek(), busy: true, error: undefined };
    load(stop.signal).then(
      (value) => !stop.signal.aborted && (state.value = { value, busy: false }),
      (error: unknown) => !stop.signal.aborted && (state.value = { ...state.peek(), error, busy: false }),
    );
    return () => stop.abort(new DOMException('no longer wanted', 'AbortError'));
  }, [...keys, turn.value]);
  const { value, error, busy } = state.value;
  return { value, error, busy, again: () => (turn.value += 1) };
}

/** Where a picture lives as long as the view does: `draw` is called once, and the picture brought up to date whenever `keys` change. */
export function usePicture<Data>(data: Data, keys: readonly unknown[], draw: (host: HTMLElement, data: Data) => Picture<Data>): RefObject<HTMLDivElement | null> {
  const host = useRef<HTMLDivElement>(null);
  const picture = useRef<Picture<Data>>(null);
  useEffect(() => {
    if (picture.current) picture.current.update(data);
    else if (host.current) picture.current = draw(host.current, data);
  }, [...keys]);
  useEffect(() => () => picture.current?.dispose(), []);
  return host;
}

/** A modal drawer. Escape and a click beside it close it; the focus goes back to where it was. */
export function Drawer({ title, onClose, children, tools }: { title: ComponentChildren; onClose: () => void; children: ComponentChildren; tools?: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog class="drawer" ref={dialog} onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()} aria-labelledby="drawer-title">
      <header>
        <h2 id="drawer-title" tabIndex={-1}>
          {title}
        </h2>
        {tools}
        <button type="button" onClick={onClose}>
          Close
        </button>
      </header>
      <div class="body">{children}</div>
    </dialog>
  );
}

/** A list of actions behind a button. It closes when one was taken, on Escape, and when the focus leaves. */
export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
  const details = useRef<HTMLDetailsElement>(null);
  const close = () => details.current?.removeAttribute('open');
  const leave = (event: TargetedFocusEvent<HTMLDetailsElement>) => {
    if (!details.current?.contains(event.relatedTarget as Node | null)) close();
  };
  const key = (event: TargetedKeyboardEvent<HTMLDetailsElement>) => {
    if (event.key !== 'Escape') return;
    close();
    details.current?.querySelector('summary')?.focus();
  };
  return (
    <details class="menu" ref={details} onKeyDown={key} onFocusOut={leave}>
      <summary class="button">{label}</summary>
      <div onClick={(event) => event.target instanceof Element && event.target.closest('button') && close()}>{children}</div>
    </details>
  );
}

/** A column's head; `number`: of numbers, `prose`: of sentences, which a narrow screen gives more room. */
type Head = string | { readonly title: string; readonly is: 'number' | 'prose' };

/** A table of a few rows. The first cell of a row names it. */
export function Plain({ label, head, rows }: { label: string; head: readonly Head[]; rows: readonly { readonly key: string; readonly cells: readonly ComponentChildren[] }[] }) {
  const kinds = head.map((one) => (typeof one === 'string' ? undefined : one.is));
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table class="plain">
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            {head.map((one, at) => (
              <th key={at} scope="col" class={kinds[at]}>
                {typeof one === 'string' ? one : one.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, at) => (at === 0 ? <th key={at} scope="row">{cell}</th> : <td key={at} class={kinds[at]}>{cell}</td>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Hands a blob to the browser as a file. */
export function save(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  link.click();
  // The download has begun by then; revoking at once ends it in some browsers.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
