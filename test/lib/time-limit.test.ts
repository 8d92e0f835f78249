// A limit in time: when it passes, and that it leaves nothing behind.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTimeLimit } from "../../src/lib/time-limit.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

// When it is begun anew, and when it has passed, in ms.
test.for<[number[], number]>([
  [[], 1_000],
  [[400], 1_400],
  [[400, 900, 1_899], 2_899],
  [[1_000], 1_000],
])("of 1000 ms, begun anew at %j: passes at %i", ([restarts, at]) => {
  const limit = createTimeLimit(1_000);
  for (const restart of restarts) setTimeout(() => limit.restart(), restart);
  vi.advanceTimersByTime(at - 1);
  expect(limit.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(limit.signal.aborted).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("stopped, it never passes, and keeps nothing awake", () => {
  const limit = createTimeLimit(1_000);
  limit.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(5_000);
  expect(limit.signal.aborted).toBe(false);
});

test("a clock that is set back makes it no longer than twice as long", () => {
  const limit = createTimeLimit(1_000);
  vi.advanceTimersByTime(500);
  vi.setSystemTime(Date.now() - 3_600_000);
  vi.advanceTimersByTime(1_500);
  expect(limit.signal.aborted).toBe(true);
});
