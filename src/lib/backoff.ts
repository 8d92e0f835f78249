// How long to wait before trying again.

const BASE_MS = 500;
const CEILING_MS = 8_000;

/**
 * Full jitter: anywhere between zero and the exponential ceiling, in ms. `attempt` counts from 0,
 * `random` is in [0, 1).
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(attempt: number, random: number): number {
  return Math.floor(random * Math.min(CEILING_MS, BASE_MS * 2 ** attempt));
}
