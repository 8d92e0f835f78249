// What several calls of a message need and the first of them makes.

import type { Use } from "./tool.ts";

export class Once<Thing> {
  readonly #make: (use: Use) => Promise<Thing>;
  readonly #waiting = new Set<Use>();
  #making: { signal: AbortSignal; thing: Promise<Thing> } | undefined;
  #made: Thing | undefined;

  constructor(make: (use: Use) => Promise<Thing>) {
    this.#make = make;
  }

  /** The thing, made by this call if by no other. */
  async get({ signal, alive }: Use): Promise<Thing> {
    const waiting = { signal, alive };
    this.#waiting.add(waiting);
    try {
      for (;;) {
        this.#making ??= { signal, thing: this.#make({ signal, alive: () => this.#tellAlive() }) };
        const making = this.#making;
        try {
          this.#made = await making.thing;
          return this.#made;
        } catch (error) {
          if (this.#making === making) this.#making = undefined;
          signal.throwIfAborted();
          // The call that began it was given up; this one is still waited for.
          if (!making.signal.aborted) throw error;
        }
      }
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** `thing` is of no use any more: the next call makes another, unless one has already. */
  forget(thing: Thing): void {
    if (this.#made !== thing) return;
    this.#making = undefined;
    this.#made = undefined;
  }

  #tellAlive(): void {
    for (const { alive } of this.#waiting) alive();
  }
}
