// What the command line says.

import { parseArgs } from "node:util";

export interface Options {
  quick: boolean;
  /** How often everything is measured. */
  rounds: number;
  /** Names, or their beginnings; all where there is none. */
  only: string[];
  /** A file for the figures, as JSON. */
  out: string | undefined;
}

const MAX_ROUNDS = 100;

/** Throws, with a sentence, for what cannot be done. */
export function parseOptions(args: string[]): Options {
  const text = { type: "string" } as const;
  const options = { quick: { type: "boolean" }, rounds: text, only: text, out: text } as const;
  const { values } = parseArgs({ args, options });
  const { quick = false, only, out } = values;
  const rounds = Number(values.rounds ?? (quick ? 3 : 5));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
    throw new Error(`--rounds must be a whole number from 1 to ${MAX_ROUNDS}`);
  }
  return { quick, rounds, only: only?.split(",") ?? [], out };
}

export function isWanted({ only }: Options, name: string): boolean {
  return only.length === 0 || only.some((one) => name.startsWith(one));
}
