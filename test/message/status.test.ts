// What the status and the message say while it runs, and after.

import { expect, test } from "vitest";
import { emptyMessage, fold } from "../../src/protocol/snapshot.ts";
import { ended, message, observe, prompt, start, status, uniqueId } from "../support/client.ts";
import { foldWithSdk } from "../support/folding.ts";
import { parse } from "../support/laws.ts";
import type { Told } from "../support/observation.ts";
import { play, prepare } from "../support/play.ts";
import { anthropicEnd, anthropicText, anthropicToolUse, type Step } from "../support/script.ts";

const HELD = anthropicText(["Once", " upon", { gate: "on" }, " a time"]);
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** The message as the official client has it, without what it adds of its own. */
async function folded(log: Told[]): Promise<object> {
  const { parsed_output, ...whole } = JSON.parse(JSON.stringify(await foldWithSdk(parse(log))));
  return whole;
}

test("a message that waits for its upstream", async () => {
  const { id, requested } = await play([{ gate: "never" }]);
  await requested();
  expect((await status(id)).body).toEqual({
    message_id: id,
    status: "processing",
    created_at: ISO,
    updated_at: ISO,
    completed_at: null,
    error_message: null,
    stream_type: "chat_completion",
    metadata: {
      message_count: 1,
      thinking_enabled: false,
      model: "script-anthropic",
      provider: "anthropic",
      upstream_model: "script-anthropic",
      attempts: 1,
      turns: 0,
      last_event_id: 0,
      usage: { input_tokens: 0, output_tokens: 0 },
      queue_ms: expect.any(Number),
      ttft_ms: null,
      duration_ms: expect.any(Number),
      stop_reason: null,
      tools_used: [],
      observers: 0,
      ignored_fields: [],
      correlation_id: null,
      request_metadata: null,
      placement: null,
      webhook: null,
    },
  });
});

test("a message that is being answered", async () => {
  const { id } = await play(HELD);
  const observer = await observe("sse", id);
  await observer.take(4);
  const { body } = await status(id);
  expect(body).toMatchObject({ status: "processing", completed_at: null, error_message: null });
  expect(body.metadata).toMatchObject({
    turns: 1,
    last_event_id: 4,
    usage: { input_tokens: 7, output_tokens: 2 }, // counted here until the upstream has counted
    stop_reason: null,
    observers: 1,
  });
  const { queue_ms, ttft_ms, duration_ms } = body.metadata;
  expect(queue_ms).toBeLessThanOrEqual(ttft_ms as number);
  expect(ttft_ms).toBeLessThanOrEqual(duration_ms as number);
  expect(body.updated_at >= body.created_at).toBe(true);
});

test("a message that is complete, and does not change any more", async () => {
  const { id } = await play(anthropicText(["all"]));
  const body = await ended(id);
  expect(body).toMatchObject({ status: "completed", completed_at: ISO, error_message: null });
  expect(body.metadata).toMatchObject({
    last_event_id: 6,
    usage: { input_tokens: 7, output_tokens: 5 },
    stop_reason: "end_turn",
    observers: 0,
  });
  const { created_at, completed_at, metadata } = body;
  expect(Date.parse(completed_at ?? "") - Date.parse(created_at)).toBe(metadata.duration_ms);
  expect((await status(id)).body).toEqual(body);
});

test("what the caller said of it comes back", async () => {
  const { id, body } = prepare(anthropicText(["all"]));
  const said = {
    ...body,
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: "ho" },
      ...body.messages,
    ],
    max_tokens: 4_096,
    thinking: { type: "enabled", budget_tokens: 1_024 },
    metadata: { user_id: "u1", order: 66 },
    correlation_id: "c-1",
    seed: 7,
  };
  expect((await start(said, { id })).headers.get("x-correlation-id")).toBe("c-1");
  expect((await ended(id)).metadata).toMatchObject({
    message_count: 3,
    thinking_enabled: true,
    request_metadata: { user_id: "u1", order: 66 },
    correlation_id: "c-1",
    ignored_fields: ["seed"],
  });
});

test("starting again tells how it stands", async () => {
  const { id, body, open } = await play(HELD);
  const observer = await observe("sse", id);
  await observer.take(4);
  expect((await start(body, { id })).body).toMatchObject({ message_id: id, status: "processing" });
  const reordered = Object.fromEntries([...Object.entries(body).reverse(), ["top_p", null]]);
  expect((await start(reordered, { id })).code).toBe(200);
  await open("on");
  await observer.rest();
  expect((await start(body, { id })).body).toMatchObject({ message_id: id, status: "completed" });
});

test.for<[string, Step[]]>([
  ["text", HELD],
  [
    "a tool's input, half-way",
    anthropicToolUse("look", { where: ["Paris"], when: "now" }).toSpliced(3, 0, { gate: "on" }),
  ],
  ["nothing but its beginning", [...HELD.slice(0, 1), { gate: "on" }, ...anthropicEnd()]],
])("the message is at every moment what its events add up to: %s", async ([, script]) => {
  const { id, open } = await play(script);
  const observer = await observe("sse", id);
  const begun = await observer.take(script.findIndex((step) => "gate" in step));
  const partial = fold(emptyMessage(id, "script-anthropic"), parse(begun));
  expect((await message(id)).body).toEqual({ ...partial, status: "processing" });
  await open("on");
  const log = [...begun, ...(await observer.rest())];
  expect((await message(id)).body).toEqual({ ...(await folded(log)), status: "completed" });
});

test("a message of which nothing is known yet is empty, under its name", async () => {
  const id = uniqueId();
  await start(prompt("simulated-5@0+9000ms"), { id });
  const { code, body } = await message(id);
  expect(code).toBe(200);
  expect(body).toMatchObject({ id, model: "simulated-5@0+9000ms", content: [], stop_reason: null });
});

test.for(["claude-x", "gpt-x", "simulated-9@0", "default"])(
  "%s: the message carries the id it was given, in every event and answer",
  async (model) => {
    const id = uniqueId();
    await start({ ...prompt(model, "@text"), max_tokens: 10 }, { id });
    const log = await (await observe("sse", id)).rest();
    expect(parse(log)[0]).toMatchObject({ type: "message_start", message: { id } });
    const { body } = await message(id);
    expect(body).toEqual({ ...(await folded(log)), id, status: "completed" });
  },
);
