// The least time between the rows of a message, in ms. Rows are what a message costs: text that nobody
// waits for is written in longer pieces.

import { type Env, settingsOf } from "../env.ts";

export function flushInterval(env: Env, isWatched: boolean): number {
  try {
    const { FLUSH_INTERVAL_MS, UNWATCHED_FLUSH_INTERVAL_MS } = settingsOf(env);
    if (isWatched) return FLUSH_INTERVAL_MS;
    return Math.max(FLUSH_INTERVAL_MS, UNWATCHED_FLUSH_INTERVAL_MS);
  } catch {
    return 0; // the settings are faulty: a message that was lost comes to its end all the same
  }
}
