// What a chunk of a chat completion looks like, as far as we read it: OpenAI's own and what vLLM,
// SGLang, Ollama, llama.cpp, LiteLLM, OpenRouter, DeepSeek, Groq, Mistral and Moonshot add or vary.
// https://platform.openai.com/docs/api-reference/chat-streaming/streaming

import * as z from "zod";

// Nullish throughout, and a scalar of the wrong type is as good as absent: vendors differ, and none
// of them asks us first. Parsing takes 0.5 µs a chunk, about what JSON.parse takes.
const word = z.string().nullish().catch(null);
const count = z.number().nullish().catch(null);
const anything = z.unknown().optional();

const usage = z
  .object({
    prompt_tokens: count,
    completion_tokens: count,
    prompt_tokens_details: z.object({ cached_tokens: count }).nullish().catch(null),
    completion_tokens_details: z.object({ reasoning_tokens: count }).nullish().catch(null),
    /** DeepSeek, before it took over OpenAI's name. */
    prompt_cache_hit_tokens: count,
    /** Moonshot. */
    cached_tokens: count,
  })
  .nullish()
  .catch(null);
export type ChunkUsage = NonNullable<z.infer<typeof usage>>;

const calledFunction = z.object({
  name: word,
  /** JSON text, or from some an object. */ arguments: anything,
});

const toolCall = z.object({
  index: count,
  id: word,
  function: calledFunction.nullish().catch(null),
});
export type ChunkToolCall = z.infer<typeof toolCall>;

const delta = z.object({
  /** Text, or from some a list of parts. */
  content: anything,
  /** DeepSeek, vLLM, LiteLLM, llama.cpp. */
  reasoning_content: anything,
  /** Ollama, OpenRouter, Groq, newer vLLM. */
  reasoning: anything,
  /** OpenRouter, usually beside `reasoning`. */
  reasoning_details: anything,
  refusal: word,
  tool_calls: z.array(toolCall).nullish(),
  /** What `tool_calls` was before there could be several. */
  function_call: calledFunction.nullish().catch(null),
});
export type ChunkDelta = z.infer<typeof delta>;

const choice = z.object({
  index: count,
  delta: delta.nullish(),
  finish_reason: word,
  /** vLLM: the stop string that ended the text, or the number of a token. */
  stop_reason: anything,
  /** SGLang: the same. */
  matched_stop: anything,
  /** Moonshot. */
  usage,
});
export type ChunkChoice = z.infer<typeof choice>;

export const chunk = z.object({
  model: word,
  choices: z.array(choice).nullish(),
  usage,
  /** Groq. */
  x_groq: z.object({ usage }).nullish().catch(null),
});
