// How long to wait before trying again.

import fc from "fast-check";
import { expect, test } from "vitest";
import { backoff } from "../../src/lib/backoff.ts";

const ALMOST_ONE = 1 - Number.EPSILON;

test.for<[attempt: number, random: number, ms: number]>([
  [0, 0, 0],
  [0, 0.5, 250],
  [0, ALMOST_ONE, 499],
  [1, 0.5, 500],
  [2, 0.5, 1_000],
  [3, 0.5, 2_000],
  [4, 0.5, 4_000],
  [5, 0.5, 4_000],
  [4, ALMOST_ONE, 7_999],
  [10_000, 0.5, 4_000],
])("attempt %i at %d waits %i ms", ([attempt, random, ms]) => {
  expect(backoff(attempt, random)).toBe(ms);
});

test("both ceilings can be others", () => {
  const waits = [0, 1, 2, 9].map((attempt) => backoff(attempt, 0.5, { first: 10, all: 30 }));
  expect(waits).toEqual([5, 10, 15, 15]);
});

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("a wait is whole milliseconds, never as much as eight seconds, and with luck nothing", () => {
  fc.assert(
    fc.property(fc.nat(), random, (attempt, random) => {
      const ms = backoff(attempt, random);
      expect(Number.isInteger(ms)).toBe(true);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(8_000);
      expect(backoff(attempt, 0)).toBe(0);
    }),
  );
});

test("patience grows with every attempt, up to the ceiling", () => {
  fc.assert(
    fc.property(fc.nat(100), random, (attempt, random) => {
      expect(backoff(attempt + 1, random)).toBeGreaterThanOrEqual(backoff(attempt, random));
    }),
  );
});
