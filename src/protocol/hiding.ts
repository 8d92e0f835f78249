// Parts of a message that some of those who watch are not to see. Every event keeps its place and its
// kind, emptied: whoever counts ids finds no gap, and the rest folds as it would with the parts. Pure.

import { isRecord } from "../lib/zod-kinds.ts";
import type { ContentBlock, Delta, LoggedEvent, StreamEvent } from "./event.ts";

export const PARTS = ["thinking", "tool_input"] as const;
/** `thinking`: also what is redacted and signed of it. `tool_input`: of calls, wherever they run. */
export type Part = (typeof PARTS)[number];

/** By what a type says of itself, so that one that is newer than this service hides as well. */
const TYPES: Record<Part, RegExp> = { thinking: /thinking|signature/, tool_input: /^input/ };

/** What is left of a block or a delta, where clients look for something. */
const EMPTY: Record<string, Record<string, string>> = {
  thinking: { thinking: "", signature: "" },
  redacted_thinking: { data: "" },
  thinking_delta: { thinking: "" },
  signature_delta: { signature: "" },
  input_json_delta: { partial_json: "" },
};

/** `event` without `parts`; the very same where there is nothing to hide. */
export function hideParts(event: StreamEvent, parts: readonly Part[]): StreamEvent {
  if (parts.length === 0) return event;
  switch (event.type) {
    case "message_start": {
      const { message } = event;
      if (!message.content?.length) return event;
      const content = message.content.map((block) => hideInBlock(block, parts));
      return { ...event, message: { ...message, content } };
    }
    case "content_block_start": {
      const content_block = hideInBlock(event.content_block, parts);
      return content_block === event.content_block ? event : { ...event, content_block };
    }
    case "content_block_delta":
      return isHidden(event.delta.type, parts)
        ? { ...event, delta: toEmpty(event.delta.type) as Delta }
        : event;
    default:
      return event;
  }
}

/** The same for an event of a log. What hides nothing keeps its text to the byte. */
export function hideLogged(logged: LoggedEvent, parts: readonly Part[]): LoggedEvent {
  const event = JSON.parse(logged.data) as StreamEvent;
  const hidden = hideParts(event, parts);
  return hidden === event ? logged : { ...logged, data: JSON.stringify(hidden) };
}

function hideInBlock(block: ContentBlock, parts: readonly Part[]): ContentBlock {
  if (!isRecord(block)) return block; // what a message begins with is the upstream's, unchecked
  if (isHidden(block.type, parts)) return toEmpty(block.type);
  return parts.includes("tool_input") && "input" in block ? { ...block, input: {} } : block;
}

function isHidden(type: string, parts: readonly Part[]): boolean {
  return parts.some((part) => TYPES[part].test(type));
}

function toEmpty(type: string): ContentBlock {
  return { type, ...EMPTY[type] };
}
