// Observers that read slowly or not at all. A WebSocket that is not accepted is one that nobody
// reads from, as is a body without a reader.

import { afterEach, describe, expect, test, vi } from "vitest";
import {
  connect,
  ended,
  observe,
  prompt,
  remove,
  start,
  status,
  TRANSPORTS,
  type Transport,
  uniqueId,
} from "../support/client.ts";
import { expectWhole, textOf } from "../support/laws.ts";
import { Observation, type Told } from "../support/observation.ts";
import { play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

/** 8 MB on the wire: more than lies between an object and a client. */
const LONG = prompt("simulated-60000@0+100ms");

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A long message that has ended, watched by one who has stopped; and its log. */
async function overtaken(transport: Transport): Promise<[string, Response, Told[]]> {
  const id = uniqueId();
  await start(LONG, { id });
  const stopped = await connect(transport, id);
  const log = await (await observe("sse", id)).rest();
  expectWhole(log);
  return [id, stopped, log];
}

const observersOf = async (id: string) => (await status(id)).body.metadata.observers;

describe.each(TRANSPORTS)("over %s", (transport) => {
  test("one that has stopped is waited for, and finds everything", async () => {
    const [id, stopped, log] = await overtaken(transport);
    expect(await observersOf(id)).toBe(1);
    const observer = new Observation(stopped);
    expect(await observer.rest()).toEqual(log);
    expect((await observer.ended).kind).toBe("closed");
    await expect.poll(() => observersOf(id), { interval: 5 }).toBe(0);
  });

  test("five that have stopped hold up neither the run nor one another", async () => {
    const id = uniqueId();
    await start(LONG, { id });
    const stopped = await Promise.all(Array.from({ length: 5 }, () => connect(transport, id)));
    expect((await ended(id)).status).toBe("completed");
    expect(await observersOf(id)).toBe(5);
    const [log, ...others] = await Promise.all(
      stopped.map((response) => new Observation(response).rest()),
    );
    expectWhole(log ?? []);
    for (const other of others) expect(other).toEqual(log);
  });
});

test("a WebSocket that stays behind is let go with 4408, and resumes where it was", async () => {
  const [id, stopped, log] = await overtaken("websocket");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
  await expect.poll(() => observersOf(id), { interval: 5 }).toBe(0);
  vi.useRealTimers();
  const observer = new Observation(stopped);
  const told = await observer.rest();
  expect(await observer.ended).toMatchObject({ code: 4408 });
  expect(told.reduce((bytes, { data }) => bytes + data.length, 0)).toBeLessThan(4 * 1024 ** 2);
  const rest = await (await observe("websocket", id, { after: told.length })).rest();
  expect([...told, ...rest]).toEqual(log);
});

test("one that takes long for one long event is given the time, and gets it", async () => {
  const long = "x".repeat(4 * 1024 ** 2);
  const { id } = await play(anthropicText(["Once", long]));
  const stopped = await connect("websocket", id);
  await ended(id);
  const looks = vi.spyOn(scheduler, "wait");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
  await expect.poll(() => looks.mock.calls.length, { interval: 5 }).toBeGreaterThan(1);
  vi.useRealTimers();
  const observer = new Observation(stopped);
  expect(textOf(await observer.rest())).toBe(`Once${long}`);
  expect(await observer.ended).toMatchObject({ code: 1000 });
});

test("one that has been let go is waited for no longer", async () => {
  const [id] = await overtaken("websocket");
  const looks = vi.spyOn(scheduler, "wait");
  await expect.poll(() => looks.mock.calls.length, { interval: 5 }).toBeGreaterThan(0);
  await remove(id);
  const { length } = looks.mock.calls;
  await looks.mock.results.at(-1)?.value;
  await status(id);
  expect(looks.mock.calls.length).toBe(length);
});
