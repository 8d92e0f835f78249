// One run: turn after turn until the message is whole, and between them the tools that run here. What
// comes next is read off the log's progress, so that a run which was lost goes on in the same way.

import { createTimeLimit } from "../lib/time-limit.ts";
import type { OutgoingEvent, StreamEvent } from "../protocol/event.ts";
import { toOutgoing } from "../protocol/event.ts";
import { type Progress, usageSoFar } from "../protocol/progress.ts";
import type { Turns } from "../protocol/turns.ts";
import { toResultBlock, toResultEvents } from "../tools/blocks.ts";
import { type Call, type Running, runCalls } from "../tools/calls.ts";
import type { ContainerTold } from "../tools/container/container.ts";
import type { AskLimits, RunEnd } from "./runner.ts";

export interface LoopLimits extends AskLimits {
  /** Turns after which a run pauses. */
  maxTurns: number;
  /** A tool that shows no sign of life for so long is given up. */
  toolSeconds: number;
}

export interface Loop {
  limits: LoopLimits;
  /** Aborted when nobody wants the answer any more. */
  cancelled: AbortSignal;
  progress(): Progress;
  /** Asks for one turn. Ends the run, or says what has to be called before the next. */
  turn(deadline: AbortSignal): Promise<RunEnd | Calls>;
  record(events: OutgoingEvent[]): void;
  /** That in which tools have worked. */
  container(): ContainerTold | undefined;
}

export interface Calls extends Pick<Running, "parallel" | "names" | "check"> {
  type: "calls";
  calls: readonly Call[];
}

/** Runs to the end. Never throws for what upstreams or tools do. */
export async function runLoop(loop: Loop): Promise<RunEnd> {
  const { limits, cancelled } = loop;
  const deadline = createTimeLimit(limits.deadlineSeconds * 1000);
  try {
    for (;;) {
      const { turns, nextIndex } = loop.progress();
      const reason = reasonToStop(turns, nextIndex, limits.maxTurns);
      if (reason !== undefined) return conclude(loop, reason);
      const turn = await loop.turn(deadline.signal);
      if (turn.type !== "calls") return turn;
      const signal = AbortSignal.any([cancelled, deadline.signal]);
      const running = { ...turn, signal, timeoutSeconds: limits.toolSeconds };
      await runCalls(turn.calls, running, (call, outcome) => {
        const block = toResultBlock(call.id, call.tool, outcome);
        const events = toResultEvents([block], loop.progress().nextIndex);
        loop.record(events.map(toOutgoing));
      });
    }
  } catch (error) {
    // Whoever cancelled has ended the message already; what the abort broke here is no news.
    if (cancelled.aborted) return { type: "failed", problem: { reason: "internal" } };
    if (!deadline.signal.aborted) throw error;
    const seconds = limits.deadlineSeconds;
    return { type: "failed", problem: { reason: "deadline", seconds } };
  } finally {
    deadline.stop();
  }
}

/** Why no further turn follows the one that ended; undefined where one does. */
function reasonToStop(
  { ended, from, asksCaller }: Turns,
  nextIndex: number,
  maxTurns: number,
): string | undefined {
  if (ended === 0 || nextIndex > from) return undefined;
  if (asksCaller) return "tool_use";
  return ended >= maxTurns ? "pause_turn" : undefined;
}

function conclude(loop: Loop, stop_reason: string): RunEnd {
  const usage = usageSoFar(loop.progress());
  const container = loop.container();
  const delta = { stop_reason, stop_sequence: null, ...(container && { container }) };
  const end: StreamEvent[] = [{ type: "message_delta", delta, usage }, { type: "message_stop" }];
  loop.record(end.map(toOutgoing));
  return { type: "completed" };
}
