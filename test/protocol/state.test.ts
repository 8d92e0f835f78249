import { expect, test } from "vitest";
import type { Problem } from "../../src/protocol/errors.ts";
import { INITIAL, MAX_ATTEMPTS, next, type Signal, type State } from "../../src/protocol/state.ts";

const problem: Problem = { reason: "internal" };
const pending = (attempt: number, turn = 0): State => ({ status: "pending", attempt, turn });
const processing = (attempt: number, turn = 0): State => ({ status: "processing", attempt, turn });
const lost = (turn = 0, resumable = true): Signal => ({ type: "lost", resumable, turn });
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
  lost(),
  lost(0, false),
];

test.for<[State, Signal, State]>([
  [INITIAL, { type: "started" }, processing(1)],
  [INITIAL, { type: "cancelled" }, { status: "cancelled" }],
  [INITIAL, { type: "failed", problem }, { status: "error", problem }],
  [processing(1), { type: "started" }, processing(1)],
  [processing(1), { type: "completed" }, { status: "completed" }],
  [processing(2), { type: "cancelled" }, { status: "cancelled" }],
  [processing(1), lost(), pending(2)],
  [pending(2), lost(), pending(3)],
  [processing(1), lost(0, false), interrupted(1)],
  [pending(MAX_ATTEMPTS), lost(), interrupted(MAX_ATTEMPTS)],
  [processing(MAX_ATTEMPTS), lost(1), pending(2, 1)],
  [processing(2, 1), lost(1), pending(3, 1)],
  [processing(MAX_ATTEMPTS, 1), lost(1), interrupted(MAX_ATTEMPTS)],
  [processing(1, 1), lost(4, false), interrupted(1)],
])("%j, %j -> %j", ([from, signal, to]) => {
  expect(next(from, signal)).toEqual(to);
});

test("nothing follows an end", () => {
  for (const end of ends) {
    for (const signal of signals) expect(next(end, signal)).toBe(end);
  }
});
