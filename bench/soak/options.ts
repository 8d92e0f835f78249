// What the command line says.

import { parseArgs } from "node:util";

export interface Options {
  /** How long new messages are begun. */
  seconds: number;
  /** Alive at once. */
  messages: number;
  /** Connected at once. */
  observers: number;
  kills: number;
  seed: number;
}

const MAX_SECONDS = 3_600;
const MAX_SEED = 2 ** 31;

/** Throws, with a sentence, for what is not a whole number in range. */
export function parseOptions(args: string[]): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: { seconds: text, messages: text, observers: text, kills: text, seed: text },
  });
  const read = (name: keyof Options, fallback: number, from: number, to: number): number => {
    const number = Number(values[name] ?? fallback);
    if (Number.isInteger(number) && number >= from && number <= to) return number;
    throw new Error(`--${name} must be a whole number from ${from} to ${to}`);
  };
  return {
    seconds: read("seconds", 120, 1, MAX_SECONDS),
    messages: read("messages", 40, 1, 1_000),
    observers: read("observers", 80, 1, 5_000),
    kills: read("kills", 4, 0, 100),
    seed: read("seed", Math.floor(Math.random() * MAX_SEED), 0, MAX_SEED),
  };
}
