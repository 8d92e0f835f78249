// Waiting: for a while, and for what may not come.

/** When to wait no longer. */
export interface Patience {
  silenceMs: number;
  signal: AbortSignal;
}

/** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return bounded(promise, reject, ms, resolve, signal);
}

/** What `news` brings. Rejects where that takes too long, or is no longer wanted. */
export function within<T>(news: Promise<T>, { silenceMs, signal }: Patience): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  news.then(resolve, reject);
  const tooLong = (): void => reject(new Error(`nothing came for ${silenceMs} ms`));
  return bounded(promise, reject, silenceMs, tooLong, signal);
}

/** `promise`, unless the time or the signal settles it first. */
function bounded<T>(
  promise: Promise<T>,
  reject: (reason: unknown) => void,
  ms: number,
  onTime: () => void,
  signal: AbortSignal | undefined,
): Promise<T> {
  const timer = setTimeout(onTime, ms);
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  });
}
