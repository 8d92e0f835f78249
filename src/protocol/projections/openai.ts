// Chat Completions, as OpenAI streams them. What runs on our side is not told: a client would take a
// call for its own to run. https://platform.openai.com/docs/api-reference/chat-streaming

import { isRecord } from "../../lib/zod-kinds.ts";
import type { ContentBlock, Delta, StreamEvent, Usage } from "../event.ts";
import { mergeUsage } from "../progress.ts";
import { addressOf } from "./citation.ts";
import type { Projection, Step } from "./projection.ts";

interface State {
  /** In seconds, as every chunk tells it. */
  created: number;
  id: string;
  model: string;
  /** Types of blocks, by their index. */
  types: Readonly<Record<number, string>>;
  /** The number of each call that the caller is to run, by the index of its block. */
  calls: Readonly<Record<number, number>>;
  usage: Usage;
}

export const openai: Projection<State> = {
  headers: {},
  begin: (createdAt) => ({
    created: Math.floor(createdAt / 1000),
    id: "",
    model: "",
    types: {},
    calls: {},
    usage: { input_tokens: 0, output_tokens: 0 },
  }),
  step,
};

function step(state: State, event: StreamEvent): Step<State> {
  switch (event.type) {
    case "message_start": {
      const { id, model, usage } = event.message;
      const begun = { ...state, id, model, usage: mergeUsage(state.usage, usage) };
      return say(begun, { role: "assistant", content: "" });
    }
    case "content_block_start":
      return begin(state, event.index, event.content_block);
    case "content_block_delta":
      return add(state, event.index, event.delta);
    case "message_delta": {
      const { stop_reason, stop_sequence } = event.delta;
      const counted = { ...state, usage: mergeUsage(state.usage, event.usage) };
      if (stop_reason == null) return { state: counted, chunks: [] }; // a turn ended, and more follow
      const finish_reason = toFinishReason(stop_reason);
      // Which sequence it was is told as vLLM and its like do.
      const stop = stop_sequence == null ? {} : { stop_reason: stop_sequence };
      const choice = { index: 0, delta: {}, finish_reason, ...stop };
      return { state: counted, chunks: [toChunk(state, [choice])] };
    }
    case "message_stop":
      return { state, chunks: [{ ...toChunk(state, []), usage: toUsage(state.usage) }] };
    case "error": {
      const { type, message } = event.error;
      return { state, chunks: [{ error: { message, type, param: null, code: null } }] };
    }
    default:
      return { state, chunks: [] };
  }
}

/** Blocks begin empty, but for those that came whole. */
function begin(before: State, index: number, block: ContentBlock): Step<State> {
  const state = { ...before, types: { ...before.types, [index]: block.type } };
  if (block.type === "text" && block.text) return say(state, { content: block.text });
  if (block.type === "thinking" && block.thinking) {
    return say(state, { reasoning_content: block.thinking });
  }
  if (block.type !== "tool_use") return { state, chunks: [] };
  const number = Object.keys(state.calls).length;
  const calling = { ...state, calls: { ...state.calls, [index]: number } };
  const isWhole = Object.keys((block.input as object | undefined) ?? {}).length > 0;
  const given = isWhole ? JSON.stringify(block.input) : "";
  const { id, name } = block;
  return call(calling, index, { id, type: "function", function: { name, arguments: given } });
}

function add(state: State, index: number, delta: Delta): Step<State> {
  const type = state.types[index];
  if (delta.type === "text_delta" && type === "text") return say(state, { content: delta.text });
  if (delta.type === "thinking_delta" && type === "thinking") {
    return say(state, { reasoning_content: delta.thinking });
  }
  if (delta.type === "input_json_delta") {
    return call(state, index, { function: { arguments: delta.partial_json } });
  }
  if (delta.type === "citations_delta") return cite(state, delta.citation);
  return { state, chunks: [] };
}

function say(state: State, delta: object): Step<State> {
  return { state, chunks: [toChunk(state, [{ index: 0, delta, finish_reason: null }])] };
}

function call(state: State, index: number, told: object): Step<State> {
  const number = state.calls[index];
  if (number === undefined) return { state, chunks: [] };
  return say(state, { tool_calls: [{ index: number, ...told }] });
}

function cite(state: State, citation: unknown): Step<State> {
  const url = addressOf(citation);
  if (url === undefined) return { state, chunks: [] };
  const { title } = citation as { title?: unknown };
  const annotation = { type: "url_citation", url_citation: { url, title: title ?? "" } };
  return say(state, { annotations: [annotation] });
}

function toChunk({ id, created, model }: State, choices: object[]) {
  return { id, object: "chat.completion.chunk", created, model, choices };
}

/** Those of the Messages API leave out what was read from a cache or written to it. */
function toUsage(usage: Usage) {
  const read = Number(usage.cache_read_input_tokens ?? 0);
  const written = Number(usage.cache_creation_input_tokens ?? 0);
  const prompt_tokens = usage.input_tokens + read + written;
  const { thinking_tokens } = isRecord(usage.output_tokens_details)
    ? usage.output_tokens_details
    : {};
  return {
    prompt_tokens,
    completion_tokens: usage.output_tokens,
    total_tokens: prompt_tokens + usage.output_tokens,
    prompt_tokens_details: { cached_tokens: read },
    ...(thinking_tokens !== undefined && {
      completion_tokens_details: { reasoning_tokens: thinking_tokens },
    }),
  };
}

function toFinishReason(stopReason: string): string {
  switch (stopReason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "tool_use":
      return "tool_calls";
    case "refusal":
      return "content_filter";
    case "cancelled":
      return "abort"; // OpenAI has no word for it; this is vLLM's
    default:
      return "stop";
  }
}
