// The stream that Workers AI's older models speak, `{"response": "…"}`, put into chunks of a chat
// completion. Newer models speak chat completions already; those chunks pass through.
// https://developers.cloudflare.com/workers-ai/features/function-calling/

import { isRecord } from "../../lib/zod-kinds.ts";
import type { Translator } from "../openai/openai.ts";

/** `maxTokens` is what was asked for: these models do not say that they were cut off. */
export function createNativeTranslator(maxTokens: number): Translator {
  let isNative = false;
  let isFinished = false;
  let outputTokens = 0;

  return {
    toChunk(json) {
      if (!isRecord(json) || json.choices !== undefined || json.error) return json;
      if (Array.isArray(json.errors) && json.errors.length > 0) return { error: json.errors[0] };
      const { response, tool_calls, usage, finish_reason } = json;
      isNative ||= response !== undefined || tool_calls !== undefined;
      isFinished ||= Boolean(finish_reason);
      if (isRecord(usage) && typeof usage.completion_tokens === "number") {
        outputTokens = usage.completion_tokens;
      }
      const delta = {
        content: toContent(response),
        tool_calls: Array.isArray(tool_calls) ? tool_calls.filter(isRecord).map(toToolCall) : null,
      };
      return { choices: [{ index: 0, delta, finish_reason }], usage };
    },
    atDone() {
      if (!isNative || isFinished) return undefined;
      const finish_reason = outputTokens >= maxTokens ? "length" : "stop";
      return { choices: [{ index: 0, finish_reason }] };
    },
  };
}

/** Text that looks like JSON arrives parsed: a number for "7", an object where JSON was asked for. */
function toContent(response: unknown): string | null {
  if (response === undefined || response === null) return null;
  return typeof response === "string" ? response : JSON.stringify(response);
}

/** `{name, arguments}`, or already as in a chat completion. */
function toToolCall(call: Record<string, unknown>): Record<string, unknown> {
  if (isRecord(call.function)) return call;
  const { name, arguments: args, ...rest } = call;
  return { ...rest, function: { name, arguments: args } };
}
