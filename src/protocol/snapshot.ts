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
  let message = startFrom(empty, empty);
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
          message = startFrom(empty, event.message);
          break;
        case "content_block_start":
          message.content.push({ ...event.content_block });
          message.model = modelAfter(event.content_block) ?? message.model;
          break;
        case "content_block_delta": {
          const block = message.content[event.index];
          if (!block) break;
          if (event.delta.type !== "input_json_delta") applyDelta(block, event.delta);
          else if (takesInput(block)) {
            inputs.set(event.index, (inputs.get(event.index) ?? "") + event.delta.partial_json);
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
            ...conclusionOf(event),
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

/** A copy: folding changes blocks, and the event is not ours to change. */
function startFrom(empty: Message, message: Message): Message {
  const content = (message.content ?? []).map((block) => ({ ...block }));
  return { ...empty, ...message, content };
}

/** The model that took over, where a block says that one did. */
function modelAfter({ type, to }: ContentBlock): string | undefined {
  return type === "fallback" ? (to as { model?: string } | null | undefined)?.model : undefined;
}

/** `tool_use`, `server_tool_use`, `mcp_tool_use`, and what that API may call so next. */
function takesInput({ type }: ContentBlock): boolean {
  return /tool_use$/.test(type);
}

/** What `message_delta` says, its usage apart. No other field may reach the message. */
function conclusionOf(event: Extract<StreamEvent, { type: "message_delta" }>): Partial<Message> {
  const { stop_reason, stop_sequence, stop_details, container } = event.delta;
  const { context_management, input_transformations }: Record<string, unknown> = { ...event };
  const named = Object.entries({ container, context_management, input_transformations });
  return {
    stop_reason: stop_reason ?? null,
    stop_sequence: stop_sequence ?? null,
    stop_details,
    ...Object.fromEntries(named.filter(([, value]) => value != null)),
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
        const earlier = Array.isArray(block.citations) ? block.citations : [];
        block.citations = [...earlier, delta.citation];
      }
      break;
    case "compaction_delta": {
      const { type, ...told } = delta;
      if (block.type === "compaction") Object.assign(block, told);
      break;
    }
    case "input_json_delta":
      break;
  }
}
