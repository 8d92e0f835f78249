// Where an observation is in the log, and what the next event there means. Pure.

import type { Observed } from "./event.ts";

/** After the event with this id; or at the first, at what happens next, at a snapshot. */
export type From = number | "start" | "now" | "snapshot";

export interface Place {
  /** Everything up to here has been told. Undefined where whatever comes is next. */
  readonly last: number | undefined;
  /** Whether deltas that are there already may come as one, with the id of the last of them. */
  readonly merged: boolean;
}

/** What to do with an event, and where that leads. */
export type Step =
  | { action: "tell"; place: Place }
  | { action: "skip" }
  | { action: "gap"; due: number };

export function placeOf(from: From): Place {
  return {
    last: from === "now" ? undefined : typeof from === "number" ? from : 0,
    merged: from === "snapshot",
  };
}

/** How to ask for what follows. */
export function toQuery({ last, merged }: Place): string {
  const from = last === undefined ? "from=now" : `starting_after=${last}`;
  return merged ? `${from}&from=snapshot` : from;
}

export function advance({ last = Number.NaN, merged }: Place, { id, event }: Observed): Step {
  if (id <= last) return { action: "skip" };
  const due = last + 1;
  const mayHaveMore = merged && event.type === "content_block_delta";
  if (id > due && !mayHaveMore) return { action: "gap", due };
  return { action: "tell", place: { last: id, merged } };
}
