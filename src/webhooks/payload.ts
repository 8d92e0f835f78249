// What is told of the end of a message. Pure.

import { toWire } from "../protocol/errors.ts";
import type { Message, Usage } from "../protocol/event.ts";
import type { Terminal } from "../protocol/state.ts";
import { toWebhookEvent } from "../protocol/webhook.ts";

/** Characters of a message as JSON; a longer one is left out, and can be asked for by its id. */
const MAX_MESSAGE_LENGTH = 64 * 1024;

export interface Ended {
  messageId: string;
  state: Terminal;
  endedAt: number;
  stopReason: string | null;
  usage: Usage;
  correlationId: string | null;
  metadata: Record<string, unknown> | null;
  /** As it can be asked for: what there is, where it was cut short. */
  message: Message;
}

/** The body, the same in all attempts. */
export function toPayload({ state, endedAt, message, ...ended }: Ended): string {
  const isSmall = JSON.stringify(message).length <= MAX_MESSAGE_LENGTH;
  return JSON.stringify({
    type: toWebhookEvent(state),
    timestamp: new Date(endedAt).toISOString(),
    data: {
      message_id: ended.messageId,
      status: state.status,
      stop_reason: ended.stopReason,
      usage: ended.usage,
      ...(state.status === "error" && { error: toError(state) }),
      correlation_id: ended.correlationId,
      metadata: ended.metadata,
      ...(isSmall && { message }),
    },
  });
}

function toError({ problem }: Extract<Terminal, { status: "error" }>) {
  const { type, message } = toWire(problem).error;
  return { type, message };
}
