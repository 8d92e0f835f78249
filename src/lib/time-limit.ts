// A limit in time that can be begun anew, as a signal.

export interface TimeLimit {
  /** Aborted when the limit has passed since the start or the last `restart`. */
  readonly signal: AbortSignal;
  restart(): void;
  /** Ends the timer: a pending one keeps an object in memory. */
  stop(): void;
}

/** One timer however often it is begun anew: `restart` is called for every piece that arrives. */
export function createTimeLimit(limitMs: number): TimeLimit {
  const controller = new AbortController();
  let startedAt = Date.now();
  let timer: number;

  const check = (): void => {
    startedAt = Math.min(startedAt, Date.now()); // the clock may have been set back
    const leftMs = startedAt + limitMs - Date.now();
    if (leftMs > 0) timer = setTimeout(check, leftMs);
    else controller.abort();
  };
  timer = setTimeout(check, limitMs);

  return {
    signal: controller.signal,
    restart: (): void => {
      startedAt = Date.now();
    },
    stop: (): void => clearTimeout(timer),
  };
}
