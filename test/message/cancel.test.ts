// Stopping a message, at every stage of its life.

import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  cancel,
  ended,
  message,
  objectOf,
  observe,
  post,
  prompt,
  start,
  status,
  TRANSPORTS,
  uniqueId,
} from "../support/client.ts";
import { expectWhole, namesOf, parse } from "../support/laws.ts";
import { LINGER, play, prepare } from "../support/play.ts";
import {
  type Answer,
  anthropicBlock,
  anthropicEvent,
  anthropicStart,
  anthropicText,
  type Step,
} from "../support/script.ts";
import { query } from "../support/storage.ts";

const HELD = anthropicText(["Once", ...LINGER, " upon"]);

/** Two blocks at once, the second in the middle of its JSON. */
const OVERLAPPING: Step[] = [
  anthropicStart(),
  ...anthropicBlock(0, { type: "text", text: "" }, [{ type: "text_delta", text: "Let me" }]).slice(
    0,
    -1,
  ),
  ...anthropicBlock(1, { type: "tool_use", id: "toolu_1", name: "look", input: {} }, [
    { type: "input_json_delta", partial_json: '{"where": "Par' },
    ...LINGER,
  ]),
];

/** Its own reason has been given, its last word has not. */
const CONCLUDED: Step[] = [
  ...anthropicText(["Once"]).slice(0, -2),
  anthropicEvent({
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 5 },
  }),
  ...LINGER,
];

const STOPPED = ["message_delta", "message_stop"];

describe.each(TRANSPORTS)("over %s", (transport) => {
  test.for<[string, Answer | Step[], number, string[]]>([
    ["before the upstream says anything", LINGER, 0, ["message_start", ...STOPPED]],
    ["after the message began", [anthropicStart(), ...LINGER], 1, STOPPED],
    ["in the middle of a block", HELD, 3, ["content_block_stop", ...STOPPED]],
    [
      "in the middle of two blocks",
      OVERLAPPING,
      5,
      ["content_block_stop", "content_block_stop", ...STOPPED],
    ],
    ["before the upstream's last word", CONCLUDED, 5, STOPPED],
  ])("all who watch see how it was stopped: %s", async ([, script, shown, rest]) => {
    const { id, requested, aborted } = await play(script);
    const observers = await Promise.all([1, 2, 3].map(() => observe(transport, id)));
    const [begun = []] = await Promise.all(observers.map((observer) => observer.take(shown)));
    await requested();
    const { code, body } = await cancel(id);
    expect([code, body.status, body.message_id]).toEqual([200, "cancelled", id]);
    await aborted();
    for (const observer of observers) {
      const told = await observer.rest();
      expect(namesOf(told)).toEqual(rest);
      expectWhole([...begun, ...told]);
      expect(parse(told).at(-2)).toMatchObject({ delta: { stop_reason: "cancelled" } });
      expect((await observer.ended).kind).toBe("closed");
    }
  });
});

test("before its run has begun, and then it never begins", async () => {
  const { id: other } = await play(HELD);
  const [{ opening } = {}] = await query<{ opening: string }>(other, "SELECT opening FROM message");
  const { id, body, requests } = prepare(HELD);
  await runInDurableObject(objectOf(id), async (object) => {
    const own = { ...JSON.parse(opening ?? ""), messageId: id };
    await post(object, own, body);
    expect(await object.cancel()).toBe("cancelled");
  });
  const log = await (await observe("sse", id)).rest();
  expect(namesOf(log)).toEqual(["message_start", ...STOPPED]);
  expect(await requests()).toBe(0);
});

test("it stops the wait for another try, and sends none", async () => {
  const busy = { status: 529, headers: { "retry-after": "30" }, steps: [] };
  const { id, requested, requests } = await play(busy);
  await requested();
  expect((await cancel(id)).body.status).toBe("cancelled");
  expect((await status(id)).body.metadata).toMatchObject({ attempts: 1, last_event_id: 3 });
  expect(await requests()).toBe(1);
});

test("what came until then is kept, and counted", async () => {
  const { id } = await play(OVERLAPPING);
  await (await observe("sse", id)).take(5);
  await cancel(id);
  expect((await message(id)).body).toMatchObject({
    status: "cancelled",
    stop_reason: "cancelled",
    content: [
      { type: "text", text: "Let me" },
      { type: "tool_use", id: "toolu_1", name: "look" },
    ],
    usage: { input_tokens: 7, output_tokens: 2 },
  });
  expect((await status(id)).body).toMatchObject({
    completed_at: expect.any(String),
    error_message: null,
    metadata: { stop_reason: "cancelled", usage: { input_tokens: 7, output_tokens: 2 } },
  });
});

test.for([
  ["completed", prompt("simulated-5@0")],
  ["error", prompt("simulated-6@0!error")],
  ["cancelled", prompt("simulated-5@0+9000ms")],
] as const)("what has ended stays %s", async ([end, body]) => {
  const id = uniqueId();
  await start(body, { id });
  if (end === "cancelled") await cancel(id);
  const before = await ended(id);
  const log = await (await observe("sse", id)).rest();
  const { code, body: answer } = await cancel(id);
  expect([code, answer.status]).toEqual([200, end]);
  const { metadata, ...after } = (await status(id)).body;
  expect({ ...after, metadata }).toEqual(before);
  expect(await (await observe("sse", id)).rest()).toEqual(log);
});

test("ten cancels at once are one", async () => {
  const { id } = await play(HELD);
  await (await observe("sse", id)).take(3);
  const replies = await Promise.all(Array.from({ length: 10 }, () => cancel(id)));
  for (const { code, body } of replies) expect([code, body.status]).toEqual([200, "cancelled"]);
  expectWhole(await (await observe("sse", id)).rest());
});

test("a message that never was is not found", async () => {
  expect((await cancel(uniqueId())).code).toBe(404);
});
