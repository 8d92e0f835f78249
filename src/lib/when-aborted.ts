// A signal as what to do about it.

/** Calls `then` when `signal` is aborted; at once where it has been: no event follows. */
export function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener("abort", then, { once: true });
}
