// What a late joiner is told instead of every event: the same log with its deltas merged, so that it
// pays for what was said and not for how often something was.

import type { LoggedEvent } from "../protocol/event.ts";
import { encodeSse } from "../protocol/frame.ts";
import { mergeDeltas } from "../protocol/merge.ts";
import { BATCH_LENGTH, Batch } from "./batch.ts";
import type { Reader } from "./observers.ts";

/** So much of a log is read at once, in UTF-16 units: it bounds how long others wait for it. */
const MAX_READ_LENGTH = 4 * 1024 * 1024;

export class Snapshots implements Reader {
  readonly #log: Reader & { readonly last: number };
  #newest: Batch | undefined;

  constructor(log: Reader & { readonly last: number }) {
    this.#log = log;
  }

  after(seq: number): Batch | undefined {
    // Many come at once, and are told the same.
    const newest = this.#newest;
    if (newest?.first === seq + 1 && newest.last === this.#log.last) return newest;
    const events: LoggedEvent[] = [];
    let length = 0;
    for (const event of mergeDeltas(this.#read(seq))) {
      events.push(event);
      length += event.data.length;
      if (length > BATCH_LENGTH) break;
    }
    const last = events.at(-1)?.seq;
    if (last === undefined) return undefined;
    this.#newest = new Batch(seq + 1, last, events.map(encodeSse).join(""), events);
    return this.#newest;
  }

  *#read(seq: number): Generator<LoggedEvent, void, void> {
    let length = 0;
    for (let batch = this.#log.after(seq); batch; batch = this.#log.after(batch.last)) {
      yield* batch.events;
      length += batch.text.length;
      if (length > MAX_READ_LENGTH) return;
    }
  }
}
