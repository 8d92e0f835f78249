// What the simulated model says to a request. No clock and no dice: the same request gets the same
// answer. When each piece of it is sent is the business of simulated.ts.

import { schemaSample } from "../../lib/schema-sample.ts";
import { makeProse, quoteBeginning, toSeed } from "../../lib/words.ts";
import type { MessageRequest } from "../../protocol/request.ts";
import type { CustomTool } from "../../protocol/tool.ts";
import {
  type Conversation,
  chooseTools,
  nextToolNumber,
  readConversation,
} from "./conversation.ts";
import type { Speech } from "./name.ts";
import { type Draft, JSON_TEXT, type Plan, PROSE, toPlan } from "./plan.ts";

/** Questions that differ only further on are answered alike; seeding stays cheap. */
const SEED_CHARACTERS = 4_096;

export function planAnswer(request: MessageRequest, speech: Speech): Plan {
  const conversation = readConversation(request);
  const { asked, results } = conversation;
  const subject = [asked, ...results].join("\n").slice(0, SEED_CHARACTERS);
  const seed = toSeed(`${request.seed ?? ""}\n${subject}`);
  const calls = chooseTools(request, conversation);

  const thinking = draftThinking(request, speech.thinking_tokens, conversation, seed + 1);
  const text =
    calls.length > 0
      ? draftAnnouncement(request, calls)
      : draftText(request, speech.tokens, conversation, seed);
  const left = withoutSaid(text, conversation.said);
  const { before, stop_sequence } = stopAt(left.text, request.stop_sequences ?? []);
  const answer = [...thinking, { ...left, text: before }];

  const limit = request.max_tokens ?? speech.max_tokens ?? Number.POSITIVE_INFINITY;
  const { words } = conversation;
  if (stop_sequence !== null) {
    return toPlan(answer, limit, words, { stop_reason: "stop_sequence", stop_sequence });
  }
  const stop_reason = calls.length > 0 ? "tool_use" : "end_turn";
  const drafts = [...answer, ...draftCalls(calls, nextToolNumber(request))];
  return toPlan(drafts, limit, words, { stop_reason, stop_sequence: null });
}

function draftThinking(
  { thinking }: MessageRequest,
  tokens: number,
  { asked, said }: Conversation,
  seed: number,
): Draft[] {
  const isAsked = thinking?.type === "enabled" || thinking?.type === "adaptive";
  if (!isAsked || said !== "") return [];
  const lead = `Let me think about ${quoteBeginning(asked || "what I was sent")}.`;
  const text = makeProse(lead.split(" "), tokens, seed);
  return [{ opened: { type: "thinking", thinking: "", signature: "" }, text, token: PROSE }];
}

function draftText(
  { output_config }: MessageRequest,
  tokens: number,
  conversation: Conversation,
  seed: number,
): Draft {
  const opened = { type: "text", text: "" };
  const format = output_config?.format;
  if (format) {
    return { opened, text: JSON.stringify(schemaSample(format.schema)), token: JSON_TEXT };
  }
  const lead = `This is the simulated model. ${restate(conversation)}`;
  return { opened, text: makeProse(lead.split(" "), tokens, seed), token: PROSE };
}

/** Nothing is said before a call that the request forces. */
function draftAnnouncement({ tool_choice }: MessageRequest, calls: CustomTool[]): Draft {
  const isFree = tool_choice === undefined || tool_choice.type === "auto";
  const names = calls.map(({ name }) => name).join(" and ");
  const text = isFree ? `I will call ${names}.` : "";
  return { opened: { type: "text", text: "" }, text, token: PROSE };
}

function draftCalls(calls: CustomTool[], firstNumber: number): Draft[] {
  return calls.map(({ name, input_schema }, at) => {
    const input = schemaSample(input_schema);
    const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
    return {
      opened: { type: "tool_use", id: `toolu_sim_${firstNumber + at}`, name, input: {} },
      text: JSON.stringify(isObject ? input : {}),
      token: JSON_TEXT,
    };
  });
}

function restate({ asked, results }: Conversation): string {
  const told = results.map(quoteBeginning).join(", ");
  if (results.length > 0) return `The ${results.length > 1 ? "tools" : "tool"} returned: ${told}.`;
  return asked.trim() === "" ? "You sent no text." : `You asked: ${quoteBeginning(asked)}.`;
}

/** Goes on where a request ends with the beginning of the very answer, else starts anew. */
function withoutSaid(draft: Draft, said: string): Draft {
  if (!draft.text.startsWith(said)) return draft;
  return { ...draft, text: draft.text.slice(said.length).trimEnd() };
}

/** `text` up to the stop sequence that comes first in it. */
function stopAt(text: string, sequences: string[]) {
  const first = sequences
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)[0];
  return first === undefined
    ? { before: text, stop_sequence: null }
    : { before: text.slice(0, first.at), stop_sequence: first.sequence };
}
