// Whether an answer has the form that was asked for. Pure.

import { createCheck } from "../lib/json-schema.ts";
import type { MessageRequest } from "../protocol/request.ts";

type OutputFormat = NonNullable<MessageRequest["output_config"]>["format"];

/** Why `text`, the whole of an answer, is not what `format` asks for; undefined where it is. */
export function checkOutput(format: OutputFormat, text: string): string | undefined {
  if (!format) return undefined;
  if (text.trim() === "") return "It has no text.";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "It is not JSON.";
  }
  return createCheck(format.schema)(value);
}
