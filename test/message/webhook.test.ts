// Telling a webhook of the end of a message: once if all goes well, again and again if not, over
// restarts, and never after it was deleted.

import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, inject, test, vi } from "vitest";
import {
  cancel,
  ended,
  message,
  objectOf,
  observe,
  prompt,
  remove,
  start,
  status,
  uniqueId,
} from "../support/client.ts";
import { type Line, lines, said } from "../support/console.ts";
import { bare, json, refusal, under } from "../support/http.ts";
import { play, prepare } from "../support/play.ts";
import {
  type Answer,
  createEndpoint,
  type Received,
  receivedAt,
  verify,
} from "../support/receiver.ts";
import { anthropicText } from "../support/script.ts";
import { alarmOf, query, remains } from "../support/storage.ts";

const SECRETS = env.WEBHOOK_SECRET.split(" ");
const [SECRET = ""] = SECRETS;
const HOUR = 3_600_000;

afterEach(() => {
  vi.useRealTimers();
});

/** Sets the clock of the objects: it is ours as well. Timers go on by the real one. */
function setClock(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: ms });
}

interface DeliveryStatus {
  state: string;
  attempts: number;
  last_status: number | null;
  next_attempt_at: string | null;
  delivered_at: string | null;
}

async function deliveryOf(id: string): Promise<DeliveryStatus> {
  return (await status(id)).body.metadata.webhook as DeliveryStatus;
}

/** The status of the delivery once so many attempts have been made and come to `answer`. */
async function attempted(id: string, attempts: number, answer: number | null) {
  const fits = (line: Line) => line.message_id === id && line.attempts === attempts;
  await expect.poll(() => lines("webhook").some(fits), { interval: 5 }).toBe(true);
  const delivery = await deliveryOf(id);
  expect(delivery).toMatchObject({ attempts, last_status: answer });
  return delivery;
}

const endpointFor = (...answers: Answer[]) => createEndpoint(inject("receiver"), ...answers);

/** Starts a message with a webhook. */
async function startWith(webhook: object, body: object = prompt("simulated-5@0")) {
  const id = uniqueId();
  const { code, body: told } = await start({ ...body, webhook }, { id });
  expect([code, told]).toEqual([200, expect.anything()]);
  return id;
}

/** Goes to when the next attempt is due, and lets the alarm ring. */
async function ring(id: string, delivery: DeliveryStatus): Promise<void> {
  const due = Date.parse(delivery.next_attempt_at ?? "");
  expect(await alarmOf(id)).toBe(due);
  setClock(due);
  expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
}

describe("what is told:", () => {
  test("the whole message, once, signed by each secret", async () => {
    const url = endpointFor("200");
    const id = await startWith(
      { url },
      { ...prompt("simulated-5@0"), metadata: { order: 66 }, correlation_id: "c-1" },
    );
    const [delivery, ...more] = await receivedAt(url, 1);
    expect(more).toEqual([]);
    const { completed_at } = await ended(id);
    const { status: _, ...folded } = (await message(id)).body;
    for (const secret of SECRETS) {
      expect(verify(secret, delivery as Received)).toEqual({
        type: "message.completed",
        timestamp: completed_at,
        data: {
          message_id: id,
          status: "completed",
          stop_reason: "end_turn",
          usage: folded.usage,
          correlation_id: "c-1",
          metadata: { order: 66 },
          message: folded,
        },
      });
    }
    expect(delivery?.headers).toMatchObject({ "content-type": "application/json" });
    expect(await attempted(id, 1, 200)).toEqual({
      state: "delivered",
      attempts: 1,
      last_status: 200,
      next_attempt_at: null,
      delivered_at: expect.any(String),
    });
    expect((await status(id)).body.metadata.ignored_fields).toEqual([]);
  });

  test("a partial message, where it was cancelled", async () => {
    const url = endpointFor("200");
    const playing = prepare(anthropicText(["Once", { gate: "never" }]));
    await start({ ...playing.body, webhook: { url } }, { id: playing.id });
    await (await observe("sse", playing.id)).take(3);
    expect(await deliveryOf(playing.id)).toMatchObject({ state: "pending", attempts: 0 });
    await cancel(playing.id);
    const [delivery] = await receivedAt(url, 1);
    expect(verify(SECRET, delivery as Received)).toMatchObject({
      type: "message.cancelled",
      data: {
        status: "cancelled",
        stop_reason: "cancelled",
        message: { content: [{ type: "text", text: "Once" }], stop_reason: "cancelled" },
      },
    });
  });

  test("the error, where it failed", async () => {
    const url = endpointFor("200");
    const id = await startWith({ url }, prompt("simulated-6@0!error"));
    const { error_message } = await ended(id);
    const [delivery] = await receivedAt(url, 1);
    expect(verify(SECRET, delivery as Received)).toMatchObject({
      type: "message.error",
      data: { status: "error", error: { type: expect.any(String), message: error_message } },
    });
  });

  test("no message, where it is long", async () => {
    const url = endpointFor("200");
    const id = await startWith({ url }, prompt("simulated-30000@0"));
    const [delivery] = await receivedAt(url, 1);
    const { data } = verify(SECRET, delivery as Received);
    expect(data).toMatchObject({ message_id: id, status: "completed" });
    expect(data).not.toHaveProperty("message");
  });

  test("to a synchronous caller's webhook as well", async () => {
    const url = endpointFor("200");
    const body = { ...prompt("simulated-5@0"), webhook: { url } };
    await (await bare("POST", "/v1/messages", json(body))).text();
    expect(verify(SECRET, (await receivedAt(url, 1))[0] as Received).type).toBe(
      "message.completed",
    );
  });

  test("nothing of the ends that were not asked for", async () => {
    const url = endpointFor("200");
    const events = ["message.error", "message.cancelled"];
    const id = await startWith({ url, events });
    await ended(id);
    expect(await deliveryOf(id)).toBeNull();
    const failed = await startWith({ url, events }, prompt("simulated-6@0!error"));
    const [delivery, ...more] = await receivedAt(url, 1);
    expect(more).toEqual([]);
    expect(verify(SECRET, delivery as Received).data.message_id).toBe(failed);
    expect(JSON.stringify(await query(id, "SELECT * FROM message"))).not.toContain(url);
  });
});

describe("an attempt that fails", () => {
  test.for<[Answer, number | null]>([
    ["500", 500],
    ["404", 404],
    ["302", 302],
    ["cut", null],
  ])("is made again, over a restart, with the same id and body: %s", async ([answer, told]) => {
    const url = endpointFor(answer, answer, "204");
    const id = await startWith({ url });
    await ring(id, await attempted(id, 1, told));
    const delivery = await attempted(id, 2, told);
    expect(delivery).toMatchObject({ state: "pending", delivered_at: null });
    await abortAllDurableObjects();
    await ring(id, delivery);
    expect(await attempted(id, 3, 204)).toMatchObject({ state: "delivered" });
    const received = await receivedAt(url, 3);
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    for (const one of received) verify(SECRET, one);
    expect(await receivedAt(new URL("/elsewhere", url).href)).toEqual([]);
  });

  test("waits for as long as the receiver asks", async () => {
    const url = endpointFor("503+7200", "200");
    const id = await startWith({ url });
    const before = Date.now();
    const { next_attempt_at } = await attempted(id, 1, 503);
    expect(Date.parse(next_attempt_at ?? "") - before).toBeGreaterThan(1.9 * HOUR);
  });

  test("because the object was lost is counted, and another follows", async () => {
    const url = endpointFor("hang", "200");
    const id = await startWith({ url });
    await receivedAt(url, 1);
    await abortAllDurableObjects();
    const delivery = await deliveryOf(id);
    expect(delivery).toMatchObject({ state: "pending", attempts: 1, last_status: null });
    await ring(id, delivery);
    expect(await attempted(id, 2, 200)).toMatchObject({ state: "delivered" });
    expect(await receivedAt(url, 2)).toHaveLength(2);
  });

  test("with 410 is the last", async () => {
    const id = await startWith({ url: endpointFor("410") });
    const failed = { state: "failed", next_attempt_at: null, delivered_at: null };
    expect(await attempted(id, 1, 410)).toMatchObject(failed);
  });

  test("is not made after a day", async () => {
    const url = endpointFor("500");
    const id = await startWith({ url }, { ...prompt("simulated-5@0"), expires_after: 90_000 });
    await attempted(id, 1, 500);
    setClock(Date.parse((await ended(id)).completed_at ?? "") + 24 * HOUR);
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
    expect(await deliveryOf(id)).toMatchObject({ state: "failed", attempts: 1 });
    expect(await receivedAt(url)).toHaveLength(1);
  });

  test("does not hold up the expiry", async () => {
    const url = endpointFor("hang");
    const id = await startWith({ url }, { ...prompt("simulated-5@0"), expires_after: 60 });
    await receivedAt(url, 1);
    setClock(Date.parse((await ended(id)).completed_at ?? "") + 60_000);
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
    expect(await remains(id)).toEqual({ tables: [], alarm: null });
  });
});

test("what was delivered is not delivered again", async () => {
  const url = endpointFor("200");
  const id = await startWith({ url });
  await attempted(id, 1, 200);
  const { completed_at } = await ended(id);
  const expiry = Date.parse(completed_at ?? "") + 24 * HOUR;
  expect(await alarmOf(id)).toBe(expiry);
  await abortAllDurableObjects();
  expect(await deliveryOf(id)).toMatchObject({ state: "delivered" });
  setClock(expiry - 1);
  expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
  expect(await receivedAt(url)).toHaveLength(1);
});

describe("deleting", () => {
  test("ends an attempt under way, and the message that follows knows nothing of it", async () => {
    const url = endpointFor("hang");
    const id = await startWith({ url });
    await receivedAt(url, 1);
    await Promise.all([remove(id), start(prompt("simulated-6@0"), { id })]);
    await expect.poll(async () => (await receivedAt(url))[0]?.isLeft).toBe(true);
    await ended(id);
    expect(await deliveryOf(id)).toBeNull();
    expect(await receivedAt(url)).toHaveLength(1);
  });

  test("what still runs tells nobody", async () => {
    const url = endpointFor("200");
    const playing = prepare(anthropicText(["Once", { gate: "never" }]));
    await start({ ...playing.body, webhook: { url } }, { id: playing.id });
    await (await observe("sse", playing.id)).take(3);
    await remove(playing.id);
    await playing.aborted();
    expect(await receivedAt(url)).toEqual([]);
    expect(said().filter((line) => line.includes("webhook"))).toEqual([]);
  });
});

describe("where it may go:", () => {
  test("not to a host that is not public any more, however it was when it was started", async () => {
    const url = endpointFor("200");
    const id = uniqueId();
    await runInDurableObject(objectOf(id), (instance) =>
      Reflect.set(instance, "env", { ...env, ALLOWED_HOSTS: "" }),
    );
    await start({ ...prompt("simulated-5@0"), webhook: { url } }, { id });
    expect(await attempted(id, 1, null)).toMatchObject({ state: "failed" });
    expect(await receivedAt(url)).toEqual([]);
  });

  test.for(["/v1/messages/async", "/v1/messages", "/v1/messages/validate"])(
    "nowhere without a secret, and that is said at once: %s",
    async (path) => {
      const init = json({ ...prompt("simulated-5@0"), webhook: { url: endpointFor("200") } });
      const response = await under({ WEBHOOK_SECRET: "" }, "POST", path, init);
      const { error } = await refusal(response, 500, "api_error");
      expect(error.message).toMatch(/^Setting WEBHOOK_SECRET: .*not set/);
      const plain = await under(
        { WEBHOOK_SECRET: "" },
        "POST",
        path,
        json(prompt("simulated-5@0")),
      );
      expect(plain.status).toBe(200);
      await plain.text();
    },
  );
});

test("the address is told to nobody, and kept no longer than it is needed", async () => {
  const url = `${endpointFor("500", "200")}&token=hunter2`;
  const id = await startWith({ url });
  const delivery = await attempted(id, 1, 500);
  const kept = async () => JSON.stringify(await query(id, "SELECT * FROM message"));
  expect(await kept()).toContain("hunter2");
  await ring(id, delivery);
  await attempted(id, 2, 200);
  expect(await kept()).not.toContain("hunter2");
  const told = JSON.stringify([(await status(id)).body, await receivedAt(url), said()]);
  expect(told).toContain('"event\\":\\"webhook');
  for (const secret of ["hunter2", ...SECRETS]) expect(told).not.toContain(secret);
});

test("a message without a webhook has no delivery, and costs no alarm", async () => {
  const { id } = await play(anthropicText(["all"]));
  const { completed_at, metadata } = await ended(id);
  expect(metadata.webhook).toBeNull();
  expect(await alarmOf(id)).toBe(Date.parse(completed_at ?? "") + 24 * HOUR);
});
