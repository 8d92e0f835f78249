// What was found to be broken. The first few are kept whole, all are counted.

/** The six laws of a log, and what else the service promises to its callers. */
export type Law =
  | "1 order"
  | "2 written, then shown"
  | "3 one end"
  | "4 one truth"
  | "5 foldable"
  | "6 no silent loss"
  | "answers as expected"
  | "nothing hangs"
  | "outcome as scripted"
  | "stop stops"
  | "gone is gone"
  | "twice is once"
  | "soak itself";

export interface Finding {
  law: Law;
  messageId: string;
  what: string;
  events: string[];
}

const MAX_KEPT = 30;

export class Findings {
  readonly kept: Finding[] = [];
  count = 0;

  add(law: Law, messageId: string, what: string, events: string[] = []): void {
    this.count += 1;
    if (this.kept.length < MAX_KEPT) this.kept.push({ law, messageId, what, events });
  }

  print(seed: number): void {
    for (const { law, messageId, what, events } of this.kept) {
      console.error(`\nBROKEN  ${law}\n  message ${messageId}, seed ${seed}\n  ${what}`);
      for (const event of events) console.error(`    ${event}`);
    }
    const silent = this.count - this.kept.length;
    if (silent > 0) console.error(`\nand ${silent} more`);
  }
}
