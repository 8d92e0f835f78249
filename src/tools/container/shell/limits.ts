// What one call of the shell may spend. The library counts most of it, and these numbers, not the time
// limit, are what ends a loop where the clock stands still while a command computes
// (https://developers.cloudflare.com/workers/runtime-apis/performance/). It does not count what an
// expression costs on one very long line, what `sed` makes of a line by `s///g`, or how much all
// variables hold: there the platform's limits of CPU and memory end the object's life, not its files.

import type { BashOptions } from "just-bash/browser";

export const DEFAULT_TIMEOUT_SECONDS = 60;
export const MAX_TIMEOUT_SECONDS = 60;

/** Of a command, in UTF-16 units. */
export const MAX_COMMAND_LENGTH = 256 * 1024;

/** Of each of the two outputs, in UTF-16 units: more than a model can make use of. */
export const MAX_OUTPUT_LENGTH = 100_000;

/** Lines of all files that one `diff` compares: what it costs grows with the square of them. */
export const MAX_DIFF_LINES = 10_000;

const MB = 1024 * 1024;

/** An isolate has 128 MB, and the container is not alone in it. */
export const EXECUTION_LIMITS: NonNullable<BashOptions["executionLimits"]> = {
  maxSourceBytes: MB,
  maxCommandCount: 20_000,
  maxLoopIterations: 100_000,
  maxWorkUnits: 1_000_000,
  maxCallDepth: 100,
  maxExecDepth: 20,
  maxSourceDepth: 20,
  maxSubstitutionDepth: 20,
  maxAwkIterations: 200_000,
  maxSedIterations: 10_000,
  maxJqIterations: 200_000,
  maxArrayElements: 100_000,
  maxBraceExpansionResults: 10_000,
  maxGlobOperations: 50_000,
  maxTraversalEntries: 50_000,
  maxTraversalDepth: 100,
  maxTraversalWork: 100_000,
  maxStringLength: 4 * MB,
  maxHeredocSize: MB,
  maxOutputSize: 8 * MB,
  maxInputBytes: 16 * MB,
  maxLiveBytes: 24 * MB,
};
