import { expect, test } from "vitest";
import type { Problem } from "../../src/protocol/errors.ts";
import { INITIAL, MAX_ATTEMPTS, next, type Signal, type State } from "../../src/protocol/state.ts";

const problem: Problem = { reason: "internal" };
const pending = (attempt: number): State => ({ status: "pending", attempt });
const processing = (attempt: number): State => ({ status: "processing", attempt });
const interrupted = (attempts: number): State => ({
  status: "error",
  problem: { reason: "interrupted", attempts },
});
const ends: State[] = [
  { status: "completed" },
  { status: "cancelled" },
  { status: "error", problem },
];
const signals: Signal[] = [
  { type: "started" },
  { type: "completed" },
  { type: "cancelled" },
  { type: "failed", problem },
  { type: "lost", resumable: true },
  { type: "lost", resumable: false },
];

test.for<[State, Signal, State]>([
  [INITIAL, { type: "started" }, processing(1)],
  [INITIAL, { type: "cancelled" }, { status: "cancelled" }],
  [INITIAL, { type: "failed", problem }, { status: "error", problem }],
  [processing(1), { type: "started" }, processing(1)],
  [processing(1), { type: "completed" }, { status: "completed" }],
  [processing(2), { type: "cancelled" }, { status: "cancelled" }],
  [processing(1), { type: "lost", resumable: true }, pending(2)],
  [pending(2), { type: "lost", resumable: true }, pending(3)],
  [processing(1), { type: "lost", resumable: false }, interrupted(1)],
  [pending(MAX_ATTEMPTS), { type: "lost", resumable: true }, interrupted(MAX_ATTEMPTS)],
])("%j, %j -> %j", ([from, signal, to]) => {
  expect(next(from, signal)).toEqual(to);
});

test("nothing follows an end", () => {
  for (const end of ends) {
    for (const signal of signals) expect(next(end, signal)).toBe(end);
  }
});
