// What has been seen of one message by anybody: the first to see an event says what it is, and all
// others must agree. A message that takes the id of a deleted one has a truth of its own.

import { createHash } from "node:crypto";
import type { Told } from "./connection.ts";
import type { Findings, Law } from "./findings.ts";
import { isEnd } from "./log-laws.ts";

export class Truth {
  readonly id: string;
  readonly startedAt = Date.now();
  /** When somebody asked for it to be deleted: from then on the id may be anything. */
  deletingAt = Number.POSITIVE_INFINITY;
  #last = 0;
  #end = Number.POSITIVE_INFINITY;
  readonly #findings: Findings;
  readonly #seen: Told[] = [];

  constructor(id: string, findings: Findings) {
    this.id = id;
    this.#findings = findings;
  }

  get isDeleting(): boolean {
    return Number.isFinite(this.deletingAt);
  }

  get hasEnded(): boolean {
    return Number.isFinite(this.#end);
  }

  /** The newest event that anybody has seen; 0 when nobody has seen any. */
  get last(): number {
    return this.#last;
  }

  /** Somebody saw this event. */
  see(told: Told): void {
    const { seq, event, data } = told;
    const known = this.#seen[seq];
    if (known && (known.event !== event || known.data !== data)) {
      this.broken("4 one truth", `event ${seq} was seen in two forms`, [known, told]);
    }
    this.#seen[seq] = told;
    this.#last = Math.max(this.#last, seq);
    if (isEnd(event)) {
      if (this.hasEnded && this.#end !== seq) {
        this.broken("3 one end", `ended at ${this.#end} and again at ${seq}`, [told]);
      }
      this.#end = Math.min(this.#end, seq);
    }
    if (this.#last > this.#end) {
      this.broken("3 one end", `event ${this.#last} follows the end, ${this.#end}`, [told]);
    }
  }

  /** Seen by somebody as the end of the log. */
  isEnd(seq: number): boolean {
    return seq === this.#end;
  }

  broken(law: Law, what: string, events: readonly Told[] = []): void {
    const age = `${Date.now() - this.startedAt} ms after the start`;
    this.#findings.add(law, this.id, `${what} (${age})`, events.map(show));
  }

  /** Everything that was seen, in order. */
  get log(): Told[] {
    return this.#seen.filter((told) => told !== undefined);
  }
}

/** Two logs are the same where this is. */
export function digestOf(log: readonly Told[]): string {
  return createHash("sha256").update(JSON.stringify(log)).digest("hex");
}

const MAX_SHOWN = 300;

function show({ seq, event, data }: Told): string {
  return `${seq} ${event} ${data.slice(0, MAX_SHOWN)}`;
}
