// A log read page by page by somebody whose token hides parts of it, and who may be shut out meanwhile.

import type { Grant } from "../protocol/token.ts";
import type { Batch } from "./batch.ts";
import type { Observer } from "./observers.ts";
import type { PagedLog } from "./paged-log.ts";

interface Log extends PagedLog {
  join(observer: Observer, grant?: Grant): void;
}

export class GrantedLog implements PagedLog {
  readonly #log: Log;
  readonly #grant: Grant;

  constructor(log: Log, grant: Grant) {
    this.#log = log;
    this.#grant = grant;
  }

  /** Those who see something else are told so by another tag: it is part of what caches go by. */
  get tag(): string {
    return [this.#log.tag, ...this.#grant.hide].join("").replaceAll("_", "");
  }

  get last(): number {
    return this.#log.last;
  }

  get isEnded(): boolean {
    return this.#log.isEnded;
  }

  get isErased(): boolean {
    return this.#log.isErased;
  }

  after(seq: number): Batch | undefined {
    return this.#log.after(seq)?.without(this.#grant.hide);
  }

  join(observer: Observer): void {
    this.#log.join(observer, this.#grant);
  }

  leave(observer: Observer): void {
    this.#log.leave(observer);
  }
}
