// The events told so far, as few as amount to the same message: deltas that follow each other are one.

import type { Message, StreamEvent } from "../protocol/event.ts";
import { fold } from "../protocol/snapshot.ts";

/** Where the deltas that are pieces of a text have theirs. */
const PIECES = ["text", "thinking", "partial_json"];

export class Transcript {
  #start: Message | undefined;
  readonly #events: StreamEvent[] = [];

  add(event: StreamEvent): void {
    if (event.type === "message_start") this.#start = event.message;
    const joined = join(this.#events.at(-1), event);
    if (joined) this.#events.pop();
    this.#events.push(joined ?? event);
  }

  /** Undefined before the message has begun. */
  toMessage(): Message | undefined {
    return this.#start && fold(this.#start, this.#events);
  }
}

/** Both as one event, where they are pieces of the same text. */
function join(first: StreamEvent | undefined, second: StreamEvent): StreamEvent | undefined {
  if (first?.type !== "content_block_delta" || second.type !== "content_block_delta") return;
  if (first.index !== second.index || first.delta.type !== second.delta.type) return;
  const one: Record<string, unknown> = first.delta;
  const other: Record<string, unknown> = second.delta;
  const piece = PIECES.find((name) => name in one);
  if (piece === undefined) return;
  return { ...first, delta: { ...first.delta, [piece]: `${one[piece]}${other[piece]}` } };
}
