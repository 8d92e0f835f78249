// An answer of the simulated model, counted in tokens: drafts are cut to what they may be, and the
// plan that comes of it is told as events. Pure.

import type { ContentBlock, Delta, StreamEvent } from "../../protocol/event.ts";

/** A token of prose: a word, and the space around it. */
export const PROSE = /\s*\S+\s*/g;
/** A token of JSON: eight characters. */
export const JSON_TEXT = /.{1,8}/gsu;

/** Nobody can take it for a real one. */
const SIGNATURE = "simulated";

/** One block: how it opens, and the text that then comes token by token. */
export interface Draft {
  opened: ContentBlock;
  text: string;
  token: RegExp;
}

interface Block extends Draft {
  /** How many tokens `text` is; never none. */
  size: number;
}

interface Stop {
  stop_reason: string;
  stop_sequence: string | null;
}

export interface Plan {
  inputTokens: number;
  outputTokens: number;
  blocks: Block[];
  stop: Stop;
  /** How many tokens come before the middle of the text. */
  middle: number;
}

/** As much of `drafts` as `limit` tokens are enough for; a draft without text is left out. */
export function toPlan(drafts: Draft[], limit: number, inputTokens: number, stop: Stop): Plan {
  const blocks: Block[] = [];
  let outputTokens = 0;
  let isCut = false;
  for (const draft of drafts) {
    const block = cutBlock(draft, limit - outputTokens);
    isCut = block.text !== draft.text;
    outputTokens += block.size;
    if (block.size > 0) blocks.push(block);
    if (isCut) break;
  }
  return {
    inputTokens,
    outputTokens,
    blocks,
    stop: isCut ? { stop_reason: "max_tokens", stop_sequence: null } : stop,
    middle: middleOf(blocks),
  };
}

/** The events of `plan`. Each delta is one token, but for the signature. */
export function* toEvents(plan: Plan, messageId: string, model: string): Generator<StreamEvent> {
  yield {
    type: "message_start",
    message: {
      id: messageId,
      type: "message",
      role: "assistant",
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: plan.inputTokens, output_tokens: 0 },
    },
  };
  for (const [index, { opened, text, token }] of plan.blocks.entries()) {
    yield { type: "content_block_start", index, content_block: opened };
    for (const [piece] of text.matchAll(token)) {
      yield { type: "content_block_delta", index, delta: toDelta(opened.type, piece) };
    }
    if (opened.type === "thinking") {
      const delta: Delta = { type: "signature_delta", signature: SIGNATURE };
      yield { type: "content_block_delta", index, delta };
    }
    yield { type: "content_block_stop", index };
  }
  const usage = { output_tokens: plan.outputTokens };
  yield { type: "message_delta", delta: { ...plan.stop }, usage };
  yield { type: "message_stop" };
}

export function isToken(event: StreamEvent): boolean {
  return event.type === "content_block_delta" && event.delta.type !== "signature_delta";
}

function toDelta(blockType: string, piece: string): Delta {
  if (blockType === "thinking") return { type: "thinking_delta", thinking: piece };
  if (blockType === "tool_use") return { type: "input_json_delta", partial_json: piece };
  return { type: "text_delta", text: piece };
}

function cutBlock(draft: Draft, limit: number): Block {
  let size = 0;
  for (const { index } of draft.text.matchAll(draft.token)) {
    if (size === limit) return { ...draft, text: draft.text.slice(0, index), size };
    size += 1;
  }
  return { ...draft, size };
}

function middleOf(blocks: Block[]): number {
  const text = blocks.findIndex(({ opened }) => opened.type === "text");
  const at = text >= 0 ? text : blocks.length - 1;
  return blocks
    .slice(0, at + 1)
    .reduce((before, { size }, n) => before + (n < at ? size : Math.floor(size / 2)), 0);
}
