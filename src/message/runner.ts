// One turn: ask the routes of a model in order until one answers, and hand over what it says. Knows
// when to try again; knows nothing of storage, observers or tools.

import { backoff } from "../lib/backoff.ts";
import { createTimeLimit } from "../lib/time-limit.ts";
import { ApiError, type Problem } from "../protocol/errors.ts";
import type { OutgoingEvent } from "../protocol/event.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { UpstreamFailure } from "../providers/failure.ts";
import type { Provider } from "../providers/provider.ts";
import type { Route } from "../providers/route.ts";

/** An upstream that asks for more patience than this is not waited for. */
const MAX_RETRY_AFTER_SECONDS = 60;

/** Characters of an upstream's own sentence: so far it is told. */
const MAX_SENTENCE_LENGTH = 2_000;

export interface AskLimits {
  stallSeconds: number;
  deadlineSeconds: number;
  /** Further tries at one route, before the next. */
  maxRetries: number;
}

/** What asking needs and whom it tells. */
export interface Asking {
  messageId: string;
  routes: readonly Route[];
  limits: AskLimits;
  /** Aborted when nobody wants the answer any more. */
  cancelled: AbortSignal;
  provider(route: Route): Provider;
  /** The secret that a route names. Throws `ApiError` when it is not set. */
  secret(name: string): string;
  /** What to send to a route; it is about to be sent. */
  trying(route: Route): MessageRequest;
  /** Takes what arrived; resolves when there is room for more. */
  record(events: OutgoingEvent[]): Promise<void> | undefined;
  /** True once anything of the turn was recorded: from then on nothing is tried again. */
  begun(): boolean;
  /** True once the upstream has said that its answer is whole. */
  complete(): boolean;
}

/** How asking ended; where it was cancelled, as whatever the abort made of it, and nobody looks. */
export type RunEnd = { type: "completed" } | { type: "failed"; problem: Problem };

/** Asks until there is an answer, or `deadline` aborts. Never throws for what an upstream does. */
export async function ask(asking: Asking, deadline: AbortSignal): Promise<RunEnd> {
  let problem: Problem = { reason: "internal" };
  for (const route of asking.routes) {
    for (let retry = 0; ; retry += 1) {
      const failure = await attempt(asking, route, deadline);
      if (!failure) return { type: "completed" };
      problem = failure.problem;
      if (asking.begun() || asking.cancelled.aborted || deadline.aborted) {
        return { type: "failed", problem };
      }
      const waitMs = retryDelay(failure, retry, asking.limits.maxRetries, Math.random());
      if (waitMs === undefined) break;
      const signal = AbortSignal.any([asking.cancelled, deadline]);
      await scheduler.wait(waitMs, { signal }).catch(() => {}); // the next attempt sees why
    }
  }
  return { type: "failed", problem };
}

/** Why an attempt failed, and whether the same route may be asked again. */
export interface Failure {
  problem: Problem;
  retryable: boolean;
  retryAfterSeconds?: number | undefined;
}

/** How long to wait before the same route is asked again, in ms; undefined: not again. */
export function retryDelay(
  failure: Failure,
  retry: number,
  maxRetries: number,
  random: number,
): number | undefined {
  if (!failure.retryable || retry >= maxRetries) return undefined;
  const { retryAfterSeconds } = failure;
  if (retryAfterSeconds === undefined) return backoff(retry, random);
  if (retryAfterSeconds > MAX_RETRY_AFTER_SECONDS) return undefined;
  return retryAfterSeconds * 1000 + backoff(retry, random);
}

/** One request upstream, to its end. Undefined when it answered in full. */
async function attempt(
  asking: Asking,
  route: Route,
  deadline: AbortSignal,
): Promise<Failure | undefined> {
  const { messageId, limits } = asking;
  const stall = createTimeLimit(limits.stallSeconds * 1000);
  const signal = AbortSignal.any([asking.cancelled, deadline, stall.signal]);
  let key: { key?: string } = {};
  try {
    signal.throwIfAborted();
    if (route.key !== undefined) key = { key: asking.secret(route.key) };
    const request = asking.trying(route);
    const call = { messageId, request, route, ...key };
    for await (const events of asking.provider(route).stream(call, signal)) {
      stall.restart();
      await asking.record(events);
      signal.throwIfAborted();
    }
    if (asking.complete()) return undefined;
    signal.throwIfAborted();
    const message = "The upstream ended its stream before the message was whole.";
    return toFailure(new UpstreamFailure("api_error", message, { retryable: true }));
  } catch (error) {
    if (asking.complete()) return undefined; // the last word was said: what broke afterwards is no loss
    if (deadline.aborted)
      return unretryable({ reason: "deadline", seconds: limits.deadlineSeconds });
    if (stall.signal.aborted)
      return unretryable({ reason: "stalled", seconds: limits.stallSeconds });
    // Whoever cancelled has ended the message already; what the abort broke here is no news.
    if (asking.cancelled.aborted) return unretryable({ reason: "internal" });
    return toFailure(error, key.key);
  } finally {
    stall.stop();
  }
}

/** `key` is what the upstream was called with: some repeat it, in a refusal or in a stream. */
function toFailure(error: unknown, key?: string): Failure {
  if (error instanceof ApiError) return unretryable(error.problem);
  if (error instanceof UpstreamFailure) {
    const { type, retryable, retryAfterSeconds } = error;
    const sentence = key === undefined ? error.message : error.message.replaceAll(key, "[key]");
    // Cut afterwards: what is left of a key at the cut would not be found.
    const message = sentence.slice(0, MAX_SENTENCE_LENGTH);
    const problem: Problem = { reason: "upstream", error: { type, message }, retryAfterSeconds };
    return { problem, retryable, retryAfterSeconds };
  }
  console.error("run failed", error);
  return unretryable({ reason: "internal" });
}

function unretryable(problem: Problem): Failure {
  return { problem, retryable: false };
}
