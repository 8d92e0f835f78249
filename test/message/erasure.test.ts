// Erasing under load: many messages at once, hundreds who watch, ids that are used anew on the spot.

import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  cancel,
  connect,
  ended,
  objectOf,
  observe,
  prompt,
  remove,
  start,
  status,
  type Transport,
  uniqueId,
} from "../support/client.ts";
import { expectInOrder, expectWhole, namesOf, textOf } from "../support/laws.ts";
import { Observation } from "../support/observation.ts";
import { LINGER, play, prepare } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";
import { remains, socketsOf } from "../support/storage.ts";

const LINGERING = anthropicText(["Once", ...LINGER, ...LINGER]);
/** Less than a WebSocket that has stopped is waited for. */
const RETENTION_SECONDS = 20;
const SHORT = { ...prompt("simulated-5@0"), expires_after: RETENTION_SECONDS };
/** 8 MB on the wire: more than lies between an object and a client. */
const LONG = { ...prompt("simulated-60000@0+100ms"), expires_after: RETENTION_SECONDS };

afterEach(() => {
  vi.useRealTimers();
});

const transportOf = (n: number): Transport => (n % 2 === 0 ? "sse" : "websocket");
const times = <Thing>(count: number, make: (n: number) => Promise<Thing>): Promise<Thing[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)));

/** The id of a message that has ended. */
async function finished(body: object): Promise<string> {
  const id = uniqueId();
  await start(body, { id });
  await ended(id);
  return id;
}

/** Lets the time of all that has ended pass, by the clock of the objects, which is ours. */
function passTime(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + RETENTION_SECONDS * 1000 });
}

async function ring(...ids: string[]): Promise<void> {
  const rung = await Promise.all(ids.map((id) => runDurableObjectAlarm(objectOf(id))));
  expect(rung).toEqual(ids.map(() => true));
}

async function expire(...ids: string[]): Promise<void> {
  passTime();
  await ring(...ids);
}

async function expectNothing(id: string): Promise<void> {
  expect((await status(id)).code).toBe(404);
  expect(await remains(id)).toEqual({ tables: [], alarm: null });
  await expect.poll(() => socketsOf(id), { interval: 10 }).toBe(0);
}

/** Who was let go before the end learns that it was none. */
async function expectCut(response: Response, transport: Transport): Promise<void> {
  const observer = new Observation(response);
  const told = await observer.rest();
  expectInOrder(told);
  expect(namesOf(told)).not.toContain("message_stop");
  const cut = transport === "sse" ? { kind: "broken" } : { kind: "closed", code: 4404 };
  expect(await observer.ended).toMatchObject(cut);
}

describe("when time has passed for many", () => {
  test("what had ended goes; what runs goes on, whole for all who watch it, and goes later", async () => {
    const old = await times(60, () => finished(SHORT));
    passTime();
    const running = await times(20, async () => {
      const { id, body } = prepare(LINGERING);
      await start({ ...body, expires_after: RETENTION_SECONDS }, { id });
      const observers = await times(4, (n) => observe(transportOf(n), id));
      for (const observer of observers) await observer.take(3);
      return { id, observers };
    });
    const ids = running.map(({ id }) => id);
    await ring(...old, ...ids);
    for (const id of old) await expectNothing(id);
    for (const { id, observers } of running) {
      expect((await status(id)).body.status).toBe("processing");
      await cancel(id);
      for (const observer of observers) expectWhole(await observer.rest(), 3);
    }
    await expire(...ids);
    for (const id of ids) await expectNothing(id);
  });

  test("hundreds who had stopped in the middle are let go, and nothing is left", async () => {
    const id = uniqueId();
    await start(LONG, { id });
    const stopped = await times(200, (n) => connect(transportOf(n), id));
    expect((await ended(id)).metadata.observers).toBe(stopped.length);
    await expire(id);
    for (const [n, response] of stopped.entries()) await expectCut(response, transportOf(n));
    await expectNothing(id);
  });
});

test("deleted by ten at once while hundreds watch: each sees the end, and nothing is left", async () => {
  const { id, aborted } = await play(LINGERING);
  const observers = await times(400, (n) => observe(transportOf(n), id));
  for (const observer of observers) await observer.take(3);
  const codes = (await times(10, () => remove(id))).map(({ code }) => code);
  expect(codes.sort()).toEqual([204, ...Array(9).fill(404)]);
  await aborted();
  for (const [n, observer] of observers.entries()) {
    const told = await observer.rest();
    expect(namesOf(told)).toEqual(["content_block_stop", "message_delta", "message_stop"]);
    expectWhole(told, 3);
    const code = transportOf(n) === "sse" ? {} : { code: 4404 };
    expect(await observer.ended).toMatchObject({ kind: "closed", ...code });
  }
  await expectNothing(id);
});

test.for<[string, () => Promise<string>, (id: string) => Promise<unknown>]>([
  ["deleted while it ran", async () => (await play(LINGERING)).id, remove],
  ["deleted after its end", () => finished(LONG), remove],
  ["expired", () => finished(LONG), expire],
])("%s and begun anew at once: a log from 1, nothing of the old one", async ([, begin, erase]) => {
  const id = await begin();
  const watching = await times(6, (n) => connect(transportOf(n), id)); // nobody reads yet
  await erase(id);
  const { body, open } = prepare(anthropicText(["AN", { gate: "on" }, "EW"]));
  expect((await times(3, () => start(body, { id }))).map(({ code }) => code)).toEqual([
    200, 200, 200,
  ]);
  const observers = await times(2, (n) => observe(transportOf(n), id));
  const begun = await Promise.all(observers.map((observer) => observer.take(3)));
  expect((await status(id)).body).toMatchObject({
    status: "processing",
    metadata: { attempts: 1, last_event_id: 3, observers: 2 },
  });
  expect(await remains(id)).toEqual({
    tables: ["message", "request", "events"],
    alarm: expect.any(Number),
  });
  await open("on");
  for (const [n, observer] of observers.entries()) {
    const log = [...(begun[n] ?? []), ...(await observer.rest())];
    expectWhole(log);
    expect(textOf(log)).toBe("ANEW");
  }
  for (const response of watching) {
    expect(textOf(await new Observation(response).rest())).not.toContain("AN");
  }
});
