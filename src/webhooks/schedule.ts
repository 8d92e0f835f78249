// When the end of a message is told, and when no more: the answer to an attempt, the dice and the
// clock go in, what is to be done comes out. Pure. Times are in ms since the epoch.

import { backoff } from "../lib/backoff.ts";
import type { Terminal } from "../protocol/state.ts";
import { toWebhookEvent, type Webhook, type WebhookEvent } from "../protocol/webhook.ts";

/** So long after the end nobody is told of it any more. */
const MAX_AGE_MS = 24 * 3_600_000;

/** From seconds, for a receiver that restarts, to hours, for one that somebody has to mend. */
const CEILINGS = { first: 5_000, all: 4 * 3_600_000 };

/** For one attempt. */
export const ATTEMPT_TIMEOUT_MS = 20_000;

/** How far the telling of one end has come. */
export interface Delivery {
  /** `webhook-id`, the same in all attempts: by it a receiver knows what it has heard before. */
  id: string;
  state: "pending" | "delivered" | "failed";
  /** Null as soon as it is not needed: it may hold a secret. */
  url: string | null;
  /** The ends that are told; null: all. */
  events: WebhookEvent[] | null;
  /** Begun. */
  attempts: number;
  /** What the last attempt was answered with; null where it was not, or not yet. */
  lastStatus: number | null;
  nextAttemptAt: number | null;
  /** Null until the message has ended. */
  giveUpAt: number | null;
  deliveredAt: number | null;
}

/** What came of an attempt. */
export type Answer =
  | { status: number; retryAfterSeconds?: number | undefined }
  | "unreachable"
  /** The address may not be reached, or not any more. */
  | "forbidden";

export interface Moment {
  /** In [0, 1). */
  random: number;
  now: number;
}

/** The delivery of a message that has yet to end. */
export function openDelivery({ url, events }: Webhook, id: string): Delivery {
  return {
    id,
    state: "pending",
    url,
    events: events ?? null,
    attempts: 0,
    lastStatus: null,
    nextAttemptAt: null,
    giveUpAt: null,
    deliveredAt: null,
  };
}

/** The delivery of a message that has just ended; null where this end is not to be told. */
export function withEnd(delivery: Delivery, end: Terminal, now: number): Delivery | null {
  if (delivery.events && !delivery.events.includes(toWebhookEvent(end))) return null;
  return { ...delivery, nextAttemptAt: now, giveUpAt: now + MAX_AGE_MS };
}

/**
 * What has to be written down before an attempt: it counts from now on, and should nothing more be
 * heard of it, because the object is lost, another one follows. Failed where it is too late for one.
 */
export function begin(delivery: Delivery, { random, now }: Moment): Delivery {
  if (now >= (delivery.giveUpAt ?? 0)) return close(delivery, "failed");
  const waitMs = ATTEMPT_TIMEOUT_MS + backoff(delivery.attempts, random, CEILINGS);
  const attempts = delivery.attempts + 1;
  return { ...delivery, attempts, lastStatus: null, nextAttemptAt: now + waitMs };
}

/** What follows from the answer to the attempt that was begun. */
export function conclude(delivery: Delivery, answer: Answer, moment: Moment): Delivery {
  const lastStatus = typeof answer === "object" ? answer.status : null;
  const answered = { ...delivery, lastStatus };
  const outcome = judge(answer, delivery.attempts, moment);
  switch (outcome) {
    case "delivered":
      return { ...close(answered, "delivered"), deliveredAt: moment.now };
    case "failed":
      return close(answered, "failed");
    default: {
      const nextAttemptAt = moment.now + outcome.waitMs;
      if (nextAttemptAt >= (delivery.giveUpAt ?? 0)) return close(answered, "failed");
      return { ...answered, nextAttemptAt };
    }
  }
}

export type Outcome = "delivered" | "failed" | { waitMs: number };

/**
 * What the answer to attempt 1, 2, 3 … means. Redirects are not followed, since where they lead is
 * not where the caller wanted to be told; 410 is a receiver's way to say that it wants no more.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function judge(answer: Answer, attempt: number, { random }: Moment): Outcome {
  if (answer === "forbidden") return "failed";
  const waitMs = backoff(attempt - 1, random, CEILINGS);
  if (answer === "unreachable") return { waitMs };
  const { status, retryAfterSeconds = 0 } = answer;
  if (status >= 200 && status < 300) return "delivered";
  if (status === 410) return "failed";
  return { waitMs: Math.max(waitMs, retryAfterSeconds * 1000) };
}

function close(delivery: Delivery, state: "delivered" | "failed"): Delivery {
  return { ...delivery, state, url: null, nextAttemptAt: null };
}
