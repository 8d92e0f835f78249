// What was written last, for those who are just behind: each piece is made once for all of them. To read
// the log again for each would cost more than to send it.

import { Batch } from "./batch.ts";

/** In UTF-16 units, of each object that is awake: so much is behind within a second, at most. */
const MAX_LENGTH = 16 * 1024;

export class Recent {
  readonly #batches: Batch[] = [];
  #length = 0;
  /** By the seq that they follow. */
  readonly #joined = new Map<number, Batch>();

  add(batch: Batch): void {
    this.#joined.clear();
    this.#batches.push(batch);
    this.#length += batch.text.length;
    while (this.#batches.length > 1 && this.#length > MAX_LENGTH) {
      this.#length -= this.#batches.shift()?.text.length ?? 0;
    }
  }

  /** All that follows `seq`; undefined where that is not here from its beginning. */
  after(seq: number): Batch | undefined {
    const known = this.#joined.get(seq);
    if (known) return known;
    const at = this.#batches.findLastIndex(({ first }) => first === seq + 1);
    const [first, ...rest] = at === -1 ? [] : this.#batches.slice(at);
    if (!first) return undefined;
    const joined = Batch.join(first, rest);
    this.#joined.set(seq, joined);
    return joined;
  }
}
