// Objects that are moved, updated or killed in the middle of a run, and what is left of it.

import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  cancel,
  ended,
  message,
  objectOf,
  observe,
  prompt,
  remove,
  start,
  status,
  TRANSPORTS,
  uniqueId,
} from "../support/client.ts";
import { expectInOrder, expectWhole, namesOf, parse, textOf } from "../support/laws.ts";
import { play, prepare } from "../support/play.ts";
import { anthropicText, type Step } from "../support/script.ts";
import { alarmOf } from "../support/storage.ts";

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);
const SILENT: Step[] = [{ gate: "never" }];

/** What makes the platform bring an object back. */
const WAKE: Record<string, (id: string) => Promise<unknown>> = {
  "its alarm": (id) => runDurableObjectAlarm(objectOf(id)),
  "a question": (id) => status(id),
  "a reader": (id) => message(id),
  "an observer": (id) => observe("sse", id),
};

describe.each(TRANSPORTS)("over %s", (transport) => {
  test("wherever a crash comes, what was shown is there afterwards, in its place", async () => {
    for (let seen = 1; seen <= 12; seen += 1) {
      const id = uniqueId();
      await start(prompt("simulated-400@400"), { id });
      const observer = await observe(transport, id);
      const before = await observer.take(seen);
      await abortAllDurableObjects();
      const shown = [...before, ...(await observer.rest())];
      expectInOrder(shown);
      const rest = await (await observe(transport, id, { after: shown.length })).rest();
      expectWhole([...shown, ...rest]);
      expect(await (await observe(transport, id)).rest()).toEqual([...shown, ...rest]);
    }
  });

  test("connections break, so that nobody takes it for the end", async () => {
    const { id } = await play(HELD);
    const observer = await observe(transport, id);
    await observer.take(3);
    await abortAllDurableObjects();
    expect(await observer.rest()).toEqual([]);
    const broken = { sse: { kind: "broken" }, websocket: { code: 1006 } };
    expect(await observer.ended).toMatchObject(broken[transport]);
  });
});

test.for(Object.entries(WAKE))(
  "a run that had shown something ends in an error that says so, found by %s",
  async ([, wake]) => {
    const { id, body, aborted } = prepare(HELD);
    const requestId = (await start(body, { id })).headers.get("request-id");
    await (await observe("sse", id)).take(3);
    await abortAllDurableObjects();
    await aborted();
    await wake(id);
    expect(await ended(id)).toMatchObject({
      status: "error",
      error_message: expect.stringContaining("interrupted"),
      metadata: { attempts: 1, last_event_id: 5, usage: { input_tokens: 7, output_tokens: 1 } },
    });
    const log = await (await observe("sse", id)).rest();
    expect(namesOf(log).slice(3)).toEqual(["content_block_stop", "error"]);
    expect(parse(log).at(-1)).toMatchObject({ request_id: requestId });
    expect((await message(id)).body.content).toEqual([{ type: "text", text: "Once" }]);
  },
);

test.for(Object.entries(WAKE))(
  "a run that had shown nothing starts again, found by %s",
  async ([, wake]) => {
    const { id, requested, requests } = await play(SILENT, anthropicText(["at last"]));
    await requested();
    await abortAllDurableObjects();
    await wake(id);
    expect(await ended(id)).toMatchObject({ status: "completed", metadata: { attempts: 2 } });
    const log = await (await observe("sse", id)).rest();
    expectWhole(log);
    expect(textOf(log)).toBe("at last");
    expect(await requests()).toBe(2);
  },
);

test("a run that is lost three times is given up", async () => {
  const { id, requested, requests } = await play(SILENT);
  for (const count of [1, 2, 3]) {
    await requested(count);
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
  }
  const log = await (await observe("sse", id)).rest();
  expect(namesOf(log)).toEqual(["error"]);
  expect((await status(id)).body).toMatchObject({
    status: "error",
    error_message: expect.stringContaining("attempt 3"),
    metadata: { attempts: 3 },
  });
  expect(await requests()).toBe(3);
});

test("a second run that had shown something is not run a third time", async () => {
  const { id, requested, requests } = await play(SILENT, HELD);
  await requested();
  await abortAllDurableObjects();
  await runDurableObjectAlarm(objectOf(id));
  await (await observe("sse", id)).take(3);
  await abortAllDurableObjects();
  await runDurableObjectAlarm(objectOf(id));
  expect(await ended(id)).toMatchObject({ status: "error", metadata: { attempts: 2 } });
  expect(await requests()).toBe(2);
});

test.for([
  ["cancelled", cancel],
  ["deleted", remove],
] as const)("one that is %s before it was found starts nothing", async ([, end]) => {
  const { id, requested, requests } = await play(SILENT, anthropicText(["too late"]));
  await requested();
  await abortAllDurableObjects();
  expect((await end(id)).code).toBeLessThan(300);
  const other = await play(anthropicText(["meanwhile"]));
  await ended(other.id);
  expect(await requests()).toBe(1);
});

test("starting again after a crash is the same message", async () => {
  const { id, body, requested, requests } = await play(SILENT, anthropicText(["at last"]));
  await requested();
  await abortAllDurableObjects();
  expect((await start(body, { id })).code).toBe(200);
  expect((await ended(id)).status).toBe("completed");
  expect(await requests()).toBe(2);
});

test.for([
  ["a crash", () => abortAllDurableObjects()],
  ["an eviction", (id: string) => evictDurableObject(objectOf(id))],
] as const)("to a message that has ended, %s is nothing", async ([, away]) => {
  const id = uniqueId();
  await start(prompt("simulated-3000@0"), { id });
  const log = await (await observe("sse", id)).rest();
  const before = [(await status(id)).body, (await message(id)).body];
  await away(id);
  expect([(await status(id)).body, (await message(id)).body]).toEqual(before);
  for (const transport of TRANSPORTS) {
    expect(await (await observe(transport, id)).rest()).toEqual(log);
    expect(await (await observe(transport, id, { after: 2_500 })).rest()).toEqual(log.slice(2_500));
  }
});

test("an object that is asked to go in good order finishes its run first", async () => {
  const { id, open } = await play(HELD);
  const observer = await observe("websocket", id);
  await observer.take(3);
  await Promise.all([evictDurableObject(objectOf(id)), open("on")]);
  expect((await status(id)).body.status).toBe("completed");
  expectWhole(await observer.rest(), 3);
});

test("while it runs somebody looks after it, again and again", async () => {
  const { id, open } = await play(HELD);
  await (await observe("sse", id)).take(3);
  for (let round = 0; round < 2; round += 1) {
    const at = (await alarmOf(id)) ?? 0;
    expect(at).toBeGreaterThan(Date.now());
    expect(at).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
  }
  await open("on");
  expect((await ended(id)).status).toBe("completed");
});
