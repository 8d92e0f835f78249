// A model inside the Worker, for `wrangler dev`, demos, tests and load: this is its pace and its
// ways to fail. What it says is in simulated-answer.ts, how to ask for it in simulated-name.ts.

import { type OutgoingEvent, toOutgoing } from "../../protocol/event.ts";
import type { MessageRequest } from "../../protocol/request.ts";
import { isCustomTool } from "../../protocol/tool.ts";
import { UpstreamFailure } from "../failure.ts";
import type { Call, Provider } from "../provider.ts";
import { setFields } from "../set-fields.ts";
import { planAnswer } from "./answer.ts";
import { readConversation } from "./conversation.ts";
import { parseSpeech, type Speech } from "./name.ts";
import { isToken, toEvents } from "./plan.ts";

/** Tokens in one batch when there is no rate; after it, whoever else waits has a turn. */
const UNPACED_BATCH_TOKENS = 64;
/** However far behind it is, it says no more than this at once. */
const MAX_BATCH_TOKENS = 1_024;
/** A stall lasts until it is aborted, in waits of this length. */
const STALL_WAIT_MS = 60_000;

/** What it honours, and what is the business of its callers. */
const HONOURED = new Set([
  ...["model", "messages", "system", "max_tokens", "stop_sequences", "seed"],
  ...["tools", "tool_choice", "thinking", "output_config"],
  ...["stream", "metadata", "correlation_id", "on_interrupt", "webhook", "expires_after"],
]);

export interface Clock {
  /** In ms, from any beginning. */
  now(): number;
  /** Lets others run, for at least `ms`. Rejects with the signal's reason as soon as it aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const simulated: Provider = createSimulated({ now: () => performance.now(), wait });

export function createSimulated(clock: Clock): Provider {
  return {
    stream: (call, signal) => speak(call, clock, signal),
    countTokens: async ({ request }) => ({ input_tokens: readConversation(request).words }),
    ignoredFields,
  };
}

async function* speak(
  { messageId, request, route }: Call,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<OutgoingEvent[], void, void> {
  const model = route.model ?? request.model;
  const speech = parseSpeech(model, route.options);
  const plan = planAnswer(request, speech);
  signal.throwIfAborted();
  if (speech.delay_ms > 0) await clock.wait(speech.delay_ms, signal);
  if (speech.failure === "overloaded") throw failure("overloaded_error");

  const due = createPace(speech.rate, clock, signal);
  const failsAt = speech.failure === undefined ? Number.POSITIVE_INFINITY : plan.middle;
  let batch: OutgoingEvent[] = [];
  let said = 0;
  let mayBeSaid = await due(0);
  for (const event of toEvents(plan, messageId, model)) {
    const isNext = isToken(event);
    if (said >= failsAt && (isNext || event.type === "message_delta")) {
      yield batch;
      return fail(speech, clock, signal);
    }
    if (isNext && said === mayBeSaid) {
      yield batch;
      batch = [];
      mayBeSaid = await due(said);
    }
    batch.push(toOutgoing(event));
    if (isNext) said += 1;
  }
  yield batch;
}

/**
 * Waits until more than `said` tokens are due, and tells how many are: by the time since the
 * beginning, so that waits which take too long add up to nothing.
 */
function createPace(rate: number, clock: Clock, signal: AbortSignal) {
  const startedAt = clock.now();
  return async (said: number): Promise<number> => {
    if (rate === 0) {
      if (said > 0) await clock.wait(0, signal);
      return said + UNPACED_BATCH_TOKENS;
    }
    const waitMs = startedAt + (said / rate) * 1_000 - clock.now();
    if (said > 0) await clock.wait(Math.max(waitMs, 0), signal);
    const due = 1 + Math.floor(((clock.now() - startedAt) / 1_000) * rate);
    return Math.min(Math.max(due, said + 1), said + MAX_BATCH_TOKENS);
  };
}

/** What happens half-way: a `cut` is a bare end. */
async function fail(speech: Speech, clock: Clock, signal: AbortSignal): Promise<void> {
  if (speech.failure === "error") throw failure("api_error");
  while (speech.failure === "stall") await clock.wait(STALL_WAIT_MS, signal);
}

function failure(type: "overloaded_error" | "api_error"): UpstreamFailure {
  return new UpstreamFailure(type, "The simulated model was asked to fail.", { retryable: true });
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

function ignoredFields(request: MessageRequest): string[] {
  const canCallAll = (request.tools ?? []).every(isCustomTool);
  return setFields(request)
    .map(([name]) => name)
    .filter((name) => !HONOURED.has(name) || (name === "tools" && !canCallAll));
}
