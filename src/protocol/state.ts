// The life of a message, as data. No storage, no clock, no network: the object feeds signals in
// and obeys what comes out.

import type { Problem } from "./errors.ts";

export type State =
  /** `attempt` is the try at the turn after so many others have ended: 1, 2, 3. */
  | { status: "pending"; attempt: number; turn: number }
  | { status: "processing"; attempt: number; turn: number }
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
  | { type: "lost"; resumable: boolean; turn: number };

/** A turn that is lost so often takes its object down with it: no further try would help. */
export const MAX_ATTEMPTS = 3;

export const INITIAL: State = { status: "pending", attempt: 1, turn: 0 };

export function isTerminal(state: State): state is Terminal {
  return state.status !== "pending" && state.status !== "processing";
}

export function next(state: State, signal: Signal): State {
  if (isTerminal(state)) return state; // late and repeated signals are harmless
  switch (signal.type) {
    case "started":
      return { ...state, status: "processing" };
    case "completed":
      return { status: "completed" };
    case "cancelled":
      return { status: "cancelled" };
    case "failed":
      return { status: "error", problem: signal.problem };
    case "lost": {
      const { turn, resumable } = signal;
      const attempts = turn > state.turn ? 1 : state.attempt;
      return resumable && attempts < MAX_ATTEMPTS
        ? { status: "pending", attempt: attempts + 1, turn }
        : { status: "error", problem: { reason: "interrupted", attempts } };
    }
  }
}
