// What is stored, in which pieces, and for how long.

import { abortAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import { cancel, ended, observe, prompt, start, status, uniqueId } from "../support/client.ts";
import { expectWhole, textOf } from "../support/laws.ts";
import { play, prepare } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";
import { query } from "../support/storage.ts";

/** What a value of SQLite holds (https://developers.cloudflare.com/durable-objects/platform/limits/). */
const MAX_VALUE_BYTES = 2_000_000;

const bytesOf = (id: string, table: string) =>
  query<{ bytes: number }>(id, `SELECT length(CAST(text AS BLOB)) AS bytes FROM ${table}`);

test.for<[string, string]>([
  ["20 MiB of ASCII", "x".repeat(20 * 1024 ** 2)],
  ["20 MiB of what takes three bytes", "語".repeat((20 * 1024 ** 2) / 3)],
  ["20 MiB of what takes four", "😀".repeat((20 * 1024 ** 2) / 4)],
])("a long request is kept in pieces, and sent whole: %s", async ([, text]) => {
  const { id, body, requested, open } = prepare([{ gate: "on" }, ...anthropicText(["read"])]);
  const messages = [{ role: "user", content: text }, ...body.messages];
  expect((await start({ ...body, messages }, { id })).code).toBe(200);
  const rows = await bytesOf(id, "request");
  expect(rows.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(20 * 1024 ** 2 - 3);
  for (const { bytes } of rows) expect(bytes).toBeLessThanOrEqual(MAX_VALUE_BYTES);
  await open("on");
  expect((await ended(id)).status).toBe("completed");
  expect(await bytesOf(id, "request")).toEqual([]);
  const [seen] = (await requested()).requests;
  expect(seen?.body.messages).toEqual(messages);
});

test("a long request started twice is one message", async () => {
  const id = uniqueId();
  const body = prompt("simulated-5@0", "x".repeat(9 * 1024 ** 2));
  const replies = await Promise.all([start(body, { id }), start(body, { id })]);
  expect(replies.map(({ code }) => code)).toEqual([200, 200]);
  expect(await ended(id)).toMatchObject({ status: "completed", metadata: { attempts: 1 } });
});

test.for<[string, object, (id: string) => Promise<unknown>]>([
  ["completed", prompt("simulated-5@0"), ended],
  ["error", prompt("simulated-6@0!error"), ended],
  ["cancelled", prompt("simulated-5@0+9000ms"), cancel],
  [
    "error",
    prompt("simulated-50@10"),
    async (id) => {
      await (await observe("sse", id)).take(3);
      await abortAllDurableObjects();
      return status(id);
    },
  ],
])("what was asked is forgotten with the end: %s", async ([end, body, finish]) => {
  const id = uniqueId();
  await start({ ...body, system: "hush" }, { id });
  await finish(id);
  expect((await status(id)).body.status).toBe(end);
  const tables = await Promise.all(
    ["message", "request", "events"].map((table) => query(id, `SELECT * FROM ${table}`)),
  );
  expect(tables[1]).toEqual([]);
  expect(JSON.stringify(tables)).not.toContain("hush");
});

test("an event longer than a row is written in pieces and told whole", async () => {
  const long = "語😀".repeat(700_000); // 2.1 million units, 4.9 MB
  const { id } = await play(anthropicText(["a", long, "b"]));
  const log = await (await observe("sse", id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe(`a${long}b`);
  const rows = await bytesOf(id, "events");
  for (const { bytes } of rows) expect(bytes).toBeLessThanOrEqual(MAX_VALUE_BYTES);
  await abortAllDurableObjects();
  for (const { id: after } of log.slice(0, -1)) {
    expect(await (await observe("websocket", id, { after })).rest()).toEqual(log.slice(after));
  }
});

test("events that come faster than the floor between writes share rows", async () => {
  const id = uniqueId();
  // Four times the pace of 100/s, at a quarter of the default floor of 20 ms: the tests' is 5 ms.
  await start(prompt("simulated-400@400"), { id });
  const { metadata } = await ended(id);
  const [written] = await query<{ n: number }>(id, "SELECT count(*) AS n FROM events");
  const BESIDES = 6; // the first event, the first text, the end of a block, the end
  expect(metadata.last_event_id).toBe(405);
  expect(written?.n).toBeLessThanOrEqual(Number(metadata.duration_ms) / 5 + BESIDES);
});
