// Watching in the words of another protocol. Those who keep up share what was made of a batch.

import type { StreamEvent } from "../protocol/event.ts";
import { SSE_RETRY } from "../protocol/frame.ts";
import type { Format } from "../protocol/projections/format.ts";
import { openai } from "../protocol/projections/openai.ts";
import { DONE, type Projection } from "../protocol/projections/projection.ts";
import { uiMessageStream } from "../protocol/projections/ui-message-stream.ts";
import type { Batch } from "./batch.ts";
import type { Reader } from "./observers.ts";
import { type Dialect, EVENTS, SSE_HEADERS, type View } from "./sse.ts";

const encoder = new TextEncoder();
// Lines alone, no blocks: some clients (OpenAI's for Python) take an empty block for an event.
const PREAMBLE = encoder.encode(SSE_RETRY);
const PING = encoder.encode(":\n");
const FAREWELL = encoder.encode(`data: ${DONE}\n\n`);

class Projected<State> {
  readonly #projection: Projection<State>;
  /** Where a log leads is the same for all. */
  readonly #made = new WeakMap<Batch, { state: State; bytes: Uint8Array }>();

  constructor(projection: Projection<State>) {
    this.#projection = projection;
  }

  /**
   * For a message that was started at `createdAt`, and a reader that has all up to and including event
   * `after`. It is to be fed from the first event on: what it has is not told, but leads to where it is.
   */
  dialect(createdAt: number, after: number): Dialect {
    let state = this.#projection.begin(createdAt);
    return {
      headers: { ...SSE_HEADERS, ...this.#projection.headers },
      preamble: PREAMBLE,
      ping: PING,
      encode: (batch) => {
        const made =
          batch.first > after ? this.#share(state, batch) : this.#make(state, batch, after);
        state = made.state;
        return made.bytes;
      },
      farewell: () => FAREWELL,
    };
  }

  #share(state: State, batch: Batch) {
    const known = this.#made.get(batch);
    if (known) return known;
    const made = this.#make(state, batch, 0);
    this.#made.set(batch, made);
    return made;
  }

  #make(begin: State, { events }: Batch, after: number) {
    let state = begin;
    let text = "";
    for (const { seq, data } of events) {
      const { state: next, chunks } = this.#projection.step(state, JSON.parse(data) as StreamEvent);
      state = next;
      if (seq > after) text += toFrames(seq, chunks);
    }
    return { state, bytes: encoder.encode(text) };
  }
}

/** The id stands with the last: whoever is cut off before it is told all of the event again. */
function toFrames(seq: number, chunks: readonly object[]): string {
  const frames = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  const last = frames.pop();
  return last === undefined ? "" : `${frames.join("")}id: ${seq}\n${last}`;
}

const PROJECTED = {
  openai: new Projected(openai),
  "ui-message-stream": new Projected(uiMessageStream),
};

/**
 * How a message that was started at `createdAt` is told to a reader that has everything up to and
 * including `after`: in the words of `format`, or with the events as they are.
 */
export function toView(
  { createdAt }: { createdAt: number },
  after: number,
  format?: Format,
  source?: Reader,
): View {
  if (format === undefined) return { after, dialect: EVENTS, source };
  // Merged, what the reader has and what it has not might come as one.
  const merged = after === 0 ? source : undefined;
  return { after: 0, dialect: PROJECTED[format].dialect(createdAt, after), source: merged };
}

/** What the AI SDK asks whenever a chat is opened: nothing to go on with is no error to it. */
export function isResume({ url }: Request): boolean {
  const { pathname, searchParams } = new URL(url);
  return pathname === "/stream" && searchParams.get("format") === "ui-message-stream";
}
