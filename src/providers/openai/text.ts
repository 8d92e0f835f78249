// Text in the shapes that chunks of chat completions have it: mostly a string. Pure.

import { isRecord } from "../../lib/zod-kinds.ts";

export interface TextPart {
  type: "text" | "thinking";
  text: string;
}

/** The parts of a delta's `content`: a string, or Mistral's list that may hold thinking as well. */
export function readParts(content: unknown): TextPart[] {
  if (!Array.isArray(content)) return [{ type: "text", text: toText(content) }];
  return content.map((part) => {
    return isRecord(part) && part.type === "thinking"
      ? { type: "thinking", text: toText(part.thinking) }
      : { type: "text", text: toText(part) };
  });
}

/** The text in a string, a part, or a list of them; nothing where there is none. */
export function toText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(toText).join("");
  if (!isRecord(value)) return "";
  return toText(value.text ?? value.content ?? value.summary);
}
