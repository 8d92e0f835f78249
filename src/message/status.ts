// What is said of a message: by the status endpoint while it lives, in one log line at its end. Pure,
// and cheap: nothing of the log is read.

import { toWire } from "../protocol/errors.ts";
import type { Usage } from "../protocol/event.ts";
import type { State } from "../protocol/state.ts";
import type { Delivery } from "../webhooks/schedule.ts";
import type { Account } from "./account.ts";
import type { Opening } from "./record.ts";

/** What only the living object knows. */
export interface Live {
  lastEventId: number;
  observers: number;
  usage: Usage;
  turns: number;
  now: number;
}

export interface MessageStatus {
  message_id: string;
  status: State["status"];
  created_at: string;
  updated_at: string;
  completed_at: string | null;
  error_message: string | null;
  stream_type: "chat_completion";
  metadata: Record<string, unknown> & { correlation_id: string | null };
}

export function toStatus(
  opening: Opening,
  state: State,
  account: Account,
  live: Live,
): MessageStatus {
  const { createdAt } = opening;
  return {
    message_id: opening.messageId,
    status: state.status,
    created_at: toIso(createdAt),
    updated_at: toIso(account.updatedAt),
    completed_at: account.endedAt === null ? null : toIso(account.endedAt),
    error_message: errorMessage(state),
    stream_type: "chat_completion",
    metadata: {
      message_count: opening.messageCount,
      thinking_enabled: opening.thinkingEnabled,
      model: opening.model,
      provider: account.provider,
      upstream_model: account.upstreamModel,
      attempts: account.attempts,
      turns: live.turns,
      last_event_id: live.lastEventId,
      usage: live.usage,
      ...timings(opening, account, live.now),
      stop_reason: account.stopReason,
      tools_used: account.toolsUsed,
      observers: live.observers,
      ignored_fields: account.ignoredFields,
      correlation_id: opening.correlationId,
      request_metadata: opening.requestMetadata,
      placement: opening.placement ?? null,
      webhook: account.webhook ? deliveryOf(account.webhook) : null,
    },
  };
}

/** Not where to: the address is the caller's own, and may hold a secret. */
function deliveryOf({ state, attempts, lastStatus, nextAttemptAt, deliveredAt }: Delivery) {
  return {
    state,
    attempts,
    last_status: lastStatus,
    next_attempt_at: nextAttemptAt === null ? null : toIso(nextAttemptAt),
    delivered_at: deliveredAt === null ? null : toIso(deliveredAt),
  };
}

/** The line that is logged when a run has ended. Nothing of the conversation is in it. */
export function toReport(
  opening: Opening,
  state: State,
  account: Account,
  written: { events: number; rows: number },
): Record<string, unknown> {
  return {
    event: "run",
    message_id: opening.messageId,
    request_id: opening.requestId,
    tenant: opening.tenant,
    correlation_id: opening.correlationId,
    model: opening.model,
    provider: account.provider,
    upstream_model: account.upstreamModel,
    outcome: state.status,
    stop_reason: account.stopReason,
    // Not its message: upstreams repeat in it what they were sent.
    error: state.status === "error" ? toWire(state.problem).error.type : null,
    attempts: account.attempts,
    turns: account.turns,
    tools: account.toolsUsed,
    ...timings(opening, account, account.updatedAt),
    input_tokens: account.usage.input_tokens,
    output_tokens: account.usage.output_tokens,
    ...written,
  };
}

function timings(
  { createdAt }: Opening,
  { startedAt, firstEventAt, endedAt }: Account,
  now: number,
) {
  return {
    queue_ms: startedAt === null ? null : startedAt - createdAt,
    ttft_ms: firstEventAt === null ? null : firstEventAt - createdAt,
    duration_ms: (endedAt ?? now) - createdAt,
  };
}

function errorMessage(state: State): string | null {
  return state.status === "error" ? toWire(state.problem).error.message : null;
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
