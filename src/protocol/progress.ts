// How far a log has come: what may follow, what is still open, what it has cost. One step for each
// event, on plain data, so that the grammar of a message is a table in a test.

import type { StreamEvent, Usage } from "./event.ts";
import { advanceTurns, FIRST_TURN, type Turns } from "./turns.ts";

export interface Progress {
  readonly started: boolean;
  /** The index that the next block must have: blocks are numbered 0, 1, 2 … as they begin. */
  readonly nextIndex: number;
  /** Indexes of the blocks begun and not ended. */
  readonly open: readonly number[];
  /** Deltas since the upstream last counted: about one for each output token. */
  readonly deltas: number;
  readonly usage: Usage;
  /** True once a `message_delta` came: the output tokens are counted, as far as that one goes. */
  readonly counted: boolean;
  readonly stopReason: string | null;
  /** True once a `message_delta` named the stop reason: the upstream has said how the message ends. */
  readonly concluded: boolean;
  readonly turns: Turns;
}

export const NOTHING_YET: Progress = {
  started: false,
  nextIndex: 0,
  open: [],
  deltas: 0,
  usage: { input_tokens: 0, output_tokens: 0 },
  counted: false,
  stopReason: null,
  concluded: false,
  turns: FIRST_TURN,
};

/** Characters. Usage and stop reason are part of the status, which is kept in one row. */
const MAX_USAGE_LENGTH = 64 * 1024;
const MAX_STOP_REASON_LENGTH = 200;

/** A word that can be the name of an event in any frame: no line break, no quote. */
const EVENT_NAME = /^[\w.-]{1,64}$/;

/** Where `event` leads from `progress`, or a sentence that says why it cannot come here. */
export function advance(progress: Progress, event: StreamEvent): Progress | string {
  if (!EVENT_NAME.test(event.type)) return "an event has a name that is not a word";
  if (event.type === "message_start") {
    if (progress.started) return "a second message_start";
    if (isTooLong(event.message.usage)) return "message_start with too much usage";
    return { ...progress, started: true, usage: { ...progress.usage, ...event.message.usage } };
  }
  if (event.type === "error") return progress;
  if (!progress.started) return `${event.type} before message_start`;
  if (isIncomplete(event)) return `${event.type} without what it tells`;
  switch (event.type) {
    case "content_block_start":
      if (event.index !== progress.nextIndex) {
        return `block ${event.index} began where ${progress.nextIndex} was due`;
      }
      return {
        ...progress,
        nextIndex: event.index + 1,
        open: [...progress.open, event.index],
        turns: advanceTurns(progress.turns, event, event.index + 1),
      };
    case "content_block_delta":
      if (!progress.open.includes(event.index)) return `a delta for block ${event.index}, not open`;
      return { ...progress, deltas: progress.deltas + 1 };
    case "content_block_stop":
      if (!progress.open.includes(event.index)) return `the end of block ${event.index}, not open`;
      return { ...progress, open: progress.open.filter((index) => index !== event.index) };
    case "message_delta": {
      const usage = mergeUsage(progress.usage, event.usage);
      if (isTooLong(usage)) return "message_delta with too much usage";
      return {
        ...progress,
        deltas: 0,
        counted: true,
        concluded: event.delta.stop_reason != null,
        stopReason: event.delta.stop_reason ?? null,
        usage,
        turns: advanceTurns(progress.turns, event, progress.nextIndex),
      };
    }
    case "message_stop":
      return progress.counted ? progress : "message_stop before message_delta";
    case "recovery":
      return { ...progress, turns: advanceTurns(progress.turns, event, progress.nextIndex) };
    default:
      return progress; // an event that is newer than this code
  }
}

/** The member of a delta that tells what is added. Of newer deltas nothing is known. */
const TELLS: Record<string, string> = {
  text_delta: "text",
  thinking_delta: "thinking",
  signature_delta: "signature",
  input_json_delta: "partial_json",
};

/** True for an event that no client could fold. */
function isIncomplete(event: StreamEvent): boolean {
  switch (event.type) {
    case "content_block_start":
      return typeof event.content_block?.type !== "string";
    case "content_block_delta": {
      const delta = event.delta as unknown as Record<string, unknown> | null | undefined;
      if (typeof delta?.type !== "string") return true;
      const member = TELLS[delta.type];
      return member !== undefined && typeof delta[member] !== "string";
    }
    case "message_delta":
      return typeof event.delta !== "object" || event.delta === null || !isReason(event.delta);
    default:
      return false;
  }
}

function isReason({ stop_reason }: { stop_reason: unknown }): boolean {
  if (stop_reason == null) return true;
  return typeof stop_reason === "string" && stop_reason.length <= MAX_STOP_REASON_LENGTH;
}

function isTooLong(usage: Partial<Usage> | undefined): boolean {
  return usage !== undefined && JSON.stringify(usage).length > MAX_USAGE_LENGTH;
}

/** Where a log stands. Its events came in this order, so none of them can be refused. */
export function progressOf(events: Iterable<StreamEvent>): Progress {
  let progress = NOTHING_YET;
  for (const event of events) {
    const after = advance(progress, event);
    if (typeof after !== "string") progress = after;
  }
  return progress;
}

/** Tokens so far. What the upstream has not counted of its output counts as one for each delta. */
export function usageSoFar({ usage, counted, deltas, concluded }: Progress): Usage {
  if (concluded) return usage;
  const { output_tokens } = usage;
  return {
    ...usage,
    output_tokens: counted ? output_tokens + deltas : Math.max(output_tokens, deltas),
  };
}

/** Ends every open block. */
export function closeBlocks(progress: Progress): StreamEvent[] {
  return progress.open.map((index) => ({ type: "content_block_stop", index }));
}

/** Counters in `message_delta` are totals for the message: what is named replaces, nothing adds. */
export function mergeUsage(usage: Usage, update: Partial<Usage> | undefined): Usage {
  const named = Object.entries(update ?? {}).filter(([, count]) => count != null);
  return { ...usage, ...Object.fromEntries(named) };
}
