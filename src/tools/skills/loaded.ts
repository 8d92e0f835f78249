// Which skills are loaded, as the conversation has it: what was loaded, unloaded, and pushed out by
// others. Pure.

import { isRecord } from "../../lib/zod-kinds.ts";
import type { ContentBlock } from "../../protocol/event.ts";
import { isResult } from "../../protocol/turns.ts";

/** As many as may be loaded where the request does not say. */
export const DEFAULT_MAXIMUM = 1;

export interface Reading {
  /** What the call of a tool by this name does. `isOurs`: it ran here, for certain. */
  verbOf(tool: string, isOurs: boolean): "load" | "unload" | undefined;
  /** Whether there is a skill of this name that can be loaded. */
  isLoadable(skill: string): boolean;
  maximum: number;
}

/** The names of the skills that are loaded after `blocks`, the oldest first. */
export function loadedSkills(
  blocks: Iterable<ContentBlock>,
  { verbOf, isLoadable, maximum }: Reading,
): string[] {
  const calls = new Map<unknown, { verb: "load" | "unload"; input: unknown }>();
  let loaded: string[] = [];
  for (const block of blocks) {
    if (isResult(block)) {
      const call = calls.get(block.tool_use_id);
      const skill = call && doneTo(call.input, call.verb, block);
      if (skill === undefined || !isLoadable(skill)) continue;
      loaded = loaded.filter((one) => one !== skill);
      if (call?.verb === "load") loaded = [...loaded, skill].slice(-maximum);
    } else if (block.type === "server_tool_use" || block.type === "tool_use") {
      const verb = verbOf(String(block.name), block.type === "server_tool_use");
      if (verb) calls.set(block.id, { verb, input: block.input });
    }
  }
  return loaded;
}

/** The skill that a call has loaded or unloaded; undefined where it did not. */
function doneTo(
  input: unknown,
  verb: "load" | "unload",
  { content, is_error }: ContentBlock,
): string | undefined {
  const told = parse(textOf(content));
  const asked = isRecord(input) && typeof input.name === "string" ? input.name : undefined;
  // Of a result that somebody has shortened or rewritten, the call tells as much.
  if (!told) return is_error === true ? undefined : asked;
  if ("error" in told || (verb === "unload" && told.unloaded !== true)) return undefined;
  return typeof told.name === "string" ? told.name : asked;
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content ?? "");
  return content.map((block) => (isRecord(block) ? (block.text ?? "") : "")).join("");
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
