// A further answer in a log that has begun: without a start of its own, its blocks numbered on, its
// tokens added, and of its text nothing that is there already. Pure.

import { isRecord } from "../lib/zod-kinds.ts";
import { type OutgoingEvent, type StreamEvent, toOutgoing, type Usage } from "../protocol/event.ts";
import { mergeUsage, type Progress, usageSoFar } from "../protocol/progress.ts";

/**
 * Rewrites the events of a new answer so that they follow a log that stands at `progress`. `said` is
 * the text that the new answer goes on from: the white space at its end, which upstreams are not
 * given, may come again and is dropped.
 */
export function createSequel(
  progress: Progress,
  said = "",
): (events: OutgoingEvent[]) => OutgoingEvent[] {
  const shift = progress.nextIndex;
  const before = usageSoFar(progress);
  let repeatable = said.slice(said.trimEnd().length);
  let own: Usage = { input_tokens: 0, output_tokens: 0 };

  function rewrite({ event, data }: OutgoingEvent): OutgoingEvent[] {
    switch (event.type) {
      case "message_start":
        own = mergeUsage(own, event.message.usage);
        return [];
      case "content_block_start":
      case "content_block_stop":
        return [toOutgoing({ ...event, index: event.index + shift })];
      case "content_block_delta":
        return [toOutgoing(withoutRepetition({ ...event, index: event.index + shift }))];
      case "message_delta":
        own = mergeUsage(own, event.usage);
        return [toOutgoing({ ...event, usage: sum(before, own) })];
      default:
        return [{ event, data }];
    }
  }

  function withoutRepetition(event: Extract<StreamEvent, { type: "content_block_delta" }>) {
    const { delta } = event;
    if (repeatable === "" || delta.type !== "text_delta") return event;
    let same = 0;
    while (same < delta.text.length && delta.text[same] === repeatable[same]) same += 1;
    repeatable = same < delta.text.length ? "" : repeatable.slice(same);
    return { ...event, delta: { ...delta, text: delta.text.slice(same) } };
  }

  return (events) => events.flatMap(rewrite);
}

/** What is counted adds up, within a count as well; of anything else the newer stands. */
function sum<Counts extends Record<string, unknown>>(before: Counts, own: Counts): Counts {
  const summed = Object.entries(own).map(([name, count]) => {
    const earlier = before[name];
    if (typeof count === "number" && typeof earlier === "number") return [name, earlier + count];
    return [name, isRecord(count) && isRecord(earlier) ? sum(earlier, count) : count];
  });
  return { ...before, ...Object.fromEntries(summed) };
}
