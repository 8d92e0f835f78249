// Where a message of several turns stands: which calls wait for a result, which blocks count. Told by
// the events alone, so that a log is the checkpoint of its run. Pure.
//
// A turn whose calls run on our side ends with a `message_delta` that names no stop reason; after it
// come the results, a block each, and then the blocks of the next turn.

import type { ContentBlock, StreamEvent } from "./event.ts";

/** A call that a server answers, as its block names it. */
export interface PendingCall {
  type: "server_tool_use" | "mcp_tool_use";
  id: string;
  name: string;
}

export interface Turns {
  /** Those that have ended with more to follow. */
  readonly ended: number;
  /** The index at which the blocks of the turn under way begin. */
  readonly from: number;
  /** Calls of the turn under way that nobody has answered. */
  readonly calls: readonly PendingCall[];
  /** Calls of the last turn that ended, as long as their results are not there. */
  readonly due: readonly PendingCall[];
  /** True where the turn under way, or before it has begun the one that ended, calls the caller's tools too. */
  readonly asksCaller: boolean;
  /** Indexes of blocks said in vain: their turn was lost and has begun again. */
  readonly abandoned: readonly number[];
}

export const FIRST_TURN: Turns = {
  ended: 0,
  from: 0,
  calls: [],
  due: [],
  asksCaller: false,
  abandoned: [],
};

/** Where `event` leads from `turns`. `nextIndex` is the index that the next block will have after it. */
export function advanceTurns(turns: Turns, event: StreamEvent, nextIndex: number): Turns {
  switch (event.type) {
    case "content_block_start":
      return begin(turns, event.index, event.content_block);
    case "message_delta":
      if (event.delta.stop_reason != null || turns.calls.length === 0) return turns;
      return { ...turns, ended: turns.ended + 1, from: nextIndex, calls: [], due: turns.calls };
    case "recovery":
      return event.mode === "restart" ? abandon(turns, nextIndex) : turns;
    default:
      return turns;
  }
}

/** True before the turn under way has said anything: where a run can go on as if nothing had happened. */
export function isBetween({ ended, from, due }: Turns, nextIndex: number): boolean {
  return ended > 0 && (due.length > 0 || from === nextIndex);
}

/** How many turns have begun. */
export function turnsBegun({ ended, from }: Turns, nextIndex: number): number {
  return nextIndex > from ? ended + 1 : ended;
}

/** Whether `block` is the result of a call, whoever ran it. */
export function isResult({ type, tool_use_id }: ContentBlock): boolean {
  return typeof tool_use_id === "string" && /_result$/.test(type);
}

/** Whether a block is the call of a tool that runs on a server, ours or a vendor's. */
export function isServerCall({ type }: Pick<ContentBlock, "type">): boolean {
  return type === "server_tool_use" || type === "mcp_tool_use";
}

function begin(turns: Turns, index: number, block: ContentBlock): Turns {
  if (isResult(block)) {
    const isOther = ({ id }: PendingCall) => id !== block.tool_use_id;
    const due = turns.due.filter(isOther);
    const from = due.length < turns.due.length ? index + 1 : turns.from;
    return { ...turns, from, due, calls: turns.calls.filter(isOther) };
  }
  const asksCaller = block.type === "tool_use" || (turns.asksCaller && index !== turns.from);
  if (!isPending(block)) return asksCaller === turns.asksCaller ? turns : { ...turns, asksCaller };
  const { type, id, name } = block;
  return { ...turns, asksCaller, calls: [...turns.calls, { type, id, name }] };
}

/** One that its result can be told from: what an upstream sends is not checked further. */
function isPending(block: ContentBlock): block is ContentBlock & PendingCall {
  return isServerCall(block) && typeof block.id === "string" && typeof block.name === "string";
}

function abandon(turns: Turns, nextIndex: number): Turns {
  const count = nextIndex - turns.from;
  const vain = Array.from({ length: count }, (_, at) => turns.from + at);
  return {
    ...turns,
    from: nextIndex,
    calls: [],
    asksCaller: false,
    abandoned: [...turns.abandoned, ...vain],
  };
}
