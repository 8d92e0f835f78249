// Before the first event: who is asked, how often, and when somebody else is. Nothing of it shows.

import { expect, test } from "vitest";
import { ended, observe, prompt, start, status, uniqueId } from "../support/client.ts";
import { expectWhole, parse, textOf } from "../support/laws.ts";
import { play } from "../support/play.ts";
import { type Answer, anthropicEvent, anthropicText, type Step } from "../support/script.ts";

const refusal = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  steps: [{ send: JSON.stringify({ error: { type: "x", message: `refused with ${status}` } }) }],
});
const OVERLOADED: Step[] = [
  anthropicEvent({ type: "error", error: { type: "overloaded_error", message: "busy" } }),
];
const GOOD = anthropicText(["at last"]);

test.for<[string, Answer | Step[]]>([
  ["429", refusal(429)],
  ["500", refusal(500)],
  ["503 that says when", refusal(503, { "retry-after": "0" })],
  ["529", refusal(529)],
  ["a stream that opens with an overload", OVERLOADED],
  ["a connection that breaks", [{ cut: true }]],
  ["a stream that ends at once", [{ send: "" }]],
])("%s is tried again, unseen", async ([, first]) => {
  const { id, requests } = await play(first, GOOD);
  const log = await (await observe("sse", id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("at last");
  expect(await requests()).toBe(2);
  expect((await status(id)).body.metadata.attempts).toBe(2);
});

test.for<[string, Answer]>([
  ["400", refusal(400)],
  ["401", refusal(401)],
  ["413", refusal(413)],
  ["a 500 that says not to", refusal(500, { "x-should-retry": "false" })],
  ["a 429 that asks for an hour", refusal(429, { "retry-after": "3600" })],
])("%s is not tried again", async ([, first]) => {
  const { id, requests } = await play(first, GOOD);
  expect(await ended(id)).toMatchObject({ status: "error", metadata: { attempts: 1 } });
  expect(await requests()).toBe(1);
});

test("a `retry-after` is honoured", async () => {
  const { id } = await play(refusal(529, { "retry-after": "1" }), GOOD);
  const { metadata } = await ended(id);
  expect(metadata.ttft_ms).toBeGreaterThanOrEqual(1_000);
});

test("what never gets better is tried three times, and then told", async () => {
  const { id, requests } = await play(refusal(529, { "retry-after-ms": "1" }));
  const log = await (await observe("sse", id)).rest();
  expect(parse(log)).toMatchObject([
    { type: "error", error: { type: "overloaded_error", message: "refused with 529" } },
  ]);
  expect(await requests()).toBe(3);
  expect((await status(id)).body.metadata.attempts).toBe(3);
});

test("once an event is in the log nothing is tried again", async () => {
  const { id, requests } = await play([...GOOD.slice(0, 1), ...OVERLOADED], GOOD);
  const log = await (await observe("sse", id)).rest();
  expect(log.map(({ event }) => event)).toEqual(["message_start", "error"]);
  expect(await requests()).toBe(1);
});

test("an upstream of others that fails once is asked again", async () => {
  const id = uniqueId();
  await start({ ...prompt("claude-x", `@flaky ${id}`), max_tokens: 100 }, { id });
  const log = await (await observe("sse", id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("The quick brown fox jumps over the lazy dog.");
});

test("when one route fails the next is asked, and the status names it", async () => {
  const id = uniqueId();
  await start({ ...prompt("fallback"), max_tokens: 5 }, { id });
  const { status, metadata } = await ended(id);
  expect(status).toBe("completed");
  expect(metadata).toMatchObject({
    provider: "simulated",
    upstream_model: "simulated",
    model: "fallback",
    attempts: 4,
  });
});
