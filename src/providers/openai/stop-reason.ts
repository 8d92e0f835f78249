// Why a chat completion ended, in the words of the Messages API. Pure.

import { UpstreamFailure } from "../failure.ts";

/** `finish_reason`, and what else servers call it; other words are handed on as they are. */
const STOP_REASONS = new Map([
  ["stop", "end_turn"],
  ["eos", "end_turn"],
  ["length", "max_tokens"],
  ["model_length", "model_context_window_exceeded"], // Mistral
  ["tool_calls", "tool_use"],
  ["function_call", "tool_use"],
  ["content_filter", "refusal"],
]);

/** Finishes that are none: OpenRouter, vLLM and DeepSeek say so when their engine failed. */
const FAILED = new Set(["error", "abort", "insufficient_system_resource"]);

export interface Ending {
  /** What the upstream said, if it did. */
  finishReason: string | null;
  /** It refused, in words of refusal. */
  refused: boolean;
  /** It named the stop sequence that it came upon. */
  stopped: boolean;
  /** It called tools. */
  called: boolean;
}

/** Throws `UpstreamFailure` where the answer ended without having come to its end. */
export function toStopReason({ finishReason, refused, stopped, called }: Ending): string {
  if (finishReason === null) throw brokenOff("The upstream's stream ended before its answer did.");
  if (FAILED.has(finishReason)) {
    throw brokenOff(`The upstream gave up on its answer (${finishReason}).`);
  }
  if (refused) return "refusal";
  const reason = STOP_REASONS.get(finishReason) ?? finishReason;
  // Servers are often wrong about this, and a client that reads it would look for calls in vain.
  if (reason === "tool_use" && !called) return "end_turn";
  if (reason !== "end_turn") return reason;
  if (called) return "tool_use";
  return stopped ? "stop_sequence" : "end_turn";
}

function brokenOff(message: string): UpstreamFailure {
  return new UpstreamFailure("api_error", message, { retryable: true });
}
