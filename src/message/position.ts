// Where an observer wants to go on from.

import type { Issue } from "../protocol/errors.ts";

const SNAPSHOT = "snapshot";

export type Position = { ok: true; after: number } | { ok: false; issue: Issue };

/**
 * `Last-Event-ID` wins over the query, because a reconnecting EventSource repeats the URL it began
 * with. `last` is the newest event; a position past it is a fault, not something to wait for.
 */
export function parsePosition(headers: Headers, query: URLSearchParams, last: number): Position {
  const header = headers.get("last-event-id");
  if (header) return parseSeq(header, ["header", "last-event-id"], last);
  const startingAfter = query.get("starting_after");
  if (startingAfter !== null) return parseSeq(startingAfter, ["query", "starting_after"], last);
  const from = query.get("from");
  if (from === null || from === SNAPSHOT) return { ok: true, after: 0 };
  if (from === "now") return { ok: true, after: last };
  const msg = "must be `now` or `snapshot`; for a position use `starting_after`";
  return { ok: false, issue: { loc: ["query", "from"], msg, type: "value_error" } };
}

/** Whether what is there already is wanted merged, from wherever that is. */
export function wantsSnapshot(query: URLSearchParams): boolean {
  return query.get("from") === SNAPSHOT;
}

function parseSeq(text: string, loc: string[], last: number): Position {
  if (!/^\d{1,15}$/.test(text)) {
    return {
      ok: false,
      issue: { loc, msg: "must be the id of an event: 0, 1, 2 …", type: "int_parsing" },
    };
  }
  const after = Number(text);
  if (after > last) {
    const msg = `is past the last event, which is ${last}`;
    return { ok: false, issue: { loc, msg, type: "less_than_equal" } };
  }
  return { ok: true, after };
}
