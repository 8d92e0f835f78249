// Readers that take nothing any more, on the bare runtime: a WebSocket is let go in the end, and
// resumes; one whose peer has vanished without a word keeps nothing and nobody from the end.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  anthropicEvent,
  anthropicText,
  createScript,
  openGate,
  type Step,
  toPrompt,
} from "../support/script.ts";
import { Api } from "./support/api.ts";
import { startBundle } from "./support/bundle.ts";
import { toEvents } from "./support/collect.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";
import { startWorld, type World } from "./support/upstreams.ts";

/** 29 MB at once, which no compression makes less than 20: what is alike is too far apart for it. */
const DELTAS = 600;
const DELTA = anthropicEvent({
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text: randomBytes(36_000).toString("base64") },
}) as { send: string };
const FLOOD: Step = { ...DELTA, times: DELTAS };
const ENDING = anthropicText([{ gate: "on" }, FLOOD]);
/** For longer than anybody waits. */
const LINGERING = anthropicText([{ gate: "on" }, FLOOD, ...Array<Step>(20).fill({ wait: 5_000 })]);

/** How long a WebSocket is waited for. */
const LAG_MS = 30_000;
const POLL_MS = 100;

describe("a reader that takes nothing", { concurrency: true, timeout: 180_000 }, () => {
  let world: World;
  let api: Api;
  before(async () => {
    world = await startWorld({ LOCAL_ACCESS: "open" }, startBundle);
    api = new Api(world.service.url);
  });
  after(() => world.stop());

  test("a WebSocket is let go with 4408, not before time, and resumes to find everything", async (t) => {
    const line = await startTcpProxy(world.service.url);
    t.after(() => line.stop());
    const { id, open } = await begin(ENDING);
    const stopped = new Watching(line.url, id);
    await stopped.opened;
    line.hold();
    const heldAt = Date.now();
    await open();
    const log = await replay(id);
    while ((await api.status(id)).metadata.observers > 0) await delay(POLL_MS);
    assert(Date.now() - heldAt > LAG_MS);

    line.release();
    assert.deepEqual(await stopped.closed, [4408, "too slow; resume from the last id"]);
    const resumed = new Watching(world.service.url, id, stopped.told.length);
    assert.deepEqual(await resumed.closed, [1000, "ended"]);
    assert(resumed.told.length > 0);
    assertSame([...stopped.told, ...resumed.told], log);
  });

  test("vanished ones let the message end, and others read it to the end", async (t) => {
    const { id, open } = await begin(ENDING);
    await vanish(t, id);
    const socket = new Watching(world.service.url, id);
    await open();
    const log = await replay(id);
    assert.deepEqual(await socket.closed, [1000, "ended"]);
    assertSame(socket.told, log);
    assertSame(await replay(id), log);
    const { status, metadata } = await api.status(id);
    assert.equal(status, "completed");
    assert(metadata.observers > 0); // the vanished are still behind
  });

  for (const [how, method, path, code] of [
    ["cancelled", "POST", "/cancel", 1000],
    ["deleted", "DELETE", "", 4404],
  ] as const) {
    test(`vanished ones let the message be ${how}, and others see that`, async (t) => {
      const { id, open } = await begin(LINGERING);
      await vanish(t, id);
      const [socket, body] = [new Watching(world.service.url, id), await api.watch(id)];
      await open();
      await socket.until(2 + DELTAS);
      await body.until((text) => text.length > DELTAS * DELTA.send.length);
      assert((await api.status(id)).metadata.observers > 2);
      const { ok } = await fetch(`${world.service.url}/v1/messages/async/${id}${path}`, { method });
      assert(ok);
      assert.equal(await body.ended, "complete");
      assert.equal((await socket.closed)[0], code);
      assert.match(socket.told.at(-2) ?? "", /"stop_reason":"cancelled"/);
      assertSame(socket.told, toLines(body.text));
      if (how === "cancelled") assert.equal((await api.status(id)).status, "cancelled");
      else {
        await api.start("simulated-5@0", id);
        assert.equal((await replay(id)).length, 10);
        assert.equal((await api.status(id)).metadata.observers, 0);
      }
    });
  }

  async function begin(steps: Step[]) {
    const script = createScript(steps);
    const messages = [{ role: "user", content: toPrompt(script) }];
    const { id } = await api.start("script-anthropic", undefined, { messages });
    return { id, open: () => openGate(world.emulator, script.id, "on") };
  }

  /** Readers of each transport that are there, and then nothing is heard of them any more. */
  async function vanish(t: TestContext, id: string): Promise<void> {
    const line = await startTcpProxy(world.service.url);
    const sockets = [1, 2, 3].map(() => new Watching(line.url, id));
    const bodies = await Promise.all([1, 2, 3].map(() => new Api(line.url).watch(id)));
    await Promise.all(sockets.map(({ opened }) => opened));
    line.hold();
    t.after(async () => {
      await line.stop();
      await Promise.all([...sockets.map(({ closed }) => closed), ...bodies.map((b) => b.ended)]);
    });
  }

  async function replay(id: string): Promise<string[]> {
    return toLines(await api.replay(id));
  }
});

/** A WebSocket that notes what it is told, and how it was closed. */
class Watching {
  /** `seq name data` of each event. */
  readonly told: string[] = [];
  readonly opened: Promise<unknown>;
  readonly closed: Promise<[code: number, reason: string]>;
  readonly socket: WebSocket; // which nothing else would keep
  #wake = (): void => {};

  constructor(url: string, id: string, after = 0) {
    const address = `${url}/v1/messages/async/${id}/stream?starting_after=${after}`;
    const socket = new WebSocket(address.replace(/^http/, "ws"));
    this.socket = socket;
    this.opened = new Promise<void>((resolve) => {
      socket.addEventListener("open", () => {
        socket.send("ping"); // workerd else keeps the line after the end (clients.test.ts)
        resolve();
      });
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve([code, reason]));
    });
    socket.addEventListener("message", ({ data }) => {
      const [, seq, name, text] =
        /^\{"id":(\d+),"event":"([^"]+)","data":(.*)\}$/s.exec(String(data)) ?? [];
      if (seq !== undefined) this.told.push(`${seq} ${name} ${text}`);
      this.#wake();
    });
  }

  async until(events: number): Promise<void> {
    while (this.told.length < events) await new Promise<void>((wake) => (this.#wake = wake));
  }
}

function toLines(text: string): string[] {
  return toEvents(text).map(({ id, event, data }) => `${id} ${event} ${data}`);
}

/** Equal, without a difference of megabytes to be printed where they are not. */
function assertSame(told: string[], log: string[]): void {
  assert.equal(told.length, log.length);
  assert.equal(
    told.findIndex((line, at) => line !== log[at]),
    -1,
  );
}
