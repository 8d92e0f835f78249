// What is particular to watching over a WebSocket.

import { expect, test } from "vitest";
import { connect, ended, observe, prompt, start, status, uniqueId } from "../support/client.ts";
import { expectWhole, textOf } from "../support/laws.ts";
import { LINGER, play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);

test("a frame is JSON with an id, a name and the data; the last one is followed by 1000", async () => {
  const { id } = await play(HELD);
  const { webSocket: socket } = await connect("websocket", id);
  const frame = Promise.withResolvers<string>();
  socket?.addEventListener("message", ({ data }) => frame.resolve(data as string));
  socket?.accept();
  const { id: seq, event, data, ...rest } = JSON.parse(await frame.promise);
  expect([seq, event, data.message.id, rest]).toEqual([1, "message_start", id, {}]);
  socket?.close();
});

test("it closes with 1000 after the end", async () => {
  const { id } = await play(anthropicText(["all"]));
  const observer = await observe("websocket", id);
  expectWhole(await observer.rest());
  expect(await observer.ended).toMatchObject({ code: 1000 });
});

test("from the end of a message that has ended it closes with 1000 and says nothing", async () => {
  const id = uniqueId();
  await start(prompt("simulated-5@0"), { id });
  await ended(id);
  for (const from of [{ after: 10 }, { query: "from=now" }]) {
    const observer = await observe("websocket", id, from);
    expect(await observer.rest()).toEqual([]);
    expect(await observer.ended).toMatchObject({ code: 1000 });
  }
});

test("`ping` is answered `pong`, between events", async () => {
  const { id, open } = await play(HELD);
  const observer = await observe("websocket", id);
  await observer.take(3);
  observer.socket?.send("ping");
  await expect.poll(() => observer.texts, { interval: 5 }).toEqual(["pong"]);
  await open("on");
  expectWhole(await observer.rest(), 3);
});

test("a client that closes is answered at once, with its own code", async () => {
  const { id } = await play(HELD);
  const observer = await observe("websocket", id);
  await observer.take(3);
  const before = Date.now();
  observer.socket?.close(4001, "bye");
  expect(await observer.rest()).toEqual([]);
  expect(await observer.ended).toEqual({ kind: "closed", code: 4001, reason: "bye" });
  expect(Date.now() - before).toBeLessThan(5_000); // unanswered, it would be ten seconds and 1006
  expect((await status(id)).body).toMatchObject({
    status: "processing",
    metadata: { observers: 0 },
  });
});

test('`{"type":"cancel"}` stops the message, for all who watch', async () => {
  const { id, aborted } = await play(anthropicText(["Once", ...LINGER]));
  const observers = await Promise.all([1, 2].map(() => observe("websocket", id)));
  await Promise.all(observers.map((observer) => observer.take(3)));
  observers[0]?.socket?.send('{"type":"cancel"}');
  await aborted();
  for (const observer of observers) {
    expectWhole(await observer.rest(), 3);
    expect(await observer.ended).toMatchObject({ code: 1000 });
  }
  expect((await status(id)).body.status).toBe("cancelled");
});

test("what a client says before it closes is obeyed", async () => {
  const { id, aborted } = await play(anthropicText(["Once", ...LINGER]));
  const observer = await observe("websocket", id);
  await observer.take(3);
  observer.socket?.send('{"type":"cancel"}');
  observer.socket?.close(1000);
  await aborted();
  expect((await status(id)).body.status).toBe("cancelled");
});

test.for<[string, string | ArrayBuffer]>([
  ["text", "cancel"],
  ["nothing", ""],
  ["another command", '{"type":"delete"}'],
  ["no command", "{}"],
  ["null", "null"],
  ["a list", '[{"type":"cancel"}]'],
  ["bytes", new TextEncoder().encode('{"type":"cancel"}').buffer as ArrayBuffer],
  ["a long one", JSON.stringify({ type: "cancel", because: "x".repeat(2_000) })],
])("a frame that is not understood ends that connection alone: %s", async ([, frame]) => {
  const { id, open } = await play(HELD);
  const [odd, other] = await Promise.all([observe("websocket", id), observe("websocket", id)]);
  await Promise.all([odd.take(3), other.take(3)]);
  odd.socket?.send(frame);
  expect(await odd.rest()).toEqual([]);
  expect(await odd.ended).toMatchObject({ code: 4400 });
  await open("on");
  expect(textOf(await other.rest())).toBe(" upon");
  expect((await status(id)).body.status).toBe("completed");
});

test("nothing that comes after such a frame is obeyed", async () => {
  const { id, open } = await play(HELD);
  const observer = await observe("websocket", id);
  await observer.take(3);
  observer.socket?.send("garbage");
  observer.socket?.send('{"type":"cancel"}');
  await observer.rest();
  await open("on");
  expect((await ended(id)).status).toBe("completed");
});
