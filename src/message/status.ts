// What the status endpoint says of a message. Pure, and cheap: nothing of the log is read.

import { toWire } from "../protocol/errors.ts";
import type { Usage } from "../protocol/event.ts";
import type { State } from "../protocol/state.ts";
import type { Account, Opening } from "./record.ts";

/** What only the living object knows. */
export interface Live {
  lastEventId: number;
  observers: number;
  usage: Usage;
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
  const { startedAt, firstEventAt, endedAt } = account;
  return {
    message_id: opening.messageId,
    status: state.status,
    created_at: toIso(createdAt),
    updated_at: toIso(account.updatedAt),
    completed_at: endedAt === null ? null : toIso(endedAt),
    error_message: state.status === "error" ? toWire(state.problem).error.message : null,
    stream_type: "chat_completion",
    metadata: {
      message_count: opening.messageCount,
      thinking_enabled: opening.thinkingEnabled,
      model: opening.model,
      provider: account.provider,
      upstream_model: account.upstreamModel,
      attempts: account.attempts,
      turns: account.firstEventAt === null ? 0 : 1,
      last_event_id: live.lastEventId,
      usage: live.usage,
      queue_ms: startedAt === null ? null : startedAt - createdAt,
      ttft_ms: firstEventAt === null ? null : firstEventAt - createdAt,
      duration_ms: (endedAt ?? live.now) - createdAt,
      stop_reason: account.stopReason,
      tools_used: account.toolsUsed,
      observers: live.observers,
      ignored_fields: account.ignoredFields,
      correlation_id: opening.correlationId,
      request_metadata: opening.requestMetadata,
    },
  };
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
