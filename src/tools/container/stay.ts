// How long a container stays. Pure.

/** Time is paid for with a row each time the end is put off: not for less than this, in ms. */
const PUT_OFF_MS = 60_000;

/** After each use it is there for so long at least, in ms; `idleSeconds` at most, if it is the last. */
export function leastStay(idleSeconds: number): number {
  const idleMs = idleSeconds * 1_000;
  return idleMs - Math.min(PUT_OFF_MS, idleMs / 2);
}
