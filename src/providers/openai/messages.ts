// A conversation of the Messages API as the messages of a chat completion. Pure.
// The rule to keep: the answers to tool calls follow right after the message that calls.

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
  const calls = blocks.filter((block) => block.type === "tool_use" || isServerCall(block));
  return calls.map(({ id }) => String(id));
}

/** Tools that ran on a server, ours or a vendor's: to this upstream they are calls like others. */
export function isServerCall({ type }: Block): boolean {
  return type === "server_tool_use" || type === "mcp_tool_use";
}

export function isServerResult({ type }: Block): boolean {
  return type.endsWith("_tool_result");
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

/** Several messages where the assistant's content holds the results of tools run on a server. */
function fromAssistant(blocks: Block[], reasoningField: string | undefined): ChatMessage[] {
  const chat: ChatMessage[] = [];
  const answered = new Set(blocks.filter(isServerResult).map((block) => block.tool_use_id));
  /** Calls the caller answers: they stay for the last message, which the answers will follow. */
  const calls: Block[] = [];
  let serverCalls: Block[] = [];
  let texts: string[] = [];
  let thoughts: string[] = [];
  let attached: Part[] = [];

  const speak = (called: Block[]): void => {
    if (attached.length > 0) chat.push({ role: "user", content: toContent(attached) });
    attached = [];
    const content = texts.join(""); // citations split text anywhere: nothing belongs in between
    const reasoning = paragraphs(thoughts);
    if (content === "" && called.length === 0 && (reasoning === "" || !reasoningField)) return;
    chat.push({
      role: "assistant",
      content: content === "" && called.length > 0 ? null : content,
      ...(reasoningField && reasoning !== "" && { [reasoningField]: reasoning }),
      ...(called.length > 0 && { tool_calls: called.map(toToolCall) }),
    });
    texts = [];
    thoughts = [];
  };

  for (const block of blocks) {
    if (block.type === "text") texts.push(String(block.text ?? ""));
    else if (block.type === "thinking") thoughts.push(String(block.thinking ?? ""));
    else if (block.type === "tool_use") calls.push(block);
    // A call that nobody answered would make the upstream refuse the conversation.
    else if (isServerCall(block) && answered.has(block.id)) serverCalls.push(block);
    else if (isServerResult(block)) {
      if (serverCalls.length > 0) speak(serverCalls);
      serverCalls = [];
      const told = answer(block);
      chat.push(told.message);
      attached.push(...told.attached);
    }
  }
  speak(calls);
  return chat;
}

function isResult(block: Block): boolean {
  return block.type === "tool_result" || isServerResult(block);
}

function toToolCall({ id, name, input }: Block): Record<string, unknown> {
  return { id, type: "function", function: { name, arguments: JSON.stringify(input ?? {}) } };
}

/** A tool's result as a message, which can only be text, and what it had besides. */
function answer(block: Block): { message: ChatMessage; attached: Part[] } {
  const { tool_use_id, content, is_error } = block;
  const known = toBlocks(content).flatMap(toParts);
  // Results of vendors' own tools have shapes of their own: told as they are.
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
