// A message that nobody watches is written in few rows, and whoever asks finds all that was said. The
// tests' service would wait a minute by itself.

import { describe, expect, test } from "vitest";
import { message, observe, send, start, status, TRANSPORTS, uniqueId } from "../support/client.ts";
import { expectWhole, textOf } from "../support/laws.ts";
import { play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";
import { query } from "../support/storage.ts";

/** 40 deltas, one every 10 ms. */
const PACED = { model: "simulated-40@100", messages: [{ role: "user", content: "Hello" }] };

/** Looks into storage: to ask for the status would be to want to know. */
async function untilStored(id: string): Promise<number> {
  const isOver = () => query(id, "SELECT 1 FROM message WHERE state LIKE '%completed%'");
  await expect.poll(async () => (await isOver()).length, { interval: 20 }).toBe(1);
  return (await query(id, "SELECT 1 FROM events")).length;
}

test("few rows for whom nobody watches, and the same events", async () => {
  const [watched, unwatched] = [uniqueId(), uniqueId()];
  await start(PACED, { id: watched });
  const log = await (await observe("sse", watched)).rest();
  await start(PACED, { id: unwatched });
  expect(await untilStored(unwatched)).toBeLessThanOrEqual(5);
  const late = await (await observe("sse", unwatched)).rest();
  expectWhole(late);
  expect(textOf(late)).toBe(textOf(log));
});

test("for whom somebody watches, what comes alone has a row of its own", async () => {
  const gates = Array.from({ length: 10 }, (_, n) => `${n}`);
  const { id, open } = await play(anthropicText(gates.flatMap((gate) => [gate, { gate }])));
  const observer = await observe("sse", id);
  await observer.take(2);
  for (const gate of gates) {
    expect(textOf(await observer.take(1))).toBe(gate);
    await open(gate);
  }
  expectWhole(await observer.rest(), 12);
  expect(await untilStored(id)).toBeGreaterThan(gates.length);
});

describe("whoever asks", () => {
  // message_start, the block's start, and three deltas, two of which wait for their time.
  const SAID = 5;
  const pieces = ["Once", { wait: 50 }, " upon", { wait: 10 }, " a", { gate: "end" }, " time"];

  test.for<[string, (id: string) => Promise<unknown>, unknown]>([
    ["its status", async (id) => (await status(id)).body.metadata.last_event_id, SAID],
    ["the message", async (id) => textAndStatus(id), ["Once upon a", "processing"]],
    ["a page", async (id) => (await (await page(id)).json<unknown[]>()).length, SAID],
  ])("for %s finds what has been said", async ([, ask, answer]) => {
    const playing = await play(anthropicText(pieces));
    await expect.poll(() => ask(playing.id), { interval: 20 }).toEqual(answer);
    await playing.open("end");
  });

  test.for(TRANSPORTS)("to watch over %s finds it", async (transport) => {
    const playing = await play(anthropicText(pieces));
    const first = () => query(playing.id, "SELECT 1 FROM events");
    await expect.poll(async () => (await first()).length, { interval: 20 }).toBeGreaterThan(1);
    const observer = await observe(transport, playing.id);
    expect(textOf(await observer.take(SAID))).toBe("Once upon a");
    await playing.open("end");
    expect(textOf(await observer.rest())).toBe(" time");
  });
});

async function textAndStatus(id: string) {
  const { content, status } = (await message(id)).body;
  return [content[0]?.text, status];
}

function page(id: string): Promise<Response> {
  return send("GET", `/v1/messages/async/${id}/events?offset=-1`);
}
