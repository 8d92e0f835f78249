// The edits of `context_management` for upstreams that have none: old results of tools and old
// thinking are taken out of the conversation that is about to be sent. Pure.
// https://docs.claude.com/en/docs/build-with-claude/context-editing

import { isRecord } from "../lib/zod-kinds.ts";
import type { InputBlock } from "../protocol/content.ts";
import type { ContextEdit } from "../protocol/context-edit.ts";
import type { InputMessage } from "../protocol/conversation.ts";
import type { MessageRequest } from "../protocol/request.ts";

/** What an edit came to, as the Messages API tells it. */
export type AppliedEdit =
  | { type: "clear_tool_uses_20250919"; cleared_tool_uses: number; cleared_input_tokens: number }
  | {
      type: "clear_thinking_20251015";
      cleared_thinking_turns: number;
      cleared_input_tokens: number;
    };

type ClearToolUses = Extract<ContextEdit, { type: "clear_tool_uses_20250919" }>;
type ClearThinking = Extract<ContextEdit, { type: "clear_thinking_20251015" }>;

/** In place of a result: the model shall know that there was one. */
const PLACEHOLDER = "[This result was cleared to save space.]";

const DEFAULT_TRIGGER = { type: "input_tokens", value: 100_000 } as const;
const DEFAULT_KEPT_USES = 3;
const DEFAULT_KEPT_THINKING = 1;

/** English and JSON have about four bytes of UTF-8 to a token, and other scripts about three. */
const BYTES_PER_TOKEN = 4;

/** About as much as a picture is counted, whatever its size: so is each file in base64. */
const PICTURE_TOKENS = 1_500;

/**
 * `request` after its edits, without those that were tried here: what is left of them nobody has
 * applied. `inputTokens` are those of the conversation as it stands in `request`, cached ones
 * included, where they are known; else they are estimated from its bytes.
 */
export function applyContextEdits(
  request: MessageRequest,
  { inputTokens }: { inputTokens?: number | undefined } = {},
): { request: MessageRequest; applied_edits: AppliedEdit[] } {
  const { context_management, ...edited } = request;
  const edits = context_management?.edits ?? [];
  if (edits.length === 0) return { request: edited, applied_edits: [] };
  const { system, tools, messages } = request;
  const estimated = estimateTokens([system, tools, messages]);
  const tokens = inputTokens ?? estimated;
  const size: Size = { tokens, of: (part) => (estimateTokens(part) * tokens) / estimated };
  const applied_edits: AppliedEdit[] = [];
  // Thinking first, as the Messages API demands it of the list.
  for (const edit of [...edits.filter(isClearThinking), ...edits.filter(isClearToolUses)]) {
    const cleared = isClearThinking(edit)
      ? clearThinking(edited.messages, edit, size)
      : clearToolUses(edited.messages, edit, size);
    if (!cleared) continue;
    edited.messages = cleared.messages;
    size.tokens -= cleared.edit.cleared_input_tokens;
    applied_edits.push(cleared.edit);
  }
  const others = edits.filter((edit) => !isClearThinking(edit) && !isClearToolUses(edit));
  const left = others.length > 0 && { context_management: { edits: others } };
  return { request: { ...edited, ...left }, applied_edits };
}

interface Size {
  /** Those of the conversation so far. */
  tokens: number;
  /** About how many of them a part of it has. */
  of(part: unknown): number;
}

interface Cleared {
  messages: InputMessage[];
  edit: AppliedEdit;
}

/** A call that was answered. */
interface ToolUse {
  call: InputBlock;
  result: InputBlock;
  name: string;
}

function clearToolUses(
  messages: InputMessage[],
  {
    type,
    trigger = DEFAULT_TRIGGER,
    keep,
    clear_at_least,
    exclude_tools,
    clear_tool_inputs,
  }: ClearToolUses,
  size: Size,
): Cleared | undefined {
  const uses = findToolUses(messages);
  const reached = trigger.type === "tool_uses" ? uses.length : size.tokens;
  if (reached <= trigger.value) return undefined;

  const old = uses.slice(0, Math.max(0, uses.length - (keep?.value ?? DEFAULT_KEPT_USES)));
  const cleared = old.filter(({ name }) => !exclude_tools?.includes(name));
  const changed = new Map<InputBlock, InputBlock>();
  for (const { call, result, name } of cleared) {
    changed.set(result, { ...result, content: PLACEHOLDER } as InputBlock);
    const isTold = Array.isArray(clear_tool_inputs)
      ? clear_tool_inputs.includes(name)
      : clear_tool_inputs;
    if (isTold) changed.set(call, { ...call, input: {} } as InputBlock);
  }
  const saved = size.of([...changed.keys()]) - size.of([...changed.values()]);
  const cleared_input_tokens = Math.max(0, Math.round(saved));
  if (cleared.length === 0 || cleared_input_tokens < (clear_at_least?.value ?? 0)) return undefined;
  return {
    messages: mapBlocks(messages, (block) => changed.get(block) ?? block),
    edit: { type, cleared_tool_uses: cleared.length, cleared_input_tokens },
  };
}

function clearThinking(
  messages: InputMessage[],
  { type, keep }: ClearThinking,
  size: Size,
): Cleared | undefined {
  if (keep === "all" || keep?.type === "all") return undefined;
  const turns = findThinking(messages);
  const old = turns.slice(0, Math.max(0, turns.length - (keep?.value ?? DEFAULT_KEPT_THINKING)));
  if (old.length === 0) return undefined;
  const blocks = new Set(old.flat());
  return {
    messages: mapBlocks(messages, (block) => (blocks.has(block) ? undefined : block)),
    edit: {
      type,
      cleared_thinking_turns: old.length,
      cleared_input_tokens: Math.round(size.of([...blocks])),
    },
  };
}

/** The calls that have results, in the order of these. */
function findToolUses(messages: InputMessage[]): ToolUse[] {
  const calls = new Map<unknown, InputBlock>();
  const uses: ToolUse[] = [];
  for (const block of messages.flatMap(blocksOf)) {
    if (block.type === "tool_use") calls.set(block.id, block);
    const call = block.type === "tool_result" && calls.get(block.tool_use_id);
    if (call) uses.push({ call, result: block, name: String(call.name) });
  }
  return uses;
}

/** The thinking in each turn that has some. A turn goes on after the results of its tools. */
function findThinking(messages: InputMessage[]): InputBlock[][] {
  const turns: InputBlock[][] = [[]];
  for (const message of messages) {
    const blocks = blocksOf(message);
    if (message.role === "assistant") turns.at(-1)?.push(...blocks.filter(isThinking));
    else if (blocks.some(({ type }) => type !== "tool_result")) turns.push([]);
  }
  return turns.filter((blocks) => blocks.length > 0);
}

/** Messages with other blocks. One that loses all of its blocks goes; the others are kept as they are. */
function mapBlocks(
  messages: InputMessage[],
  map: (block: InputBlock) => InputBlock | undefined,
): InputMessage[] {
  return messages.flatMap((message) => {
    if (typeof message.content === "string") return [message];
    const content = message.content.flatMap((block) => map(block) ?? []);
    return content.length > 0 ? [{ ...message, content }] : [];
  });
}

function blocksOf({ content }: InputMessage): InputBlock[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function isThinking({ type }: InputBlock): boolean {
  return type === "thinking" || type === "redacted_thinking";
}

function isClearToolUses(edit: ContextEdit): edit is ClearToolUses {
  return edit.type === "clear_tool_uses_20250919";
}

function isClearThinking(edit: ContextEdit): edit is ClearThinking {
  return edit.type === "clear_thinking_20251015";
}

function estimateTokens(value: unknown): number {
  const json = JSON.stringify(value, (_, part) => {
    const isFile = isRecord(part) && part.type === "base64";
    return isFile ? "x".repeat(PICTURE_TOKENS * BYTES_PER_TOKEN) : part;
  });
  return new TextEncoder().encode(json).length / BYTES_PER_TOKEN;
}
