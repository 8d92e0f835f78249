// Timers that the code under test leaves behind.

import { vi } from "vitest";

/** Tells the delays, in ms, of timers that were set since, have not rung and are not cleared. */
export function watchTimers(): () => number[] {
  const pending = new Map<unknown, number>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((ring: () => void, ms = 0) => {
    const timer = set(() => {
      pending.delete(timer);
      ring();
    }, ms);
    pending.set(timer, ms);
    return timer;
  }) as typeof setTimeout);
  vi.spyOn(globalThis, "clearTimeout").mockImplementation(((timer: number | null) => {
    pending.delete(timer);
    clear(timer);
  }) as typeof clearTimeout);
  return () => [...pending.values()];
}
