// How a log ends: the last events for each terminal state. Pure.

import { type Problem, toWire } from "../protocol/errors.ts";
import { type OutgoingEvent, type StreamEvent, toOutgoing } from "../protocol/event.ts";
import { type Progress, usageSoFar } from "../protocol/progress.ts";
import { emptyMessage } from "../protocol/snapshot.ts";
import type { Terminal } from "../protocol/state.ts";
import { toResultEvents, toUnknownResult } from "../tools/blocks.ts";
import type { ContainerTold } from "../tools/container/container.ts";
import type { Opening } from "./record.ts";

/**
 * What follows the closing of open blocks. Empty for a completed message: upstream's own end stands.
 * `container` is that in which tools have worked.
 */
export function endingOf(
  state: Terminal,
  progress: Progress,
  opening: Opening,
  container?: ContainerTold,
): OutgoingEvent[] {
  switch (state.status) {
    case "completed":
      return [];
    case "cancelled":
      return [...unknown(progress), ...cancelled(progress, opening, container)].map(toOutgoing);
    case "error":
      return [...unknown(progress), errorEvent(state.problem, opening.requestId)].map(toOutgoing);
  }
}

/** No call that may have run is left without a word: a conversation could not go on from it. */
function unknown({ turns, nextIndex }: Progress): StreamEvent[] {
  return toResultEvents(turns.due.map(toUnknownResult), nextIndex);
}

function cancelled(
  progress: Progress,
  { messageId, model }: Opening,
  container: ContainerTold | undefined,
): StreamEvent[] {
  const start: StreamEvent[] = progress.started
    ? []
    : [{ type: "message_start", message: emptyMessage(messageId, model) }];
  return [
    ...start,
    {
      type: "message_delta",
      delta: { stop_reason: "cancelled", stop_sequence: null, ...(container && { container }) },
      usage: usageSoFar(progress),
    },
    { type: "message_stop" },
  ];
}

function errorEvent(problem: Problem, requestId: string): StreamEvent {
  const { type, message } = toWire(problem).error;
  return { type: "error", error: { type, message }, request_id: requestId };
}
