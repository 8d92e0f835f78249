// A limit in time that holds whatever happens: what is aborted may forget to say so, as `fetch` in
// Node does at times.

export class Late extends Error {
  override readonly name = "Late";
}

/** What `doing` comes to; rejects with `Late` after `ms`, when its signal is aborted as well. */
export async function within<T>(
  ms: number,
  doing: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Late(`after ${ms} ms`);
    reject(error);
    controller.abort(error);
  }, ms);
  try {
    return await Promise.race([doing(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
