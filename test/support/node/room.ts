// What the emulator knows of one script: the requests that carried it, and its gates.

import type { SeenRequest } from "../script.ts";

export class Room {
  readonly requests: SeenRequest[] = [];
  readonly #open = new Set<string>();
  readonly #waiting = new Set<() => void>();

  open(gate: string): void {
    this.#open.add(gate);
    this.changed();
  }

  isOpen(gate: string): boolean {
    return this.#open.has(gate);
  }

  changed(): void {
    for (const wake of this.#waiting) wake();
  }

  /** True once `condition` holds, false after `timeoutMs`. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = AbortSignal.timeout(timeoutMs);
    while (!condition() && !deadline.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          deadline.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiting.add(wake);
        deadline.addEventListener("abort", wake);
      });
    }
    return condition();
  }
}
