// What is particular to watching over Server-Sent Events.

import { expect, test } from "vitest";
import {
  connect,
  ended,
  observe,
  prompt,
  send,
  start,
  status,
  uniqueId,
} from "../support/client.ts";
import { play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

test("the answer is an event stream that nobody may keep or hold back", async () => {
  const { id } = await play([{ gate: "never" }]);
  const response = await connect("sse", id);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(response.headers.get("cache-control")).toContain("no-store");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  expect(response.headers.get("request-id")).toMatch(/^req_/);
  await response.body?.cancel();
});

test("HEAD tells the same of it, and watches nothing", async () => {
  const { id } = await play([{ gate: "never" }]);
  const response = await send("HEAD", `/v1/messages/async/${id}/stream`);
  expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
    200,
    "text/event-stream; charset=utf-8",
    "",
  ]);
  expect((await status(id)).body.metadata.observers).toBe(0);
});

test("the first bytes come before the first event, and say when to reconnect", async () => {
  const { id } = await play([{ gate: "never" }]);
  const reader = (await connect("sse", id)).body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  expect(new TextDecoder().decode(value)).toMatch(/^retry: \d+\n\n$/);
  await reader?.cancel();
});

test("an event is an id, a name, and one line of data", async () => {
  const { id } = await play(anthropicText(["two\nlines"]));
  const text = await (await connect("sse", id)).text();
  const [, ...events] = text.split("\n\n");
  expect(events.pop()).toBe("");
  expect(events.map((event) => event.replace(/(?<=\ndata: ).*$/, "…"))).toEqual(
    [
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ].map((name, at) => `id: ${at + 1}\nevent: ${name}\ndata: …`),
  );
});

test("asked again from the end, it answers 204: a browser's EventSource then stops", async () => {
  const id = uniqueId();
  await start(prompt("simulated-5@0"), { id });
  await ended(id);
  for (const from of [{ after: 10 }, { query: "starting_after=10" }, { query: "from=now" }]) {
    const response = await connect("sse", id, from);
    expect([response.status, await response.text()]).toEqual([204, ""]);
  }
});

test("asked from the last event of a message that runs, it waits for the next", async () => {
  const { id, open } = await play(anthropicText(["a", { gate: "on" }, "b"]));
  await (await observe("sse", id)).take(3);
  const observer = await observe("sse", id, { after: 3 });
  await open("on");
  expect((await observer.rest()).map(({ id }) => id)).toEqual([4, 5, 6, 7]);
});
