// What follows when a line has ended: another one, over which transport and after how long, or
// nothing. Pure: no clock, no dice, no network; the observation carries it out.

import { backoff } from "../lib/backoff.ts";
import { type AsyncMessagesError, isTransient } from "./problem.ts";

export type Transport = "sse" | "websocket";

export interface Course {
  readonly transport: Transport;
  /** Whether the other transport may be tried. */
  readonly mayChange: boolean;
  /** Lines in a row that told nothing new. */
  readonly failures: number;
}

/** How a line ended. */
export type Ending =
  /** Nothing follows what has been told. */
  | { kind: "over" }
  /** The service said no. */
  | { kind: "refused"; problem: AsyncMessagesError }
  /** A WebSocket was closed in good order. */
  | { kind: "ended"; problem: AsyncMessagesError }
  /** It was cut, fell silent, made no sense, or stopped before the message did. */
  | { kind: "broken"; problem: AsyncMessagesError }
  /** This transport is not to be had here. */
  | { kind: "unsupported"; problem: AsyncMessagesError };

/** What a line had brought before it ended. */
export interface Yield {
  /** Anything at all, if only a sign of life. */
  heard: boolean;
  /** Events that had not been told before. */
  told: boolean;
}

export type Next =
  | { action: "stop" }
  | { action: "fail"; problem: AsyncMessagesError }
  | { action: "connect"; waitMs: number; problem: AsyncMessagesError; course: Course };

export function embark(transport: Transport | "auto"): Course {
  const mayChange = transport === "auto";
  return { transport: mayChange ? "sse" : transport, mayChange, failures: 0 };
}

/** `random` is in [0, 1). */
export function next(course: Course, ending: Ending, { heard, told }: Yield, random: number): Next {
  // So the service closes at once where nothing follows. After events, somebody in between may have.
  if (ending.kind === "over" || (ending.kind === "ended" && !told)) return { action: "stop" };

  const { kind, problem } = ending;
  const isUnsupported = kind === "unsupported";
  if (isUnsupported ? !course.mayChange : !isTransient(problem)) return { action: "fail", problem };

  // A refusal came through, and so did whatever was heard: the transport is not to blame.
  const changes = course.mayChange && kind !== "refused" && !heard;
  const transport = changes ? other(course.transport) : course.transport;
  const failures = told ? 0 : course.failures;
  const waitMs = isUnsupported ? 0 : (problem.retryAfterMs ?? 0) + backoff(failures, random);
  const following = { ...course, transport, failures: failures + 1 };
  return { action: "connect", waitMs, problem, course: following };
}

function other(transport: Transport): Transport {
  return transport === "sse" ? "websocket" : "sse";
}
