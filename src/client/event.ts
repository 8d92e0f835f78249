// What is observed: the official SDK's events, and the two that it has no types for.

import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages";
import type { StreamEvent } from "../protocol/event.ts";

/** The end of a message that failed, and the seam where a run was lost and goes on. */
export type OwnEvent = Extract<StreamEvent, { type: "error" | "recovery" }>;

/** An event that is newer than the SDK's types comes as it is. */
export type ObservedEvent = RawMessageStreamEvent | OwnEvent;

export interface Observed {
  /** Its place in the log: 1, 2, 3 …; of joined deltas, that of the last. */
  id: number;
  event: ObservedEvent;
}

/** Nothing follows these in a log. */
export function isTerminal({ type }: ObservedEvent): boolean {
  return type === "message_stop" || type === "error";
}
