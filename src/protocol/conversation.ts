// A message, and what must hold between messages: who may say what, and which results answer which
// calls. Pure; what has the wrong shape is passed over here, because the schema reports it.

import * as z from "zod";
import { type Fault, fields, isRecord, list } from "../lib/zod-kinds.ts";
import { content, type InputBlock, type TextBlock } from "./content.ts";

/** As many as the Messages API takes. */
const MAX_MESSAGES = 100_000;

const message = fields({ role: z.enum(["user", "assistant", "system"]), content });
type AnyMessage = z.output<typeof message>;

/** A message of the conversation, once those of the role `system` have moved to where they belong. */
export type InputMessage = AnyMessage & { role: "user" | "assistant" };

export const messages = list(message, MAX_MESSAGES).min(1);

/** The messages without those of the role `system`, and the text blocks that those hold. */
export function splitSystem(all: AnyMessage[]): { messages: InputMessage[]; system: TextBlock[] } {
  const system = all.filter(({ role }) => role === "system");
  return {
    messages: all.filter((message): message is InputMessage => message.role !== "system"),
    system: system.flatMap(({ content }) => toBlocks(content)).filter(isText),
  };
}

function toBlocks(content: string | InputBlock[]): InputBlock[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function isText(block: InputBlock): block is TextBlock {
  return block.type === "text";
}

/** Everything that is wrong between messages. */
export function* conversationFaults(messages: unknown): Generator<Fault> {
  if (!Array.isArray(messages) || messages.length === 0) return;
  if (messages.every((message) => isRecord(message) && message.role === "system")) {
    yield { path: ["messages"], message: "at least one must come from the user or the assistant" };
  }
  const calls = new Set<string>();
  const answered = new Set<string>();
  for (const { role, block, path } of eachBlock(messages)) {
    if (role === "system" && block.type !== "text") {
      yield { path: [...path, "type"], message: "system messages hold text only" };
    } else if (isCall(block.type)) {
      if (role === "user") {
        yield { path, message: `${block.type} blocks come from the assistant only` };
      }
      yield* unique(calls, block.id, [...path, "id"]);
    } else if (block.type === "tool_result") {
      yield* answer(calls, answered, block.tool_use_id, [...path, "tool_use_id"]);
    }
  }
}

function isCall(type: unknown): boolean {
  return type === "tool_use" || type === "server_tool_use" || type === "mcp_tool_use";
}

function* unique(calls: Set<string>, id: unknown, path: Fault["path"]): Generator<Fault> {
  if (typeof id !== "string") return;
  if (calls.has(id)) yield { path, message: "another tool call has the same id" };
  calls.add(id);
}

function* answer(
  calls: ReadonlySet<string>,
  answered: Set<string>,
  id: unknown,
  path: Fault["path"],
): Generator<Fault> {
  if (typeof id !== "string") return;
  if (!calls.has(id)) yield { path, message: "no tool call before it has this id" };
  else if (answered.has(id)) yield { path, message: "the tool call has a result already" };
  answered.add(id);
}

interface Place {
  role: unknown;
  block: Record<string, unknown>;
  path: Fault["path"];
}

function* eachBlock(messages: unknown[]): Generator<Place> {
  for (const [index, message] of messages.entries()) {
    if (!isRecord(message) || !Array.isArray(message.content)) continue;
    for (const [at, block] of message.content.entries()) {
      if (!isRecord(block)) continue;
      yield { role: message.role, block, path: ["messages", index, "content", at] };
    }
  }
}
