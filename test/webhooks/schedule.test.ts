// When an end is told again, and when no more.

import { describe, expect, test } from "vitest";
import type { Webhook } from "../../src/protocol/webhook.ts";
import {
  type Answer,
  ATTEMPT_TIMEOUT_MS,
  begin,
  conclude,
  type Delivery,
  judge,
  type Outcome,
  openDelivery,
  withEnd,
} from "../../src/webhooks/schedule.ts";

const HOUR = 3_600_000;
const ENDED_AT = 1_000;
const URL = "https://hooks.example/x";
const COMPLETED = { status: "completed" } as const;

/** After the end, before the first attempt. */
const due = withEnd(openDelivery({ url: URL }, "evt_1"), COMPLETED, ENDED_AT) as Delivery;

const half = (now: number) => ({ random: 0.5, now });

test.for<[Answer, attempt: number, Outcome]>([
  [{ status: 200 }, 1, "delivered"],
  [{ status: 204 }, 30, "delivered"],
  [{ status: 299 }, 1, "delivered"],
  [{ status: 410 }, 1, "failed"],
  ["forbidden", 1, "failed"],
  [{ status: 199 }, 1, { waitMs: 2_500 }],
  [{ status: 302 }, 1, { waitMs: 2_500 }],
  [{ status: 400 }, 1, { waitMs: 2_500 }],
  [{ status: 404 }, 2, { waitMs: 5_000 }],
  [{ status: 500 }, 3, { waitMs: 10_000 }],
  ["unreachable", 1, { waitMs: 2_500 }],
  ["unreachable", 4, { waitMs: 20_000 }],
  ["unreachable", 100, { waitMs: 2 * HOUR }],
  [{ status: 429, retryAfterSeconds: 60 }, 1, { waitMs: 60_000 }],
  [{ status: 503, retryAfterSeconds: 1 }, 5, { waitMs: 40_000 }],
  [{ status: 200, retryAfterSeconds: 60 }, 1, "delivered"],
])("%j to attempt %i means %j", ([answer, attempt, outcome]) => {
  expect(judge(answer, attempt, half(0))).toEqual(outcome);
});

test.for<[Webhook["events"], told: boolean]>([
  [undefined, true],
  [["message.completed"], true],
  [["message.error", "message.completed"], true],
  [["message.error", "message.cancelled"], false],
])("of %j a completed message is told: %s", ([events, told]) => {
  const delivery = withEnd(openDelivery({ url: URL, events }, "evt_1"), COMPLETED, ENDED_AT);
  expect(delivery !== null).toBe(told);
});

describe("an attempt", () => {
  test("is counted before it is made, and followed should it be lost", () => {
    expect(begin(due, half(ENDED_AT))).toEqual({
      ...due,
      attempts: 1,
      nextAttemptAt: ENDED_AT + ATTEMPT_TIMEOUT_MS + 2_500,
    });
  });

  test("that is answered well is the last, and the address goes", () => {
    const { url, ...delivered } = conclude(begin(due, half(1_000)), { status: 204 }, half(2_000));
    expect(url).toBeNull();
    expect(delivered).toMatchObject({
      ...{ state: "delivered", attempts: 1, lastStatus: 204 },
      ...{ nextAttemptAt: null, deliveredAt: 2_000 },
    });
  });

  test("that fails is followed by another", () => {
    const failed = conclude(begin(due, half(1_000)), { status: 500 }, half(2_000));
    expect(failed).toEqual({ ...due, attempts: 1, lastStatus: 500, nextAttemptAt: 4_500 });
    const silent = conclude(begin(failed, half(4_500)), "unreachable", half(5_000));
    expect(silent).toMatchObject({ state: "pending", attempts: 2, lastStatus: null });
  });

  test.for<[string, Delivery]>([
    ["after a day", begin(due, half(ENDED_AT + 24 * HOUR))],
    ["when the next would be after a day", fail(ENDED_AT + 24 * HOUR - 2_500)],
    ["when the receiver asks for more than what is left", fail(ENDED_AT + 2_000, 86_400)],
  ])("is given up %s, and the address goes", ([, delivery]) => {
    const gone = { state: "failed", url: null, nextAttemptAt: null, deliveredAt: null };
    expect(delivery).toMatchObject(gone);
  });

  test("is made until just before that", () => {
    expect(fail(ENDED_AT + 24 * HOUR - 2_501)).toMatchObject({ state: "pending", url: URL });
  });
});

function fail(now: number, retryAfterSeconds?: number): Delivery {
  return conclude(begin(due, half(ENDED_AT)), { status: 503, retryAfterSeconds }, half(now));
}

test("a receiver that never answers well is asked some twenty times in a day", () => {
  let delivery = due;
  for (let now = ENDED_AT; delivery.state === "pending"; now = delivery.nextAttemptAt ?? now) {
    delivery = conclude(begin(delivery, half(now)), { status: 500 }, half(now));
  }
  expect(delivery.attempts).toBeGreaterThan(15);
  expect(delivery.attempts).toBeLessThan(30);
});
