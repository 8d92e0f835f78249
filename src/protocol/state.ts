// The life of a message, as data. No storage, no clock, no network: the object feeds signals in
// and obeys what comes out.

import type { Problem } from "./errors.ts";

export type State =
  | { status: "pending"; attempt: number }
  | { status: "processing"; attempt: number }
  | { status: "completed" }
  | { status: "cancelled" }
  | { status: "error"; problem: Problem };

export type Status = State["status"];
export type Terminal = Extract<State, { status: "completed" | "cancelled" | "error" }>;

export type Signal =
  | { type: "started" }
  | { type: "completed" }
  | { type: "cancelled" }
  | { type: "failed"; problem: Problem }
  /** The run is gone without a word: the object was moved, updated or killed. */
  | { type: "lost"; resumable: boolean };

/** A run that is lost so often takes its object down with it: no further try would help. */
export const MAX_ATTEMPTS = 3;

export const INITIAL: State = { status: "pending", attempt: 1 };

export function isTerminal(state: State): state is Terminal {
  return state.status !== "pending" && state.status !== "processing";
}

export function next(state: State, signal: Signal): State {
  if (isTerminal(state)) return state; // late and repeated signals are harmless
  switch (signal.type) {
    case "started":
      return { status: "processing", attempt: state.attempt };
    case "completed":
      return { status: "completed" };
    case "cancelled":
      return { status: "cancelled" };
    case "failed":
      return { status: "error", problem: signal.problem };
    case "lost":
      return signal.resumable && state.attempt < MAX_ATTEMPTS
        ? { status: "pending", attempt: state.attempt + 1 }
        : { status: "error", problem: { reason: "interrupted", attempts: state.attempt } };
  }
}
