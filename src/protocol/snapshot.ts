// What a log amounts to: events folded into the message that the synchronous endpoint returns.
// Folds as the official SDK does, so that both see the same message at every point.

import { parsePartialJson } from "../lib/partial-json.ts";
import type { ContentBlock, Delta, Message, StreamEvent } from "./event.ts";
import { mergeUsage } from "./progress.ts";

/** A message of which nothing has been said yet. */
export function emptyMessage(messageId: string, model: string): Message {
  return {
    id: messageId,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0 },
  };
}

/** The message that `events`, in order from the first, add up to. */
export function fold(empty: Message, events: Iterable<StreamEvent>): Message {
  const folding = createFolding(empty);
  for (const event of events) folding.add(event);
  return folding.message();
}

interface Folding {
  add(event: StreamEvent): void;
  message(): Message;
}

/** Tool input arrives as pieces of JSON text; it is read when the block ends, or when asked for. */
function createFolding(empty: Message): Folding {
  let message = empty;
  const inputs = new Map<number, string>();

  const readInput = (index: number): void => {
    const block = message.content[index];
    const text = inputs.get(index);
    if (!block || text === undefined) return;
    block.input = parsePartialJson(text) ?? block.input;
  };

  return {
    add(event) {
      switch (event.type) {
        case "message_start":
          message = { ...empty, ...event.message, content: [...(event.message.content ?? [])] };
          break;
        case "content_block_start":
          message.content.push({ ...event.content_block });
          break;
        case "content_block_delta": {
          const block = message.content[event.index];
          if (event.delta.type === "input_json_delta") {
            const text = inputs.get(event.index) ?? "";
            inputs.set(event.index, text + event.delta.partial_json);
          } else if (block) {
            applyDelta(block, event.delta);
          }
          break;
        }
        case "content_block_stop":
          readInput(event.index);
          inputs.delete(event.index);
          break;
        case "message_delta":
          message = {
            ...message,
            ...event.delta,
            stop_reason: event.delta.stop_reason ?? null,
            stop_sequence: event.delta.stop_sequence ?? null,
            usage: mergeUsage(message.usage, event.usage),
          };
          break;
        default:
          break;
      }
    },
    message() {
      for (const index of inputs.keys()) readInput(index);
      return message;
    },
  };
}

function applyDelta(block: ContentBlock, delta: Delta): void {
  switch (delta.type) {
    case "text_delta":
      if (block.type === "text") block.text = `${block.text ?? ""}${delta.text}`;
      break;
    case "thinking_delta":
      if (block.type === "thinking") block.thinking = `${block.thinking ?? ""}${delta.thinking}`;
      break;
    case "signature_delta":
      if (block.type === "thinking") block.signature = delta.signature;
      break;
    case "citations_delta":
      if (block.type === "text") {
        block.citations = [...((block.citations as unknown[] | null) ?? []), delta.citation];
      }
      break;
    case "input_json_delta":
      break;
  }
}
