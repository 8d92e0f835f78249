// How long to wait before trying again.

/** In ms: the ceiling of the first wait, which doubles with every attempt, and the ceiling of all. */
export interface Ceilings {
  first: number;
  all: number;
}

/** Somebody is waiting. */
const SOON: Ceilings = { first: 500, all: 8_000 };

/**
 * Full jitter: anywhere between zero and the exponential ceiling, in ms. `attempt` counts from 0,
 * `random` is in [0, 1).
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(attempt: number, random: number, { first, all } = SOON): number {
  return Math.floor(random * Math.min(all, first * 2 ** attempt));
}
