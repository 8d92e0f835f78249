// Clients that are made by others and know nothing of this service: EventSource, WebSocket, and
// whoever hangs up.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { EventSource } from "eventsource";
import { aborted, createScript, openGate, requested, seen, toPrompt } from "../support/script.ts";
import { ANSWERS } from "./support/answers.ts";
import { Collected, toEvents } from "./support/collect.ts";
import { ask, DIALECTS } from "./support/sdk.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";
import { startWorld } from "./support/upstreams.ts";

const NAMES = [
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
];

const world = await startWorld();
const { url } = world.service;
after(() => world.stop());

describe("EventSource", { concurrency: true, timeout: 30_000 }, () => {
  test("stops by itself at the end, and a cut line repeats and loses nothing", async (t) => {
    const line = await startTcpProxy(url);
    t.after(() => line.stop());
    const id = await start("simulated-60@40");

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
    const told = toEvents(await replay(id)).map(({ id, data }) => ({ id, data }));
    assert.deepEqual(heard, told);
    assert.deepEqual(
      heard.map((event) => Number(event.id)),
      heard.map((_, at) => at + 1),
    );
  });
});

describe("Node's own WebSocket", { concurrency: true, timeout: 30_000 }, () => {
  test("gets what SSE gets, event by event, and closes with 1000", async () => {
    const id = await start("simulated-40@100");
    const socket = observe(id);
    const { code, frames } = await socket.closed;
    assert.equal(code, 1000);
    const told = toEvents(await replay(id));
    assert.deepEqual(
      frames,
      told.map(({ id, event, data }) => `{"id":${id},"event":"${event}","data":${data}}`),
    );
  });

  test("goes on after a position", async () => {
    const id = await start("simulated-40@0");
    const all = await observe(id).closed;
    const { code, frames } = await observe(id, "?starting_after=12").closed;
    assert.equal(code, 1000);
    assert.deepEqual(frames, all.frames.slice(12));
  });

  test("is answered pong, and can cancel", async () => {
    const id = await start("simulated-2000@40");
    const socket = observe(id);
    await socket.until((frames) => frames.length > 5);
    socket.send("ping");
    await socket.until((frames) => frames.includes("pong"));
    socket.send('{"type":"cancel"}');
    const { code, frames } = await socket.closed;
    assert.equal(code, 1000);
    assert.match(frames.at(-2) ?? "", /"stop_reason":"cancelled"/);
    assert.equal((await status(id)).status, "cancelled");
  });
});

describe("hanging up on POST /v1/messages", { concurrency: true, timeout: 30_000 }, () => {
  for (const [dialect, { script: model }] of Object.entries(DIALECTS)) {
    for (const stream of [true, false]) {
      const how = `${stream ? "a stream" : "one piece"}, ${dialect} upstream`;
      const answer = ANSWERS[dialect as keyof typeof DIALECTS];

      test(`${how}: a message that only its caller could name is cancelled`, async () => {
        const playing = createScript(answer(["Half of it", { gate: "rest" }, " and the rest"]));
        const call = post({ ...ask(model, toPrompt(playing)), stream });
        await call.underWay(playing.id);
        call.hangUp();
        await aborted(world.emulator, playing.id);
        assert.equal((await seen(world.emulator, playing.id)).requests.length, 1);
        if (!stream) return; // nobody has learned its id
        const id = (await call.response)?.headers.get("message-id") ?? "";
        await replay(id);
        const { status: word, metadata } = await status(id);
        assert.deepEqual([word, metadata.stop_reason], ["cancelled", "cancelled"]);
      });

      test(`${how}: a message with the caller's message_id goes on`, async () => {
        const playing = createScript(answer(["Half of it", { gate: "rest" }, " and the rest"]));
        const id = crypto.randomUUID();
        const call = post({ ...ask(model, toPrompt(playing)), stream }, id);
        await call.underWay(playing.id);
        call.hangUp();
        const watching = watch(id);
        await watching.until((text) => text.includes("Half of it"));
        await openGate(world.emulator, playing.id, "rest");
        assert.equal(await watching.ended, "complete");
        assert.match(watching.text, / and the rest.*message_stop/s);
        assert.equal((await status(id)).status, "completed");
        assert.equal((await seen(world.emulator, playing.id)).requests[0]?.aborted, false);
      });
    }
  }
});
