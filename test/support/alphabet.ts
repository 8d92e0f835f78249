// Events by letter, so that a log is a word: M message_start, B its next block, d a delta of it, E its
// end, C message_delta, S message_stop, ! error. For messages of one block after the other.

import { type OutgoingEvent, type StreamEvent, toOutgoing } from "../../src/protocol/event.ts";
import { emptyMessage } from "../../src/protocol/snapshot.ts";

const LETTERS: Record<string, string> = {
  message_start: "M",
  content_block_start: "B",
  content_block_delta: "d",
  content_block_stop: "E",
  message_delta: "C",
  message_stop: "S",
  error: "!",
};

export function spell(events: readonly { type: string }[]): string {
  return events.map(({ type }) => LETTERS[type] ?? "?").join("");
}

/** Says one message, word by word. */
export class Speaker {
  #index = -1;

  say(word: string, text = "a"): OutgoingEvent[] {
    return [...word].map((letter) => toOutgoing(this.#event(letter, text)));
  }

  #event(letter: string, text: string): StreamEvent {
    switch (letter) {
      case "M":
        return { type: "message_start", message: emptyMessage("m", "x") };
      case "B": {
        this.#index += 1;
        const content_block = { type: "text", text: "" };
        return { type: "content_block_start", index: this.#index, content_block };
      }
      case "d": {
        const delta = { type: "text_delta", text } as const;
        return { type: "content_block_delta", index: this.#index, delta };
      }
      case "E":
        return { type: "content_block_stop", index: this.#index };
      case "C": {
        const delta = { stop_reason: "end_turn", stop_sequence: null };
        return { type: "message_delta", delta, usage: { output_tokens: 5 } };
      }
      case "S":
        return { type: "message_stop" };
      default:
        return { type: "error", error: { type: "api_error", message: text }, request_id: "r" };
    }
  }
}
