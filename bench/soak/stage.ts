// What everybody in the soak shares.

import type { Caller } from "./caller.ts";
import type { Figures } from "./figures.ts";
import type { Findings } from "./findings.ts";
import type { World } from "./world.ts";

export interface Stage {
  world: World;
  caller: Caller;
  findings: Findings;
  figures: Figures;
  /** Room for observers. */
  seats: Seats;
}

/** At most so many connections at once. */
export class Seats {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** False where none is left. */
  take(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  leave(): void {
    this.#free += 1;
  }
}
