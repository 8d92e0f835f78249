// An answer of some upstream, in both dialects: what comes before its deltas, each of them, and what
// comes after. A delta carries the time at which it was made.

import type { Dialect } from "./plan.ts";
import { stamp } from "./stamp.ts";

interface Answer {
  head: string;
  delta(): string;
  tail(deltas: number): string;
}

const START = {
  type: "message_start",
  message: {
    ...{ id: "msg_bench", type: "message", role: "assistant", model: "bench", content: [] },
    ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: 10, output_tokens: 1 } },
  },
};
const STOPPED = { stop_reason: "end_turn", stop_sequence: null };
const CHUNK = '"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1,"model":"bench"';

export const ANSWERS: Record<Dialect, Answer> = {
  anthropic: {
    head:
      named(START) +
      named({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    // Made by hand: what it takes is time in which no event goes out.
    delta: () =>
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word ${stamp()}"}}\n\n`,
    tail: (deltas) =>
      named({ type: "content_block_stop", index: 0 }) +
      named({ type: "message_delta", delta: STOPPED, usage: { output_tokens: deltas } }) +
      named({ type: "message_stop" }),
  },
  openai: {
    head: chunk({ role: "assistant", content: "" }),
    delta: () =>
      `data: {${CHUNK},"choices":[{"index":0,"delta":{"content":"word ${stamp()}"},"finish_reason":null}]}\n\n`,
    tail: () => `${chunk({}, "stop")}data: [DONE]\n\n`,
  },
};

function named(event: { type: string; [key: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function chunk(delta: object, finish_reason: string | null = null): string {
  const choices = JSON.stringify([{ index: 0, delta, finish_reason }]);
  return `data: {${CHUNK},"choices":${choices}}\n\n`;
}
