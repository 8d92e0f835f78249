// Watching one message on a page that may lose its line, or be closed and opened again: each event
// once, with the time at which it came.

import type { AsyncMessages, ConnectionState, Observed } from "../client/client.ts";
import { keepTimes, keptTimes } from "./recent.ts";

export interface Watcher {
  /** `at` is undefined for an event that was there before anybody here looked. */
  onEvent(observed: Observed, at: number | undefined): void;
  onLine(words: string): void;
}

/**
 * Resolves when the message has ended; rejects where the service refuses, or the signal aborts.
 * `seen` is the id of the last event that was there before.
 */
export async function watch(
  client: AsyncMessages,
  messageId: string,
  seen: number,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<void> {
  const times = new Map(keptTimes(messageId));
  const keep = (): void => keepTimes(messageId, [...times]);
  addEventListener("pagehide", keep, { signal });
  let last = 0;
  let isOver = false;
  try {
    while (!isOver) {
      const hurry = new AbortController();
      // The browser knows sooner than any clock that it is worth another try.
      addEventListener("online", () => hurry.abort(), { signal: hurry.signal });
      const observation = client.observe(messageId, {
        from: last,
        signal: AbortSignal.any([signal, hurry.signal]),
        onState: (state) => watcher.onLine(describe(state)),
      });
      try {
        for await (const observed of observation) {
          last = observed.id;
          if (last > seen && !times.has(last)) times.set(last, Date.now());
          watcher.onEvent(observed, times.get(last));
        }
        isOver = true;
      } catch (cause) {
        if (signal.aborted || !hurry.signal.aborted) throw cause;
      } finally {
        hurry.abort();
      }
    }
  } finally {
    keep();
  }
}

function describe(state: ConnectionState): string {
  switch (state.phase) {
    case "connecting":
      return "connecting …";
    case "live":
      return state.transport === "sse" ? "live" : "live, over a WebSocket";
    case "waiting":
      return navigator.onLine ? "connection lost, trying again …" : "offline";
    case "ended":
      return "";
  }
}
