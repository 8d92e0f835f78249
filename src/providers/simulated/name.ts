// How the simulated model is to speak: read from its name, else from the route's options.

import * as z from "zod";
import { UpstreamFailure } from "../failure.ts";

/** More would be a mistake in a load test, not a test: a million words are seven megabytes. */
const MAX_TOKENS = 1_000_000;

/** Longer waits than this are `!stall`; and timers cannot count beyond 2^31 ms. */
const MAX_DELAY_MS = 10_000_000;

/** Slower than this is `!stall`. */
const MIN_RATE = 0.001;

const GRAMMAR = "simulated[-<tokens>][@<tokens per second>][+<delay>ms][!<failure>]";
const FAILURES = ["overloaded", "error", "cut", "stall"] as const;
const NAME =
  /^simulated(?:-(?<tokens>\d+))?(?:@(?<rate>\d+(?:\.\d+)?))?(?:\+(?<delay_ms>\d+)ms)?(?:!(?<failure>\w+))?$/;

const speech = z.object({
  /** Length of the text. */
  tokens: z.int().min(1).max(MAX_TOKENS).default(120),
  /** Tokens per second; 0 is as fast as it goes. */
  rate: z.union([z.literal(0), z.number().min(MIN_RATE)]).default(40),
  /** Silence before the first event. */
  delay_ms: z.int().min(0).max(MAX_DELAY_MS).default(0),
  /** Length of the thinking, where there is any. */
  thinking_tokens: z.int().min(0).max(MAX_TOKENS).default(40),
  /** What `max_tokens` is where the request has none; without it the text is as long as it is. */
  max_tokens: z.int().min(1).optional(),
  /**
   * `overloaded` before the first event; or half-way through the text an `error`, a connection
   * `cut` off, or a `stall`.
   */
  failure: z.enum(FAILURES).optional(),
});
export type Speech = z.infer<typeof speech>;

/** What `name` asks for, and where it says nothing, what `options` say. */
export function parseSpeech(name: string, options: Record<string, unknown>): Speech {
  const configured = speech.safeParse(options);
  if (!configured.success) {
    const issues = configured.error.issues.map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
    throw new UpstreamFailure("api_error", `Options of the simulated model: ${issues.join("; ")}`);
  }
  if (!/^simulated[-@+!]/.test(name)) return configured.data;
  const asked = speech.safeParse({ ...configured.data, ...parseName(name) });
  if (asked.success) return asked.data;
  throw new UpstreamFailure(
    "not_found_error",
    `No model ${name}: simulated models are named ${GRAMMAR}, with 1 to ${MAX_TOKENS} tokens, ` +
      `a rate of 0 (no pauses) or at least ${MIN_RATE}, a delay of up to ${MAX_DELAY_MS}ms, ` +
      `and a failure of ${FAILURES.join(", ")}.`,
  );
}

/** The pieces that are there, not yet checked; a name of another form has an impossible one. */
function parseName(name: string): Record<string, unknown> {
  const pieces = NAME.exec(name)?.groups;
  if (pieces === undefined) return { tokens: Number.NaN };
  const { failure, ...numbers } = pieces;
  const set = Object.entries(numbers).filter(([, digits]) => digits !== undefined);
  const asked = Object.fromEntries(set.map(([piece, digits]) => [piece, Number(digits)]));
  return failure === undefined ? asked : { ...asked, failure };
}
