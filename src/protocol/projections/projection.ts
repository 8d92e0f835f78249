// The same log in the words of another protocol, for clients that read that one.

import type { StreamEvent } from "../event.ts";

/** A fold over the events: where one stands is all that is known of what came before. */
export interface Projection<State> {
  /** Of the answer, beside those of every event stream. */
  readonly headers: Record<string, string>;
  /** Before the first event of a message that was started at `createdAt`, in ms. */
  begin(createdAt: number): State;
  step(state: State, event: StreamEvent): Step<State>;
}

export interface Step<State> {
  state: State;
  /** What is said of the event, a frame each. */
  chunks: readonly object[];
}

/** What follows the last frame, in every protocol there is a projection to. */
export const DONE = "[DONE]";
