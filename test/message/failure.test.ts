// Upstreams that fail, in every way: how the log ends, and what is told of it.

import { describe, expect, test } from "vitest";
import { message, observe, start, status, TRANSPORTS } from "../support/client.ts";
import { expectWhole, namesOf, parse, textOf } from "../support/laws.ts";
import { play, prepare } from "../support/play.ts";
import {
  type Answer,
  anthropicBlock,
  anthropicEnd,
  anthropicEvent,
  anthropicStart,
  anthropicText,
  type Step,
} from "../support/script.ts";

const BEGUN = anthropicText(["Once"]).slice(0, 3);
const SHOWN = ["message_start", "content_block_start", "content_block_delta"];

const delta = (index: number): Step =>
  anthropicEvent({
    type: "content_block_delta",
    index,
    delta: { type: "text_delta", text: "lost" },
  });
const error = (type: string, message: string) => ({ type: "error", error: { type, message } });
const refusal = (status: number, type: string, message: string, headers = {}): Answer => ({
  status,
  headers,
  steps: [{ send: JSON.stringify(error(type, message)) }],
});

/** What follows `BEGUN`, and the error it ends in. */
const BROKEN: Record<string, [Step[], string, RegExp]> = {
  "an error event": [
    [anthropicEvent(error("overloaded_error", "too busy"))],
    "overloaded_error",
    /^too busy$/,
  ],
  "a cut connection": [[{ cut: true }], "api_error", /broke off/],
  "an end without closing events": [[], "api_error", /ended before/],
  "an end in the middle of an event": [
    [{ send: "event: content_block_delta\ndata: {" }],
    "api_error",
    /ended before/,
  ],
  "a closed block, and no more": [
    [anthropicEvent({ type: "content_block_stop", index: 0 })],
    "api_error",
    /ended before/,
  ],
  "a reason, and no last word": [[...anthropicEnd().slice(0, 1)], "api_error", /ended before/],
  "a second message_start": [[anthropicStart()], "api_error", /a second message_start/],
  "a delta for a block that is not open": [[delta(1)], "api_error", /delta for block 1, not open/],
  "a block out of turn": [
    anthropicBlock(2, { type: "text", text: "" }, []),
    "api_error",
    /block 2 began where 1 was due/,
  ],
  "an end without a reason": [
    [anthropicEvent({ type: "message_stop" })],
    "api_error",
    /message_stop before message_delta/,
  ],
  "something that is not JSON": [[{ send: "data: oops\n\n" }], "api_error", /not an event/],
  "something that is not an event": [[{ send: "data: [1]\n\n" }], "api_error", /not an event/],
};

describe.each(TRANSPORTS)("over %s", (transport) => {
  test.for(Object.entries(BROKEN))(
    "%s ends in one error, with the text kept",
    async ([, [steps, type, why]]) => {
      const { id, body } = prepare([...BEGUN, ...steps]);
      const { headers } = await start(body, { id });
      const observer = await observe(transport, id);
      const log = await observer.rest();
      expectWhole(log);
      expect(namesOf(log).slice(0, 3)).toEqual(SHOWN);
      expect(namesOf(log).filter((name) => name === "error")).toHaveLength(1);
      expect(textOf(log)).toBe("Once");
      expect(parse(log).at(-1)).toEqual({
        type: "error",
        error: { type, message: expect.stringMatching(why) },
        request_id: headers.get("request-id"),
      });
      expect((await observer.ended).kind).toBe("closed");
      expect((await status(id)).body).toMatchObject({
        status: "error",
        error_message: expect.stringMatching(why),
        completed_at: expect.any(String),
        metadata: { last_event_id: log.length },
      });
      expect((await message(id)).body).toMatchObject({
        status: "error",
        content: [{ type: "text", text: "Once" }],
      });
    },
  );

  test("a failure before anything is one event, the error", async () => {
    const { id } = await play(refusal(400, "invalid_request_error", "no such thing"));
    const log = await (await observe(transport, id)).rest();
    expect(namesOf(log)).toEqual(["error"]);
    expect(parse(log)[0]).toMatchObject(error("invalid_request_error", "no such thing"));
    expect((await message(id)).body).toMatchObject({ status: "error", content: [] });
    expect((await status(id)).body.error_message).toBe("no such thing");
  });
});

test.concurrent.for<[string, Answer | Step[], string]>([
  ["before it answers", [{ gate: "never" }], "error"],
  ["after its headers", [{ send: "" }, { gate: "never" }], "error"],
  ["in its refusal", { status: 500, steps: [{ send: "{" }, { gate: "never" }] }, "error"],
  ["in the middle", [...BEGUN, { gate: "never" }], "message_start"],
])("an upstream that falls silent %s is left, and named", async ([, script, first]) => {
  const { id, aborted } = await play(script);
  const log = await (await observe("sse", id)).rest();
  await aborted();
  expectWhole(log);
  expect(log[0]?.event).toBe(first);
  expect(parse(log).at(-1)).toMatchObject(
    error("timeout_error", "The upstream sent nothing for 5 seconds."),
  );
});

test.concurrent("pings keep a slow upstream alive, and stay out of the log", async () => {
  const sign: Step[] = [{ wait: 1_000 }, { send: 'event: ping\ndata: {"type":"ping"}\n\n' }];
  const { id } = await play([...sign, ...sign, ...sign, ...sign, ...anthropicText(["late"])]);
  const log = await (await observe("sse", id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("late");
});
