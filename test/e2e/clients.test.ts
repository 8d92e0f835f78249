// Clients that are made by others and know nothing of this service.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
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
    const answers: number[] = [];
    const source = new EventSource(`${line.url}/v1/messages/async/${id}/stream`, {
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        answers.push(response.status);
        return response;
      },
    });
    t.after(() => source.close());
    const stopped = new Promise<void>((resolve) => {
      source.addEventListener("error", () => {
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

    // At first, after the cut, and to hear that it is over.
    assert.deepEqual(answers, [200, 200, 204]);
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
    const { code, frames } = await observe(id).closed;
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
    const watching = observe(id);
    await watching.until((frames, pongs) => frames.length > 5 && pongs === 1);
    watching.socket.send('{"type":"cancel"}');
    const { code, frames } = await watching.closed;
    assert.equal(code, 1000);
    assert.match(frames.at(-2) ?? "", /"stop_reason":"cancelled"/);
    assert.equal((await api.status(id)).status, "cancelled");
  });

  const todo = "workerd keeps the line for 10 s where the object accepted it to hibernate";
  test("hears of the end at once, even if it has never said anything", { todo }, async () => {
    const { id } = await api.start("simulated-3@0");
    const { closed } = observe(id, "", { says: [] });
    assert.equal(await Promise.race([closed.then(() => "closed"), delay(2_000, "open")]), "closed");
  });
});

/** What a socket is told. It says `ping` first: for workerd's sake (see above), as clients do. */
function observe(id: string, query = "", { says = ["ping"] } = {}) {
  const base = service.url.replace("http:", "ws:");
  const socket = new WebSocket(`${base}/v1/messages/async/${id}/stream${query}`);
  const frames: string[] = [];
  let pongs = 0;
  let wake = (): void => {};
  socket.addEventListener("open", () => {
    for (const text of says) socket.send(text);
  });
  socket.addEventListener("message", ({ data }) => {
    if (data === "pong") pongs += 1;
    else frames.push(data);
    wake();
  });
  return {
    socket,
    async until(holds: (frames: string[], pongs: number) => boolean): Promise<void> {
      while (!holds(frames, pongs)) await new Promise<void>((resolve) => (wake = resolve));
    },
    closed: new Promise<{ code: number; frames: string[] }>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve({ code, frames }));
    }),
  };
}
