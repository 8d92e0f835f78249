// Clients that are made by others and know nothing of this service.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { EventSource } from "eventsource";
import { Api } from "./support/api.ts";
import { toEvents } from "./support/collect.ts";
import { startService } from "./support/service.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";

const NAMES = [
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
];

const service = await startService();
const api = new Api(service.url);
after(() => service.stop());

describe("EventSource", { concurrency: true, timeout: 30_000 }, () => {
  test("stops by itself at the end, and a cut line repeats and loses nothing", async (t) => {
    const line = await startTcpProxy(service.url);
    t.after(() => line.stop());
    const { id } = await api.start("simulated-60@40");

    const heard: { id: string; data: string }[] = [];
    const source = new EventSource(`${line.url}/v1/messages/async/${id}/stream`);
    t.after(() => source.close());
    const codes: (number | undefined)[] = [];
    const stopped = new Promise<void>((resolve) => {
      source.addEventListener("error", ({ code }) => {
        codes.push(code);
        if (source.readyState === source.CLOSED) resolve();
      });
    });
    for (const name of NAMES) {
      source.addEventListener(name, ({ lastEventId, data }) => {
        heard.push({ id: lastEventId, data });
        if (heard.length === 10) line.cut();
      });
    }
    await stopped;

    assert.equal(codes.at(-1), 204);
    assert.equal(line.connections, 3, "at first, after the cut, and to hear that it is over");
    const told = toEvents(await api.replay(id)).map(({ id, data }) => ({ id, data }));
    assert.deepEqual(heard, told);
    assert.deepEqual(
      heard.map((event) => Number(event.id)),
      heard.map((_, at) => at + 1),
    );
  });
});

describe("Node's own WebSocket", { concurrency: true, timeout: 30_000 }, () => {
  test("gets what SSE gets, event by event, and closes with 1000", async () => {
    const { id } = await api.start("simulated-40@100");
    const socket = observe(id);
    const { code, frames } = await socket.closed;
    assert.equal(code, 1000);
    const told = toEvents(await api.replay(id));
    assert.deepEqual(
      frames,
      told.map(({ id, event, data }) => `{"id":${id},"event":"${event}","data":${data}}`),
    );
  });

  test("goes on after a position", async () => {
    const { id } = await api.start("simulated-40@0");
    const all = await observe(id).closed;
    const { code, frames } = await observe(id, "?starting_after=12").closed;
    assert.equal(code, 1000);
    assert.deepEqual(frames, all.frames.slice(12));
  });

  test("is answered pong, and can cancel", async () => {
    const { id } = await api.start("simulated-2000@40");
    const socket = observe(id);
    await socket.until((frames) => frames.length > 5);
    socket.send("ping");
    await socket.until((frames) => frames.includes("pong"));
    socket.send('{"type":"cancel"}');
    const { code, frames } = await socket.closed;
    assert.equal(code, 1000);
    assert.match(frames.at(-2) ?? "", /"stop_reason":"cancelled"/);
    assert.equal((await api.status(id)).status, "cancelled");
  });
});

/** What a socket is told. */
function observe(id: string, query = "") {
  const base = service.url.replace("http:", "ws:");
  const socket = new WebSocket(`${base}/v1/messages/async/${id}/stream${query}`);
  const frames: string[] = [];
  let wake = (): void => {};
  socket.addEventListener("message", ({ data }) => {
    frames.push(data);
    wake();
  });
  return {
    send: (text: string) => socket.send(text),
    async until(holds: (frames: string[]) => boolean): Promise<void> {
      while (!holds(frames)) await new Promise<void>((resolve) => (wake = resolve));
    },
    closed: new Promise<{ code: number; frames: string[] }>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve({ code, frames }));
    }),
  };
}
