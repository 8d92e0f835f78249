// Neighbouring events on their way from the log to observers. Each form is made once, whoever and
// however many want it.

import type { LoggedEvent } from "../protocol/event.ts";
import { decodeSse, encodeFrame, encodeSse } from "../protocol/frame.ts";
import { hideLogged, type Part } from "../protocol/hiding.ts";

/** A reader gets about so much at once, in UTF-16 units: it bounds what a slow reader holds. */
export const BATCH_LENGTH = 256 * 1024;

const encoder = new TextEncoder();

export class Batch {
  readonly first: number;
  readonly last: number;
  /** The events as Server-Sent Events. */
  readonly text: string;
  #bytes: Uint8Array | undefined;
  #events: readonly LoggedEvent[] | undefined;
  #frames: readonly string[] | undefined;
  #views: Map<string, Batch> | undefined;

  constructor(first: number, last: number, text: string, events?: readonly LoggedEvent[]) {
    this.first = first;
    this.last = last;
    this.text = text;
    this.#events = events;
  }

  /** What is in all of them: `rest` follow `first`. */
  static join(first: Batch, rest: readonly Batch[]): Batch {
    const last = rest.at(-1);
    if (!last) return first;
    const all = [first, ...rest];
    const text = all.map((batch) => batch.text).join("");
    return new Batch(
      first.first,
      last.last,
      text,
      all.flatMap((batch) => batch.events),
    );
  }

  /** The text in UTF-8. Shared by all who ask: not to be changed or transferred. */
  get bytes(): Uint8Array {
    this.#bytes ??= encoder.encode(this.text);
    return this.#bytes;
  }

  get events(): readonly LoggedEvent[] {
    this.#events ??= decodeSse(this.text);
    return this.#events;
  }

  /** The events as WebSocket frames, one each. */
  get frames(): readonly string[] {
    this.#frames ??= this.events.map(encodeFrame);
    return this.#frames;
  }

  /** The same events as they are for those who may not see `parts`. */
  without(parts: readonly Part[]): Batch {
    if (parts.length === 0) return this;
    this.#views ??= new Map();
    const known = this.#views.get(parts.join());
    if (known) return known;
    const events = this.events.map((event) => hideLogged(event, parts));
    const view = new Batch(this.first, this.last, events.map(encodeSse).join(""), events);
    this.#views.set(parts.join(), view);
    return view;
  }
}
