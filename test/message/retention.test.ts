// How long a message is kept, and that nothing is kept of what is not one.

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import {
  cancel,
  connect,
  ended,
  message,
  objectOf,
  observe,
  prompt,
  remove,
  start,
  status,
  TRANSPORTS,
  uniqueId,
} from "../support/client.ts";
import { namesOf } from "../support/laws.ts";
import { alarmOf, remains } from "../support/storage.ts";

const NOTHING = { tables: [], alarm: null };
const DAY = 86_400;

afterEach(() => {
  vi.useRealTimers();
});

/** Sets the clock of the objects: it is ours as well. Timers go on by the real one. */
function setClock(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: ms });
}

/** The id of a message that has ended, and when that was. */
async function finished(body: object): Promise<[id: string, endedAt: number]> {
  const id = uniqueId();
  await start({ ...prompt("simulated-5@0"), ...body }, { id });
  return [id, Date.parse((await ended(id)).completed_at ?? "")];
}

test.for<[object, number]>([
  [{}, DAY],
  [{ expires_after: 60 }, 60],
  [{ expires_after: 400 * DAY }, 7 * DAY],
  [{ model: "simulated-6@0!error", expires_after: 60 }, 60],
])("%j: it is kept for %i s after its end", async ([body, seconds]) => {
  const [id, endedAt] = await finished(body);
  const due = endedAt + seconds * 1000;
  expect(await alarmOf(id)).toBe(due);

  setClock(due - 1);
  expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
  expect((await status(id)).code).toBe(200);
  expect(await alarmOf(id)).toBe(due);

  setClock(due);
  expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
  expect((await status(id)).code).toBe(404);
  expect(await remains(id)).toEqual(NOTHING);
});

test("it goes by itself, and the id is free", async () => {
  const id = uniqueId();
  await start({ ...prompt("simulated-5@0"), expires_after: 1 }, { id });
  await expect.poll(async () => (await status(id)).code).toBe(404);
  expect((await start(prompt("simulated-7@0"), { id })).code).toBe(200);
  expect((await ended(id)).metadata.last_event_id).toBe(12);
});

test("its object need not have stayed awake for it", async () => {
  const [id, endedAt] = await finished({ expires_after: 60 });
  await evictDurableObject(objectOf(id));
  setClock(endedAt + 60_000);
  expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
  expect(await remains(id)).toEqual(NOTHING);
});

test("a reader that is still at it does not take it for the end", async () => {
  const id = uniqueId();
  await start({ ...prompt("simulated-60000@0+100ms"), expires_after: 60 }, { id });
  const reader = await observe("sse", id);
  await reader.take(1);
  const { completed_at } = await ended(id);
  setClock(Date.parse(completed_at ?? "") + 60_000);
  expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
  expect(namesOf(await reader.rest())).not.toContain("message_stop");
  expect(await reader.ended).toEqual({ kind: "broken" });
});

test.for<[string, (id: string) => Promise<unknown>, number]>([
  ["status", async (id) => (await status(id)).code, 404],
  ["message", async (id) => (await message(id)).code, 404],
  ["cancel", async (id) => (await cancel(id)).code, 404],
  ["delete", async (id) => (await remove(id)).code, 404],
  ...TRANSPORTS.map((transport): [string, (id: string) => Promise<unknown>, number] => [
    transport,
    async (id) => (await connect(transport, id)).status,
    404,
  ]),
  ["a faulty start", async (id) => (await start({ messages: [] }, { id })).code, 422],
  ["a start for no model", async (id) => (await start(prompt("nobody"), { id })).code, 422],
  ["a stranger's start", async (id) => (await start(prompt("x"), { id, key: "x" })).code, 401],
])("nothing is written for an unknown message: %s", async ([, ask, code]) => {
  const id = uniqueId();
  expect(await ask(id)).toBe(code);
  expect(await remains(id)).toEqual(NOTHING);
});

test("another tenant's question leaves nothing at either's", async () => {
  const [id] = await finished({});
  expect((await cancel(id, { key: "globex-key" })).code).toBe(404);
  expect((await remove(id, { key: "globex-key" })).code).toBe(404);
  expect(await remains(id, "globex")).toEqual(NOTHING);
  expect((await status(id)).body.status).toBe("completed");
});
