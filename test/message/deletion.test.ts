// Erasing a message: who watches is let go, nothing is left, the id is free.

import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  cancel,
  connect,
  ended,
  message,
  objectOf,
  observe,
  post,
  prompt,
  remove,
  send,
  start,
  status,
  TRANSPORTS,
  uniqueId,
} from "../support/client.ts";
import { expectWhole, namesOf, textOf } from "../support/laws.ts";
import { LINGER, play, prepare } from "../support/play.ts";
import { anthropicText, anthropicToolUse, type Step } from "../support/script.ts";
import { holdConfirmations, query, remains } from "../support/storage.ts";

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);
const LINGERING = anthropicText(["Once", ...LINGER]);
const NOTHING = { tables: [], alarm: null };

describe.each(TRANSPORTS)("over %s", (transport) => {
  test("all who watch see it stopped before they are let go", async () => {
    const { id, aborted } = await play(LINGERING);
    const observers = await Promise.all([1, 2, 3].map(() => observe(transport, id)));
    await Promise.all(observers.map((observer) => observer.take(3)));
    expect((await remove(id)).code).toBe(204);
    await aborted();
    for (const observer of observers) {
      const told = await observer.rest();
      expect(namesOf(told)).toEqual(["content_block_stop", "message_delta", "message_stop"]);
      expectWhole(told, 3);
    }
  });

  test("whoever has not been told everything does not take it for the end", async () => {
    const id = uniqueId();
    await start(prompt("simulated-60000@0+100ms"), { id });
    const stopped = await observe("sse", id); // reads nothing
    const other = await observe(transport, id);
    await other.take(30_000);
    expect((await remove(id)).code).toBe(204);
    expect(namesOf(await stopped.rest())).not.toContain("message_stop");
    expect(await stopped.ended).toEqual({ kind: "broken" });
  });

  test("the id can be used anew, from 1, with another body", async () => {
    const { id } = await play(HELD);
    await (await observe(transport, id)).take(3);
    await remove(id);
    expect((await start(prompt("simulated-5@0"), { id })).code).toBe(200);
    const log = await (await observe(transport, id)).rest();
    expectWhole(log);
    expect(log).toHaveLength(10);
    expect((await status(id)).body.metadata).toMatchObject({ model: "simulated-5@0", attempts: 1 });
  });
});

test("a WebSocket is closed with 4404", async () => {
  const { id } = await play(HELD);
  const observer = await observe("websocket", id);
  await observer.take(3);
  await remove(id);
  await observer.rest();
  expect(await observer.ended).toMatchObject({ code: 4404 });
});

test.for([
  ["running", HELD],
  ["finished", anthropicText(["all"])],
] as const)("of a message that is %s nothing is left", async ([, script]) => {
  const { id } = await play([...script]);
  const observer = await observe("sse", id);
  await (script === HELD ? observer.take(3) : observer.rest());
  expect(await remains(id)).not.toEqual(NOTHING);
  expect((await remove(id)).code).toBe(204);
  expect(await remains(id)).toEqual(NOTHING);
});

test("both paths delete, and both say 404 where there is nothing", async () => {
  for (const path of ["", "/delete"]) {
    const id = uniqueId();
    await start(prompt("simulated-5@0"), { id });
    const url = `/v1/messages/async/${id}${path}`;
    const codes = [await send("DELETE", url), await send("DELETE", url)].map(
      ({ status }) => status,
    );
    expect(codes).toEqual([204, 404]);
  }
});

test("afterwards there is no such message", async () => {
  const { id } = await play(HELD);
  await remove(id);
  const answers = [await status(id), await message(id), await cancel(id), await remove(id)];
  expect(answers.map(({ code }) => code)).toEqual([404, 404, 404, 404]);
  for (const transport of TRANSPORTS) expect((await connect(transport, id)).status).toBe(404);
});

test("deleting and starting at once leaves one whole message or none", async () => {
  const { id, body } = await play(anthropicText(["all"]));
  await Promise.all([remove(id), start(body, { id }), remove(id), start(body, { id })]);
  const { code } = await status(id);
  if (code === 404) return expect(await remains(id)).toEqual(NOTHING);
  expect((await ended(id)).status).toBe("completed");
  const log = await (await observe("sse", id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("all");
});

test("a run that is still being stopped has no say over the message that follows it", async () => {
  const { id, body, open } = await play(HELD, HELD);
  await (await observe("sse", id)).take(3);
  await Promise.all([remove(id), start(body, { id })]);
  const observer = await observe("sse", id);
  const begun = await observer.take(3);
  await open("on");
  expectWhole([...begun, ...(await observer.rest())]);
  await runInDurableObject(objectOf(id), (_, { storage }) => {
    expect(storage.sql.exec("SELECT count(*) AS n FROM message").one()).toEqual({ n: 1 });
  });
});

test("a socket whose close is still on the way has no say over it either", async () => {
  const { id, body, open } = await play(HELD, HELD);
  const observer = await observe("websocket", id);
  await observer.take(3);
  const [{ opening } = {}] = await query<{ opening: string }>(id, "SELECT opening FROM message");
  await runInDurableObject(objectOf(id), async (object, ctx) => {
    const [socket] = ctx.getWebSockets() as [WebSocket];
    await object.delete();
    await post(object, JSON.parse(opening ?? ""), body);
    object.webSocketMessage(socket, '{"type":"cancel"}');
  });
  await open("on");
  expect((await ended(id)).status).toBe("completed");
});

/** A call of a tool that runs here: its turn is over, and all of it but the first event yet to be written. */
async function unwritten() {
  const [first, ...rest] = anthropicToolUse("semantic_search", { query: "rivers" }) as [Step];
  const script = [{ gate: "first" }, first, { gate: "rest" }, ...rest];
  const playing = prepare(script, anthropicText(["done"]));
  const { id, open, requested } = playing;
  const tool_context = [{ type: "text", value: "The Nile is long." }];
  await start({ ...playing.body, tools: [{ type: "semantic_search_v1" }], tool_context }, { id });
  await requested();
  const release = await holdConfirmations(id);
  await open("first");
  await (await observe("sse", id)).take(1);
  await open("rest");
  const usage = async () => (await status(id)).body.metadata.usage;
  await expect.poll(usage, { interval: 5 }).toMatchObject({ output_tokens: 5 });
  return { id, release };
}

test("nor has one that waits for its writes", async () => {
  const { id, release } = await unwritten();
  await remove(id);
  const { body, requested } = prepare(LINGER);
  await start(body, { id });
  await requested();
  await release();
  const [row] = await query<{ state: string }>(id, "SELECT state FROM message");
  expect(JSON.parse(row?.state ?? "")).toMatchObject({ status: "pending", attempt: 1 });
});

test("nor over its own message, once that was stopped", async () => {
  const { id, release } = await unwritten();
  await cancel(id);
  const before = await ended(id);
  await release();
  expect((await status(id)).body).toEqual(before);
});
