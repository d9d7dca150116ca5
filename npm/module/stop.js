// The end of work, for which several may wish.

/**
 * A controller that aborts as soon as one of the signals does. `release` it when the work is over: signals may live longer.
 * @param {(AbortSignal | undefined)[]} signals
 */
export function either(...signals) {
  const stop = new AbortController();
  const ends = signals.flatMap((signal) => {
    if (!signal) return [];
    const end = () => stop.abort(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
    return [() => signal.removeEventListener('abort', end)];
  });
  return { stop, release: () => ends.forEach((end) => end()) };
}
