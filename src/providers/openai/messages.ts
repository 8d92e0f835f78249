// A conversation of the Messages API as the messages of a chat completion. Pure.
// The rule to keep: the answers to tool calls follow right after the message that calls. Calls that ran
// on a server are like others by now: `tools/history.ts`.

import {
  type Block,
  type Part,
  paragraphs,
  toBlocks,
  toContent,
  toParts,
  toText,
} from "./parts.ts";

export interface ChatMessage {
  role: "system" | "user" | "assistant" | "tool";
  content: string | Part[] | null;
  [key: string]: unknown;
}

interface Conversation {
  system?: unknown;
  messages: readonly { role: string; content: unknown }[];
}

/**
 * `reasoningField` is where the upstream wants the thinking of earlier turns; without it thinking
 * is left out, as most servers drop or refuse it.
 */
export function toChatMessages(
  { system, messages }: Conversation,
  reasoningField?: string,
): ChatMessage[] {
  const instructions = toText(system);
  const chat: ChatMessage[] =
    instructions === "" ? [] : [{ role: "system", content: instructions }];
  for (const { role, content } of messages) {
    if (role === "assistant") chat.push(...fromAssistant(toBlocks(content), reasoningField));
    else chat.push(...fromUser(toBlocks(content)));
  }
  return chat;
}

/** Ids of all tool calls in `messages`. */
export function callIds(messages: Conversation["messages"]): string[] {
  const blocks = messages.flatMap(({ content }) => toBlocks(content));
  return blocks.filter(isCall).map(({ id }) => String(id));
}

function fromUser(blocks: Block[]): ChatMessage[] {
  const chat: ChatMessage[] = [];
  const parts: Part[] = [];
  for (const block of blocks.filter(isResult)) {
    const { message, attached } = answer(block);
    chat.push(message);
    parts.push(...attached);
  }
  parts.push(...blocks.flatMap(toParts));
  if (parts.length > 0) chat.push({ role: "user", content: toContent(parts) });
  return chat;
}

function fromAssistant(blocks: Block[], reasoningField: string | undefined): ChatMessage[] {
  // Citations split text anywhere: nothing belongs in between.
  const content = textsOf(blocks, "text").join("");
  const reasoning = reasoningField && paragraphs(textsOf(blocks, "thinking"));
  const calls = blocks.filter(isCall);
  if (content === "" && calls.length === 0 && !reasoning) return [];
  return [
    {
      role: "assistant",
      content: content === "" && calls.length > 0 ? null : content,
      ...(reasoningField && reasoning && { [reasoningField]: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls.map(toToolCall) }),
    },
  ];
}

function textsOf(blocks: Block[], type: "text" | "thinking"): string[] {
  return blocks.filter((block) => block.type === type).map((block) => String(block[type] ?? ""));
}

function isCall({ type }: Block): boolean {
  return type === "tool_use";
}

function isResult({ type }: Block): boolean {
  return type === "tool_result";
}

function toToolCall({ id, name, input }: Block): Record<string, unknown> {
  return { id, type: "function", function: { name, arguments: JSON.stringify(input ?? {}) } };
}

/** A tool's result as a message, which can only be text, and what it had besides. */
function answer(block: Block): { message: ChatMessage; attached: Part[] } {
  const { tool_use_id, content, is_error } = block;
  const known = toBlocks(content).flatMap(toParts);
  // Where there is nothing that a message can hold, what there is is told as it is.
  const isNothing = content == null || (Array.isArray(content) && content.length === 0);
  const parts: Part[] =
    known.length > 0 || isNothing ? known : [{ type: "text", text: JSON.stringify(content) }];
  const others = parts.filter((part) => part.type !== "text");
  const said = paragraphs(parts.flatMap((part) => (part.type === "text" ? [part.text] : [])));
  const told = said === "" && others.length > 0 ? "(The result is in the next message.)" : said;
  const label: Part = { type: "text", text: `From the result of tool call ${tool_use_id}:` };
  return {
    message: {
      role: "tool",
      tool_call_id: tool_use_id,
      content: is_error === true ? `Error: ${told}` : told,
    },
    attached: others.length > 0 ? [label, ...others] : [],
  };
}
