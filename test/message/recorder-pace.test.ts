// How often a recorder writes: the floor between its rows, on whatever disk and by whatever clock.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FLOOR_MS, play, Trial } from "../support/trial.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A beginning, then a delta every 10 ms. */
function steady(count: number): Record<number, string> {
  const deltas = Array.from({ length: count }, (_, at) => [(at + 1) * 10, "d"]);
  return { 0: "MBd", ...Object.fromEntries(deltas) };
}

test.for<[latencyMs: number, everyMs: number]>([
  [1, FLOOR_MS],
  [5, FLOOR_MS],
  [10, 30],
  [100, 300],
  [300, 900],
  [500, 1_000],
  [2_000, 2_000],
])("where a commit takes %i ms, one is made every %i ms", async ([latencyMs, everyMs]) => {
  const { pace } = await play(latencyMs, steady(4_000));
  expect(pace).toBeGreaterThanOrEqual(everyMs * 0.95);
  expect(pace).toBeLessThanOrEqual(everyMs + 10);
});

test("when commits are quick again, the floor falls again", async () => {
  const trial = new Trial({ latencyMs: 300 });
  trial.record("MBd");
  for (let at = 0; at < 20_000; at += 10) {
    if (at === 5_000) expect(trial.pace).toBeGreaterThan(500);
    if (at === 5_000) trial.latencyMs = 1;
    trial.record("d");
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(trial.pace).toBe(FLOOR_MS);
});

test("100 events a second cost no more than a row for two", async () => {
  const { rows, written } = await play(1, steady(1_000));
  expect(written).toHaveLength(1_003);
  expect(rows.length).toBeLessThanOrEqual(0.5 * 1_003 + 3);
});

test("however it comes, a row costs a floor", async () => {
  const trial = new Trial({ floorMs: 50 });
  trial.record("MBd");
  let seed = 7;
  while (Date.now() < 60_000) {
    seed = (seed * 48_271) % 2_147_483_647;
    await vi.advanceTimersByTimeAsync(seed % 120);
    trial.record("d");
  }
  await vi.runAllTimersAsync();
  const at = trial.rows.map((row) => row.at);
  // So many rows in any time at all, and a token that was left over, and the row that begins it.
  const mostIn = (ms: number) =>
    Math.max(...at.map((from) => at.filter((one) => one >= from && one < from + ms).length));
  for (const floors of [1, 2, 10, 100, 1_000])
    expect(mostIn(50 * floors)).toBeLessThanOrEqual(floors + 1);
});

test("text that comes at the pace of the floor does not wait, early or late by a little", async () => {
  const trial = new Trial();
  trial.record("MBd");
  for (let at = 1; at <= 200; at += 1) {
    await vi.advanceTimersByTimeAsync(at * FLOOR_MS + (at % 5) - Date.now());
    trial.record("d");
  }
  expect(trial.rows).toHaveLength(201);
});

test.for([-3_600_000, -1, 3_600_000])(
  "when the clock is set by %i ms, nothing waits for longer than a floor",
  async (ms) => {
    const trial = new Trial();
    trial.record("MBd");
    await vi.advanceTimersByTimeAsync(30);
    vi.setSystemTime(Date.now() + ms);
    for (const count of [2, 3]) {
      trial.record("d");
      await vi.advanceTimersByTimeAsync(FLOOR_MS);
      expect(trial.rows).toHaveLength(count);
    }
  },
);

test.for([-3_600_000, 3_600_000])(
  "when the clock is set by %i ms during a write, the floor soon follows again",
  async (ms) => {
    const trial = new Trial();
    trial.record("MBd");
    vi.setSystemTime(Date.now() + ms);
    for (const [latencyMs, floorMs] of [
      [1, FLOOR_MS],
      [100, 300],
    ] as const) {
      trial.latencyMs = latencyMs;
      for (let at = 0; at < 10_000; at += 10) {
        trial.record("d");
        await vi.advanceTimersByTimeAsync(10);
      }
      expect(trial.pace).toBeGreaterThanOrEqual(floorMs * 0.95);
      expect(trial.pace).toBeLessThanOrEqual(floorMs + 10);
    }
  },
);

test.for<[floorMs: number, rowsAt: number[]]>([
  [0, [0, 1, 2, 3, 4, 5]],
  [0.5, [0, 1, 2, 3, 4, 5]],
  [60_000, [0, 1, 60_000]],
])("of a floor of %d ms, with text every ms: rows at %j", async ([floorMs, rowsAt]) => {
  const trial = new Trial({ floorMs, latencyMs: 0 });
  trial.record("MBd");
  for (let at = 1; at <= 5; at += 1) {
    await vi.advanceTimersByTimeAsync(1);
    trial.record("d");
  }
  await vi.runAllTimersAsync();
  expect(trial.rows.map(({ at }) => at)).toEqual(rowsAt);
});
