// Observers at their worst: crowds that come and go, readers that stop, sockets that shout. None of
// it reaches the others, the run, or what is counted.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { EventLog } from "../../src/message/log.ts";
import {
  cancel,
  connect,
  ended,
  objectOf,
  observe,
  prompt,
  remove,
  send,
  start,
  status,
  TRANSPORTS,
  type Transport,
  uniqueId,
} from "../support/client.ts";
import { dice } from "../support/dice.ts";
import { expectInOrder, expectWhole, namesOf, textOf } from "../support/laws.ts";
import { Observation, type Told } from "../support/observation.ts";
import { LINGER, play, prepare } from "../support/play.ts";
import { anthropicText, type Step } from "../support/script.ts";
import { watchTimers } from "../support/timers.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);
const JSON_TYPE = { "content-type": "application/json" };
const CANCEL = '{"type":"cancel"}';
/** As test/vitest.config.ts has it. */
const MAX_OBSERVERS = 400;

const answerOf = (id: string) => `/v1/messages?message_id=${id}`;
const transportOf = (n: number): Transport => (n % 2 === 0 ? "sse" : "websocket");
const times = <Thing>(count: number, make: (n: number) => Thing): Thing[] =>
  Array.from({ length: count }, (_, n) => make(n));

/** Resolves once so many are counted. */
function counted(id: string, observers: number): Promise<void> {
  return expect
    .poll(async () => (await status(id)).body.metadata.observers, { interval: 10 })
    .toBe(observers);
}

describe("coming and going", () => {
  test("300 at random positions: each sees its part, who stays sees all, none is left over", async () => {
    const random = dice(4711);
    const pieces = times(300, (n): (string | Step)[] => [`${n} `, { wait: 3 }]).flat();
    const { id } = await play(anthropicText([...pieces, ...LINGER, ...LINGER]));
    const timers = watchTimers();
    const stayers = await Promise.all(TRANSPORTS.map((transport) => observe(transport, id)));
    const logs = stayers.map((stayer) => stayer.rest());
    let last = 0;
    const visits: [number, Told[]][] = [];
    const visitors = times(30, async (n) => {
      for (let visit = 0; visit < 10; visit += 1) {
        const after = random(last + 1);
        const visitor = await observe(transportOf(n + visit), id, { after });
        const told = await visitor.take(random(Math.min(40, 300 - after)));
        last = Math.max(last, after + told.length);
        visits.push([after, told]);
        await visitor.close();
      }
    });
    await Promise.all(visitors);
    await counted(id, stayers.length);
    await cancel(id);
    const [log = [], other] = await Promise.all(logs);
    expectWhole(log);
    expect(other).toEqual(log);
    expect(visits).toHaveLength(300);
    for (const [after, told] of visits) {
      expect(told).toEqual(log.slice(after, after + told.length));
    }
    await counted(id, 0);
    expect(timers()).toEqual([]);
  });

  test.for(TRANSPORTS)("who leaves at once, unread, is not counted (%s)", async (transport) => {
    const { id, open } = await play(HELD);
    const responses = await Promise.all(times(100, () => connect(transport, id)));
    await Promise.all(responses.map(leave));
    await counted(id, 0);
    await open("on");
    expect((await ended(id)).status).toBe("completed");
  });

  test.for<[string, (id: string, body: string) => Promise<Response>]>([
    ["sse", (id) => connect("sse", id)],
    ["websocket", (id) => connect("websocket", id)],
    [
      "the synchronous endpoint",
      (id, body) => send("POST", answerOf(id), { headers: JSON_TYPE, body }),
    ],
  ])(`one more than ${MAX_OBSERVERS} is told when to try again (%s)`, async ([, tryAgain]) => {
    const { id, body } = prepare(anthropicText(["Once", ...LINGER, ...LINGER]));
    const asked = { ...body, stream: true };
    await start(asked, { id });
    const watching = await Promise.all(times(MAX_OBSERVERS, (n) => observe(transportOf(n), id)));
    await watching[0]?.take(3);
    const response = await tryAgain(id, JSON.stringify(asked));
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "5"]);
    expect(await response.json()).toMatchObject({
      error: {
        type: "rate_limit_error",
        message: expect.stringContaining(`${MAX_OBSERVERS} conn`),
      },
    });
    await watching.pop()?.close();
    await counted(id, MAX_OBSERVERS - 1);
    const admitted = await tryAgain(id, JSON.stringify(asked));
    await cancel(id);
    expectWhole(await new Observation(admitted).rest());
  });
});

describe("readers that have stopped", () => {
  /** 20 MB on the wire. */
  const LONG = prompt("simulated-150000@0+100ms");

  test("each gets the exact bytes of the rest, when it goes on, wherever it had stopped", async () => {
    const id = uniqueId();
    await start(LONG, { id });
    const readers = await Promise.all(
      times(4, async () => ((await connect("sse", id)).body as ReadableStream).getReader()),
    );
    const begun = await Promise.all(readers.map((reader, n) => readAtLeast(reader, n * 100_000)));
    const whole = new Uint8Array(await (await connect("sse", id)).arrayBuffer());
    expect(whole.length).toBeGreaterThan(19e6);
    expect((await status(id)).body).toMatchObject({
      status: "completed",
      metadata: { observers: readers.length },
    });
    for (const [n, reader] of readers.entries()) {
      const rest = await readAtLeast(reader, Number.POSITIVE_INFINITY);
      const all = new Uint8Array(await new Blob([...(begun[n] ?? []), ...rest]).arrayBuffer());
      expect(all.length).toBe(whole.length);
      expect(all.every((byte, at) => byte === whole[at])).toBe(true);
    }
    await counted(id, 0);
  });

  test("are given about 256 KiB at once, however much was written at once", async () => {
    const id = uniqueId();
    await start(prompt("simulated-1@0"), { id });
    const last = Number((await ended(id)).metadata.last_event_id);
    const lengths = await runInDurableObject(objectOf(id), (_, { storage }) => {
      const log = new EventLog(storage.sql);
      const data = JSON.stringify({ type: "x", text: "x".repeat(80) });
      log.append(times(20_000, (n) => ({ seq: last + n + 1, type: "x", data })));
      const found: number[] = [];
      for (let batch = log.after(0); batch; batch = log.after(batch.last)) {
        found.push(batch.text.length);
      }
      return found;
    });
    expect(Math.max(...lengths)).toBeLessThan(1024 ** 2);
  });

  test.for(TRANSPORTS)(
    "may leave without having read, or see it deleted (%s)",
    async (transport) => {
      const id = uniqueId();
      await start(LONG, { id });
      const stopped = await Promise.all(times(5, () => connect(transport, id)));
      expect((await ended(id)).metadata.observers).toBe(5);
      await Promise.all(stopped.slice(0, 3).map(leave));
      await counted(id, 2);
      expect((await remove(id)).code).toBe(204);
      for (const response of stopped.slice(3)) {
        const observer = new Observation(response);
        const told = await observer.rest();
        expectInOrder(told);
        expect(namesOf(told)).not.toContain("message_stop");
        const cut = transport === "sse" ? { kind: "broken" } : { kind: "closed", code: 4404 };
        expect(await observer.ended).toMatchObject(cut);
      }
      expect((await status(id)).code).toBe(404);
    },
  );
});

describe("sockets that shout", () => {
  const MEGABYTES = "x".repeat(2_000_000);

  test.for<[string, (socket: WebSocket) => void]>([
    ["a frame of 2 MB", (socket) => socket.send(MEGABYTES)],
    ["a command of 2 MB", (socket) => socket.send(JSON.stringify({ type: "cancel", MEGABYTES }))],
    ["2 MB of bytes", (socket) => socket.send(new Uint8Array(2_000_000))],
    ["nesting", (socket) => socket.send("[".repeat(1_000))],
    ["half a pair", (socket) => socket.send("\ud800")],
    ["1,000 that are no commands", (socket) => times(1_000, (n) => socket.send(`cancel ${n}`))],
    ["1,000 of bytes", (socket) => times(1_000, () => socket.send(new Uint8Array(100)))],
  ])("%s: closed with 4400, and nobody else notices", async ([, shout]) => {
    const { id, open } = await play(HELD);
    const [loud, quiet] = await Promise.all([observe("websocket", id), observe("websocket", id)]);
    await Promise.all([loud.take(3), quiet.take(3)]);
    shout(loud.socket as WebSocket);
    expect(await loud.rest()).toEqual([]);
    expect(await loud.ended).toMatchObject({ code: 4400 });
    await counted(id, 1);
    await open("on");
    expect(textOf(await quiet.rest())).toBe(" upon");
    expect((await status(id)).body.status).toBe("completed");
  });

  test("1,000 pings are answered, between events", async () => {
    const { id, open } = await play(HELD);
    const observer = await observe("websocket", id);
    await observer.take(3);
    times(1_000, () => observer.socket?.send("ping"));
    await expect.poll(() => observer.texts.length, { interval: 10 }).toBe(1_000);
    expect(new Set(observer.texts)).toEqual(new Set(["pong"]));
    await open("on");
    expectWhole(await observer.rest(), 3);
  });
});

describe("many at once", () => {
  test.for<[string, (id: string, sockets: Observation[]) => Promise<number[]>]>([
    [
      "50 requests",
      async (id) => (await Promise.all(times(50, () => cancel(id)))).map(({ code }) => code),
    ],
    [
      "1,000 frames of one socket",
      async (_, [first]) => times(1_000, () => first?.socket?.send(CANCEL)).map(() => 200),
    ],
    [
      "a frame of each socket, and 50 requests",
      async (id, sockets) => {
        for (const { socket } of sockets) socket?.send(CANCEL);
        return (await Promise.all(times(50, () => cancel(id)))).map(({ code }) => code);
      },
    ],
  ])("%s cancel once: all are answered 200, and there is one end", async ([, stop]) => {
    const { id, aborted } = await play(anthropicText(["Once", ...LINGER]));
    const sockets = await Promise.all(times(20, () => observe("websocket", id)));
    const bodies = await Promise.all(times(20, () => observe("sse", id)));
    const begun = await Promise.all([...sockets, ...bodies].map((observer) => observer.take(3)));
    expect(new Set(await stop(id, sockets))).toEqual(new Set([200]));
    await aborted();
    const log = await (await observe("sse", id)).rest();
    expectWhole(log);
    expect(textOf(log)).toBe("Once");
    for (const [n, observer] of [...sockets, ...bodies].entries()) {
      expect([...(begun[n] ?? []), ...(await observer.rest())]).toEqual(log);
      expect((await observer.ended).kind).toBe("closed");
    }
    expect((await status(id)).body.status).toBe("cancelled");
    await counted(id, 0);
  });
});

async function leave({ webSocket, body }: Response): Promise<void> {
  if (!webSocket) return body?.cancel();
  webSocket.accept();
  webSocket.close(1000);
}

/** Pieces of so many bytes, or all there are. */
async function readAtLeast(reader: ReadableStreamDefaultReader<Uint8Array>, bytes: number) {
  const pieces: Uint8Array[] = [];
  for (let length = 0; length < bytes; ) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
  }
  return pieces;
}
