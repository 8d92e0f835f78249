// Token counts of a chat completion as the Messages API counts them. Pure.

import type { Usage } from "../../protocol/event.ts";
import type { ChunkUsage } from "./chunk-schema.ts";

/** What `usage` says, and only that. Cached tokens are part of OpenAI's prompt, but not of our input. */
export function toUsage(usage: ChunkUsage): Partial<Usage> {
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  const cached =
    usage.prompt_tokens_details?.cached_tokens ??
    usage.prompt_cache_hit_tokens ??
    usage.cached_tokens;
  const thinking = usage.completion_tokens_details?.reasoning_tokens;
  return {
    ...(prompt != null && { input_tokens: Math.max(0, prompt - (cached ?? 0)) }),
    ...(completion != null && { output_tokens: completion }),
    ...(cached != null && { cache_read_input_tokens: cached }),
    ...(thinking != null && { output_tokens_details: { thinking_tokens: thinking } }),
  };
}
