// The form in which a message is written, and what is sent for it.

import type { StartRequest } from "../client/client.ts";
import { find } from "./elements.ts";

/** So that calls can be seen without a word of JSON. */
const SAMPLE_TOOL = {
  name: "get_weather",
  description: "The weather at a place.",
  input_schema: {
    type: "object",
    properties: {
      city: { type: "string", description: "The name of a city." },
      unit: { type: "string", enum: ["celsius", "fahrenheit"] },
      days: { type: "integer", minimum: 1, maximum: 7 },
    },
    required: ["city", "unit", "days"],
  },
};

export interface Draft {
  prompt: string;
  model: string;
  request: StartRequest;
}

/** What the form says. Throws a sentence for what cannot be sent. */
export function readDraft(): Draft {
  const prompt = find<HTMLTextAreaElement>("prompt").value;
  const model = find<HTMLInputElement>("model").value.trim() || "default";
  const request: StartRequest = {
    model,
    messages: [{ role: "user", content: prompt }],
    ...(find<HTMLInputElement>("thinking").checked && { thinking: { type: "adaptive" } }),
    ...(find<HTMLInputElement>("tool").checked && { tools: [SAMPLE_TOOL] }),
    ...parseFields(find<HTMLTextAreaElement>("fields").value),
  } as StartRequest;
  return { prompt, model, request };
}

function parseFields(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (cause) {
    throw new Error(`More fields: ${(cause as Error).message}`);
  }
  if (typeof fields === "object" && fields !== null && !Array.isArray(fields)) {
    return fields as Record<string, unknown>;
  }
  throw new Error('More fields: an object is expected, like {"max_tokens": 500}');
}

export function showModels(names: readonly string[]): void {
  const options = names.map((name) => new Option(name, name));
  find("models").replaceChildren(...options);
}
