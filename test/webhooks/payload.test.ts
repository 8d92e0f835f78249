// What is told of an end.

import { expect, test } from "vitest";
import { emptyMessage } from "../../src/protocol/snapshot.ts";
import type { Terminal } from "../../src/protocol/state.ts";
import { type Ended, toPayload } from "../../src/webhooks/payload.ts";

const message = { ...emptyMessage("m", "x"), content: [{ type: "text", text: "all" }] };
const ENDED: Ended = {
  messageId: "m",
  state: { status: "completed" },
  endedAt: 0,
  stopReason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 2 },
  correlationId: null,
  metadata: null,
  message,
};

const tell = (changes: Partial<Ended>) => JSON.parse(toPayload({ ...ENDED, ...changes }));

test("everything that there is", () => {
  expect(tell({ correlationId: "c", metadata: { order: 66 } })).toEqual({
    type: "message.completed",
    timestamp: "1970-01-01T00:00:00.000Z",
    data: {
      message_id: "m",
      status: "completed",
      stop_reason: "end_turn",
      usage: ENDED.usage,
      correlation_id: "c",
      metadata: { order: 66 },
      message,
    },
  });
});

test.for<[Terminal, error: unknown]>([
  [{ status: "completed" }, undefined],
  [{ status: "cancelled" }, undefined],
  [
    { status: "error", problem: { reason: "stalled", seconds: 5 } },
    { type: "timeout_error", message: "The upstream sent nothing for 5 seconds." },
  ],
])("%j", ([state, error]) => {
  const { type, data } = tell({ state });
  expect([type, data.status]).toEqual([`message.${state.status}`, state.status]);
  expect(data.error).toEqual(error);
});

test.for([
  [65_000, true],
  [66_000, false],
] as const)("a text of %i characters is in it: %s", ([length, isThere]) => {
  const long = { ...message, content: [{ type: "text", text: "x".repeat(length) }] };
  expect("message" in tell({ message: long }).data).toBe(isThere);
});
