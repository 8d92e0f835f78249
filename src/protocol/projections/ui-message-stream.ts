// The UI message stream of Vercel's AI SDK, version 1: what its `useChat` reads.
// https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol

import type { ContentBlock, Delta, StreamEvent } from "../event.ts";
import { isResult } from "../turns.ts";
import type { Projection, Step } from "./projection.ts";
import { type Part, partOf, toEnd, toOutput, toSource, toStart } from "./ui-parts.ts";

interface State {
  /** Blocks that have begun and not ended, by their index. */
  open: Readonly<Record<number, Part>>;
  /** Ids of calls so far: a result of any other is of nothing that the client knows. */
  calls: readonly string[];
  sources: number;
  /** True after a turn that is not the last: its results may follow, then another step. */
  isBetween: boolean;
  finishReason: string;
}

export const uiMessageStream: Projection<State> = {
  headers: { "x-vercel-ai-ui-message-stream": "v1" },
  begin: () => ({ open: {}, calls: [], sources: 0, isBetween: false, finishReason: "other" }),
  step,
};

const NEXT_STEP = [{ type: "finish-step" }, { type: "start-step" }];

function step(state: State, event: StreamEvent): Step<State> {
  switch (event.type) {
    case "message_start": {
      const { id, model } = event.message;
      const start = { type: "start", messageId: id, messageMetadata: { model } };
      return { state, chunks: [start, { type: "start-step" }] };
    }
    case "content_block_start":
      return begin(state, event.index, event.content_block);
    case "content_block_delta":
      return add(state, event.index, event.delta);
    case "content_block_stop": {
      const { [event.index]: part, ...open } = state.open;
      return { state: { ...state, open }, chunks: part ? toEnd(part) : [] };
    }
    case "message_delta": {
      const { stop_reason, stop_sequence } = event.delta;
      const messageMetadata = { usage: event.usage, stop_reason, stop_sequence };
      const after =
        stop_reason == null
          ? { ...state, isBetween: true }
          : { ...state, finishReason: toFinishReason(stop_reason) };
      return { state: after, chunks: [{ type: "message-metadata", messageMetadata }] };
    }
    case "message_stop": {
      const { finishReason } = state;
      const isCut = finishReason === "interrupted";
      const abort = isCut ? [{ type: "abort", reason: "cancelled" }] : [];
      const end = [{ type: "finish-step" }, { type: "finish", finishReason }];
      return { state, chunks: [...abort, ...end] };
    }
    case "recovery":
      // The turn begins again: what was said of it is taken back.
      return { state, chunks: event.mode === "restart" ? [{ type: "reset-step" }] : [] };
    case "error":
      return { state, chunks: [{ type: "error", errorText: event.error.message }] };
    default:
      return { state, chunks: [] };
  }
}

function begin(state: State, index: number, block: ContentBlock): Step<State> {
  if (isResult(block)) {
    const isKnown = state.calls.includes(String(block.tool_use_id));
    return { state, chunks: isKnown ? [toOutput(block)] : [] };
  }
  const part = partOf(index, block);
  const calls = part.kind === "tool" ? [...state.calls, part.id] : state.calls;
  const begun = { ...state, calls, isBetween: false, open: { ...state.open, [index]: part } };
  return { state: begun, chunks: [...(state.isBetween ? NEXT_STEP : []), ...toStart(part)] };
}

function add(state: State, index: number, delta: Delta): Step<State> {
  const part = state.open[index];
  if (!part) return { state, chunks: [] };
  const { id, kind } = part;
  const becomes = (changed: Part): State => ({
    ...state,
    open: { ...state.open, [index]: changed },
  });
  if (delta.type === "text_delta" && kind === "text") {
    return { state, chunks: [{ type: "text-delta", id, delta: delta.text }] };
  }
  if (delta.type === "thinking_delta" && kind === "reasoning") {
    return { state, chunks: [{ type: "reasoning-delta", id, delta: delta.thinking }] };
  }
  if (delta.type === "signature_delta" && kind === "reasoning") {
    return { state: becomes({ ...part, signature: delta.signature }), chunks: [] };
  }
  if (delta.type === "input_json_delta" && kind === "tool") {
    const chunk = { type: "tool-input-delta", toolCallId: id, inputTextDelta: delta.partial_json };
    return { state: becomes({ ...part, input: part.input + delta.partial_json }), chunks: [chunk] };
  }
  if (delta.type === "citations_delta") {
    const sources = state.sources + 1;
    return {
      state: { ...state, sources },
      chunks: [toSource(`source-${sources}`, delta.citation)],
    };
  }
  return { state, chunks: [] };
}

function toFinishReason(stopReason: string): string {
  switch (stopReason) {
    case "end_turn":
    case "stop_sequence":
      return "stop";
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "tool_use":
      return "tool-calls";
    case "refusal":
      return "content-filter";
    case "cancelled":
      return "interrupted";
    default:
      return "other";
  }
}
