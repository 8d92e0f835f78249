// What a scripted upstream says: an answer of text, in each dialect. Among the pieces may be steps,
// where a test wants to hold or to break it.

import type { Step } from "../../support/script.ts";
import type { Dialect } from "./sdk.ts";

type Fields = Record<string, unknown>;

/** `ending` is in the dialect's own words: fields beside `stop_reason`, or beside `finish_reason`. */
export const ANSWERS: Record<Dialect, (pieces: (string | Step)[], ending?: Fields) => Step[]> = {
  anthropic: (pieces, ending) => [
    event("message_start", { message: MESSAGE }),
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    ...pieces.map((piece) =>
      typeof piece === "string"
        ? event("content_block_delta", { index: 0, delta: { type: "text_delta", text: piece } })
        : piece,
    ),
    event("content_block_stop", { index: 0 }),
    event("message_delta", {
      delta: { stop_reason: "end_turn", stop_sequence: null, ...ending },
      usage: { output_tokens: 5 },
    }),
    event("message_stop"),
  ],
  openai: (pieces, ending) => [
    chunk({ delta: { role: "assistant", content: "" }, finish_reason: null }),
    ...pieces.map((piece) =>
      typeof piece === "string" ? chunk({ delta: { content: piece }, finish_reason: null }) : piece,
    ),
    chunk({ delta: {}, finish_reason: "stop", ...ending }),
    { send: "data: [DONE]\n\n" },
  ],
};

const MESSAGE = {
  id: "msg_upstream",
  type: "message",
  role: "assistant",
  model: "emulated",
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 7, output_tokens: 1 },
};

function event(type: string, fields: Fields = {}): Step {
  return { send: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n` };
}

function chunk(choice: Fields): Step {
  const data = { id: "chatcmpl-1", model: "emulated", choices: [{ index: 0, ...choice }] };
  return { send: `data: ${JSON.stringify(data)}\n\n` };
}
