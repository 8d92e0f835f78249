// What may be cleared from a conversation that grows too long: the edits of `context_management`.
// https://docs.claude.com/en/docs/build-with-claude/context-editing

import * as z from "zod";
import { choice, fields, isRecord, list } from "../lib/zod-kinds.ts";
import { names } from "./artifact.ts";

/** There are few kinds of edit, and each is given once. */
const MAX_EDITS = 32;

const count = z.int().min(0);
const inputTokens = fields({ type: z.literal("input_tokens"), value: count });
const toolUses = fields({ type: z.literal("tool_uses"), value: count });
const thinkingTurns = fields({ type: z.literal("thinking_turns"), value: z.int().min(1) });

const clearToolUses = fields({
  type: z.literal("clear_tool_uses_20250919"),
  trigger: z.discriminatedUnion("type", [inputTokens, toolUses]).optional(),
  keep: toolUses.optional(),
  clear_at_least: inputTokens.optional(),
  exclude_tools: names.optional(),
  clear_tool_inputs: choice([z.boolean(), names], (value, [all, some]) =>
    Array.isArray(value) ? some : all,
  ).optional(),
});

const clearThinking = fields({
  type: z.literal("clear_thinking_20251015"),
  keep: choice(
    [
      z.literal("all"),
      z.discriminatedUnion("type", [thinkingTurns, fields({ type: z.literal("all") })]),
    ],
    (value, [all, turns]) => (isRecord(value) ? turns : all),
  ).optional(),
});

/** One that only an Anthropic-compatible upstream may know. */
const unknownEdit = fields({ type: z.string().min(1).brand<"unknown edit">() });

const edit = choice(
  [clearToolUses, clearThinking, unknownEdit],
  (value, [uses, thinking, other]) => {
    const type = isRecord(value) ? value.type : undefined;
    if (type === "clear_tool_uses_20250919") return uses;
    return type === "clear_thinking_20251015" ? thinking : other;
  },
);
export type ContextEdit = z.output<typeof edit>;

export const contextManagement = fields({ edits: list(edit, MAX_EDITS).optional() });
