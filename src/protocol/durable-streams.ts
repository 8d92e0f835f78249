// The words of the Durable Streams protocol, as far as it reads: offsets, cursors, and what a reader
// asks for. Pure. https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md

import type { Issue } from "./errors.ts";

/** Of answers. */
export const StreamHeader = {
  nextOffset: "stream-next-offset",
  upToDate: "stream-up-to-date",
  closed: "stream-closed",
  cursor: "stream-cursor",
} as const;

/** What a reader asks for. */
export interface Reading {
  /** The seq of the last event that it has. */
  after: number;
  /** True where it wants nothing of what is there already. */
  fromNow: boolean;
  live: "long-poll" | "sse" | undefined;
  /** The cursor it was given last. */
  cursor: number | undefined;
}

export type ParsedReading = { ok: true; reading: Reading } | { ok: false; issue: Issue };

/** As text, offsets have to be in the order of what they stand for. */
const OFFSET_DIGITS = 16;

/** Where reading goes on after event `seq`. */
export function toOffset(seq: number): string {
  return String(seq).padStart(OFFSET_DIGITS, "0");
}

/** `last` is the newest event: no offset past it was ever given. */
export function parseReading(query: URLSearchParams, last: number): ParsedReading {
  const [offset, ...others] = query.getAll("offset");
  const live = query.get("live");
  if (live !== null && live !== "long-poll" && live !== "sse") {
    return refuse("live", "must be `long-poll` or `sse`");
  }
  if (live !== null && offset === undefined) return refuse("offset", "is needed to read live");
  if (others.length > 0) return refuse("offset", "must be given once");
  const after = toSeq(offset ?? "-1", last);
  if (after === undefined)
    return refuse("offset", "must be `-1`, `now`, or one that was given here");
  const cursor = query.get("cursor") ?? "";
  return {
    ok: true,
    reading: {
      after,
      fromNow: offset === "now",
      live: live ?? undefined,
      // Anything else is none: it serves caches, and nothing depends on it.
      cursor: /^\d{1,15}$/.test(cursor) ? Number(cursor) : undefined,
    },
  };
}

function toSeq(offset: string, last: number): number | undefined {
  if (offset === "-1") return 0;
  if (offset === "now") return last;
  const seq = offset.length === OFFSET_DIGITS && /^\d+$/.test(offset) ? Number(offset) : undefined;
  return seq !== undefined && seq <= last ? seq : undefined;
}

function refuse(name: string, msg: string): ParsedReading {
  return { ok: false, issue: { loc: ["query", name], msg, type: "value_error" } };
}

/** Section 8.1: cursors count intervals of time. */
const CURSOR_EPOCH_MS = Date.UTC(2024, 9, 9);
const CURSOR_INTERVAL_MS = 20_000;
/** A cursor that is not behind is sent ahead by up to an hour. */
const MAX_AHEAD = 3_600_000 / CURSOR_INTERVAL_MS;

/** A cursor that differs from the one `given`, so that no cache answers for ever. `random` is in [0, 1). */
export function nextCursor(given: number | undefined, now: number, random: number): string {
  const current = Math.floor((now - CURSOR_EPOCH_MS) / CURSOR_INTERVAL_MS);
  if (given === undefined || given < current) return String(current);
  return String(given + 1 + Math.floor(random * MAX_AHEAD));
}
