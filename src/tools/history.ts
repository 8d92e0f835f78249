// Calls that ran on a server, as an upstream is told of them that knows nothing of it: as tool calls of
// its own, and results from the user. So a conversation that a caller sends back can go on, and so can
// a message, turn by turn, from what its log holds. Pure.

import type { ContentBlock } from "../protocol/event.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { isResult, isServerCall } from "../protocol/turns.ts";

type InputMessage = MessageRequest["messages"][number];

/** How the blocks of one upstream are to be read. */
export interface Reading {
  /** True for the blocks of tools that the upstream itself runs: they stay as they are. */
  isNative(block: ContentBlock): boolean;
  /** What the upstream knows the tool of a call by. */
  toName(call: ContentBlock): string;
}

export function expandHistory(messages: readonly InputMessage[], reading: Reading): InputMessage[] {
  const expanded: InputMessage[] = [];
  let results: InputMessage | undefined;
  for (const message of messages) {
    const blocks = serverBlocks(message, reading);
    // All results of a message's calls have to stand in the one message that follows it.
    if (results && message.role === "user") expanded.push(join(expanded.pop(), message));
    else expanded.push(...(blocks ? divide(blocks, reading) : [message]));
    results = expanded.at(-1)?.role === "user" && blocks ? expanded.at(-1) : undefined;
  }
  return expanded;
}

/** The blocks of a message that holds any to be expanded. */
function serverBlocks({ role, content }: InputMessage, { isNative }: Reading) {
  if (role !== "assistant" || typeof content === "string") return undefined;
  const blocks = content as ContentBlock[];
  const isForeign = (block: ContentBlock) => isServerCall(block) || isResult(block);
  return blocks.some((block) => isForeign(block) && !isNative(block)) ? blocks : undefined;
}

function divide(blocks: ContentBlock[], { isNative, toName }: Reading): InputMessage[] {
  const divided: InputMessage[] = [];
  const answered = new Set(blocks.filter(isResult).map(({ tool_use_id }) => tool_use_id));
  const called = new Set<unknown>();
  let said: ContentBlock[] = [];
  let results: ContentBlock[] = [];
  const turn = (): void => {
    if (said.length > 0) divided.push(toMessage("assistant", said));
    if (results.length > 0) divided.push(toMessage("user", results));
    [said, results] = [[], []];
  };
  for (const block of blocks) {
    if (isResult(block) && !isNative(block)) {
      // Results of the caller's tools stand there too in what PrivateGPT's clients send.
      if (block.type === "tool_result") results.push(block);
      else if (called.has(block.tool_use_id)) results.push(toToolResult(block));
      continue;
    }
    if (results.length > 0) turn();
    if (!isServerCall(block) || isNative(block)) said.push(block);
    // A call that nobody answered would make the upstream refuse the conversation.
    else if (answered.has(block.id)) {
      called.add(block.id);
      said.push(toToolUse(block, toName(block)));
    }
  }
  turn();
  return divided;
}

function toMessage(role: InputMessage["role"], content: ContentBlock[]): InputMessage {
  return { role, content: content as unknown as Exclude<InputMessage["content"], string> };
}

function join(results: InputMessage | undefined, { content }: InputMessage): InputMessage {
  const more = typeof content === "string" ? [{ type: "text", text: content }] : content;
  return toMessage("user", [results?.content ?? [], more].flat() as ContentBlock[]);
}

/** What a `tool_result` may hold (https://docs.claude.com/en/api/messages). */
const RESULT_TYPES = new Set(["text", "image", "document", "search_result"]);

function toToolUse({ id, input, cache_control }: ContentBlock, name: string): ContentBlock {
  return {
    type: "tool_use",
    id,
    name,
    input: input ?? {},
    ...(cache_control !== undefined && { cache_control }),
  };
}

function toToolResult(block: ContentBlock): ContentBlock {
  const { tool_use_id, content, is_error, cache_control } = block;
  const told = toResultContent(content);
  const isError = is_error === true || told.isError;
  return {
    type: "tool_result",
    tool_use_id,
    content: told.content,
    ...(isError && { is_error: true }),
    ...(cache_control !== undefined && { cache_control }),
  };
}

/** The results of each tool have a shape of their own: a list of blocks, a page, an error. */
function toResultContent(content: unknown): { content: unknown; isError?: boolean } {
  if (content == null) return { content: "" };
  if (typeof content === "string") return { content };
  if (Array.isArray(content)) return { content: content.map(toResultBlock) };
  const { type, content: page, error_code } = content as Record<string, unknown>;
  if (type === "web_fetch_result") return { content: [toResultBlock(page)] };
  if (error_code !== undefined) return { content: JSON.stringify(content), isError: true };
  if (isView(content)) return { content: toNumbered(content) };
  return { content: JSON.stringify(content) };
}

interface View {
  content: string;
  /** None for what has no lines, as a directory. */
  start_line?: number | null;
}

/** A file or a directory as the editor shows it. Callers send what they like. */
function isView(content: object): content is View {
  const { type, content: text } = content as Record<string, unknown>;
  return type === "text_editor_code_execution_view_result" && typeof text === "string";
}

/** As `cat -n` has it: the editor is told of lines by their numbers. */
function toNumbered({ content, start_line }: View): string {
  if (typeof start_line !== "number" || content === "") return content;
  const lines = content.split("\n");
  return lines.map((line, at) => `${String(start_line + at).padStart(6)}\t${line}`).join("\n");
}

function toResultBlock(block: unknown): unknown {
  const { type } = (block ?? {}) as { type?: unknown };
  if (typeof type === "string" && RESULT_TYPES.has(type)) return block;
  return { type: "text", text: JSON.stringify(block) };
}
