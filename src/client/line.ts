// A line to the service, as both transports provide it, and what can be read from one.

import type { Ending } from "./course.ts";
import type { Observed, ObservedEvent } from "./event.ts";
import { toConnectionError } from "./problem.ts";

/** `open` once; `alive` for whatever comes that is no event of the log. */
export type Sign = "open" | "alive" | Observed;

/** Tells what comes, and at last how it ended. To leave, `return` it. */
export type Line = AsyncGenerator<Sign, Ending, void>;

/** What came as an event says. Throws where that makes no sense. */
export function toSign(id: unknown, data: unknown): Sign {
  if (id === undefined) return "alive";
  const event = data as ObservedEvent | null | undefined;
  if (!Number.isSafeInteger(id) || typeof event?.type !== "string") throw new Error("no event");
  return { id: id as number, event };
}

export function broken(cause: unknown): Ending {
  return { kind: "broken", problem: toConnectionError(cause) };
}
