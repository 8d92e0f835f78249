// What the simulated model makes of a request: what it was asked, what its tools said, and which
// tools it is to call now. Pure.

import { countWords } from "../../lib/words.ts";
import type { ContentBlock } from "../../protocol/event.ts";
import type { MessageRequest } from "../../protocol/request.ts";
import { type CustomTool, isCustomTool } from "../../protocol/tool.ts";
import { UpstreamFailure } from "../failure.ts";

/** A result is within a message, and blocks of text within the result. */
const MAX_DEPTH = 3;

export interface Conversation {
  /** The text of the last user message. */
  asked: string;
  /** What the tool results in that message say. */
  results: string[];
  /** The part of the answer that has been given, where the request ends with it. */
  said: string;
  /** Words of text in all messages and the system prompt. */
  words: number;
}

export function readConversation({ system, messages }: MessageRequest): Conversation {
  const last = messages.at(-1);
  const partial = last?.role === "assistant" ? blocksOf(last.content) : [];
  const question = blocksOf(messages.findLast(({ role }) => role === "user")?.content);
  const texts = [...blocksOf(system), ...messages.flatMap(({ content }) => blocksOf(content))];
  return {
    asked: textOf(question.filter(({ type }) => type === "text")),
    results: question.filter(({ type }) => type === "tool_result").map((block) => textOf([block])),
    said: textOf(partial.filter(({ type }) => type === "text")),
    words: texts.reduce((count, block) => count + countWords(textOf([block])), 0),
  };
}

/**
 * The tools to call: the one that `tool_choice` forces, else those whose names are among the words
 * of the question.
 */
export function chooseTools(
  request: MessageRequest,
  { asked, results }: Conversation,
): CustomTool[] {
  const tools = (request.tools ?? []).filter(isCustomTool);
  const choice = request.tool_choice ?? { type: "auto" };
  if (choice.type === "none") return [];
  if (choice.type === "tool") return [findTool(tools, choice.name)];
  if (choice.type === "any") return tools.slice(0, 1);
  if (results.length > 0) return [];
  const named = tools.filter(({ name }) => hasWord(asked, name));
  return choice.disable_parallel_tool_use ? named.slice(0, 1) : named;
}

/** The number for the next tool call of the conversation: higher than any before it. */
export function nextToolNumber({ messages }: MessageRequest): number {
  const ids = messages.flatMap(({ content }) => blocksOf(content)).map(({ id }) => String(id));
  const numbers = ids.map((id) => Number(/^toolu_sim_(\d+)$/.exec(id)?.[1] ?? 0));
  return numbers.reduce((highest, one) => Math.max(highest, one), 0) + 1;
}

function findTool(tools: CustomTool[], name: string | undefined): CustomTool {
  const found = tools.find((tool) => tool.name === name);
  if (found) return found;
  throw new UpstreamFailure("invalid_request_error", `tool_choice: no custom tool named ${name}.`);
}

function blocksOf(content: string | readonly ContentBlock[] | undefined): readonly ContentBlock[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
}

/** The text in blocks, and in the blocks within them; some of these nobody has checked. */
function textOf(blocks: readonly unknown[], depth = 0): string {
  const texts = blocks.map((block) => {
    const { text, thinking, content } = (block ?? {}) as Partial<ContentBlock>;
    const own = [text, thinking, content].find((value) => typeof value === "string");
    if (own !== undefined) return own;
    return Array.isArray(content) && depth < MAX_DEPTH ? textOf(content, depth + 1) : "";
  });
  return texts.filter((text) => text !== "").join("\n");
}

/** Whether `word` stands in `text` by itself: `get_time`, but not within `get_time_zone`. */
function hasWord(text: string, word: string): boolean {
  const isPart = (char: string | undefined) => char !== undefined && /[\w-]/.test(char);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) return true;
  }
  return false;
}
