// Clients made by others that connect again by themselves, over a line that is cut ten times.

import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import { EventSource } from "eventsource";
import { createEventSource } from "eventsource-client";
import { WebSocket as PartySocket } from "partysocket";
import { Api } from "./support/api.ts";
import { toEvents } from "./support/collect.ts";
import { type CuttingProxy, startCuttingProxy } from "./support/cutting-proxy.ts";
import { startService } from "./support/service.ts";

const CUTS = 10;
/** Between two cuts. The message has more of them than that takes. */
const EVENTS = 12;
const MODEL = "simulated-150@50";

interface Told {
  id: number;
  event: string;
  data: string;
}

const service = await startService();
const api = new Api(service.url);
after(() => service.stop());

describe("resumes across ten cuts, with nothing lost or doubled, and stops by itself:", {
  concurrency: true,
  timeout: 60_000,
}, () => {
  test("eventsource", async (t) => {
    const { line, path, check } = await begin(t);
    const told: Told[] = [];
    const source = new EventSource(line.url + path);
    t.after(() => source.close());
    const stopped = new Promise<void>((resolve) => {
      source.addEventListener("error", () => {
        if (source.readyState === source.CLOSED) resolve();
      });
    });
    for (const name of NAMES) {
      source.addEventListener(name, ({ type, lastEventId, data }) => {
        told.push({ id: Number(lastEventId), event: type, data });
      });
    }
    await stopped;
    await check(told);
  });

  test("eventsource-client", async (t) => {
    const { line, path, check } = await begin(t);
    const told: Told[] = [];
    const source = createEventSource(line.url + path);
    t.after(() => source.close());
    for await (const { id, event = "message", data } of source) {
      if (event !== "ping") told.push({ id: Number(id), event, data });
    }
    assert.equal(source.readyState, "closed");
    await check(told);
  });

  test("partysocket", async (t) => {
    const { line, path, check } = await begin(t);
    const told: Told[] = [];
    const url = () => {
      const query = `?starting_after=${told.at(-1)?.id ?? 0}`;
      return line.url.replace("http:", "ws:") + path + query;
    };
    const socket = new PartySocket(url, [], {
      minReconnectionDelay: 50,
      maxReconnectionDelay: 500,
      // It closes with 1000 itself, after errors; only the service says `ended`.
      shouldReconnectOnClose: ({ reason }) => reason !== "ended",
    });
    t.after(() => socket.close());
    socket.addEventListener("open", () => socket.send("ping"));
    const stopped = new Promise<void>((resolve) => {
      socket.addEventListener("close", () => {
        if (!socket.shouldReconnect) resolve();
      });
    });
    socket.addEventListener("message", ({ data: frame }) => {
      const [, id, event, data] = FRAME.exec(String(frame)) ?? [];
      if (event !== undefined && data !== undefined) told.push({ id: Number(id), event, data });
    });
    await stopped;
    await check(told);
  });
});

const NAMES = [
  ...["message_start", "message_delta", "message_stop"],
  ...["content_block_start", "content_block_delta", "content_block_stop"],
];
const FRAME = /^\{"id":(\d+),"event":"(\w+)","data":(.*)\}$/;

/** A message, a line to it, and what a client must have been told of it at the end. */
async function begin(t: TestContext) {
  const { id } = await api.start(MODEL);
  let lines = 0;
  const line: CuttingProxy = await startCuttingProxy(service.url, () =>
    lines++ < CUTS ? EVENTS : Number.POSITIVE_INFINITY,
  );
  t.after(() => line.stop());
  const check = async (told: Told[]): Promise<void> => {
    const log = toEvents(await api.replay(id));
    assert.deepEqual(
      told,
      log.map(({ id, event, data }) => ({ id: Number(id), event, data })),
    );
    assert.deepEqual(
      told.map(({ id }) => id),
      told.map((_, at) => at + 1),
    );
    assert.equal(line.cuts, CUTS);
  };
  return { line, path: `/v1/messages/async/${id}/stream`, check };
}
