// Pages over an event stream: each with word of where the reader then stands.

import { expect, test } from "vitest";
import { Batch } from "../../src/message/batch.ts";
import { createPageDialect } from "../../src/message/page-stream.ts";
import { EVENT_LIST } from "../../src/message/paged-log.ts";
import {
  cancel,
  ended,
  observe,
  prompt,
  remove,
  send,
  start,
  status,
  uniqueId,
} from "../support/client.ts";
import { toMessages } from "../support/fixtures.ts";
import { play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

const offset = (seq: number) => String(seq).padStart(16, "0");
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

const open = (id: string, from: string) => {
  return send("GET", `/v1/messages/async/${id}/events?offset=${from}&live=sse`);
};

/** A log that stands at `last`, and a reader that has everything up to `after`. */
function dialect(log: { last: number; isEnded: boolean }, after: number) {
  return createPageDialect(log, EVENT_LIST, after, () => "77");
}
const batch = (first: number, last: number) => {
  return new Batch(first, last, `id: ${last}\nevent: x\ndata: {"n": ${last}}\n\n`);
};

test("who has everything there is learns so at once", () => {
  const { preamble } = dialect({ last: 3, isEnded: false }, 3);
  expect(decode(preamble)).toBe(
    `event: control\ndata:{"streamNextOffset":"${offset(3)}","streamCursor":"77","upToDate":true}\n\n`,
  );
});

test("who has not is told what it misses, and where it then stands", () => {
  const log = { last: 5, isEnded: false };
  const { preamble, encode } = dialect(log, 3);
  expect(decode(preamble)).toBe("");
  expect(decode(encode(batch(4, 4)))).toBe(
    'event: data\ndata:[{"id":4,"event":"x","data":{"n": 4}}]\n\n' +
      `event: control\ndata:{"streamNextOffset":"${offset(4)}","streamCursor":"77"}\n\n`,
  );
  expect(decode(encode(batch(5, 5)))).toContain('"upToDate":true');
});

test("the end is told once: with the last entry, or alone where there is none", () => {
  const closing = `event: control\ndata:{"streamNextOffset":"${offset(5)}","streamClosed":true,"upToDate":true}\n\n`;
  const log = { last: 5, isEnded: true };
  const one = dialect(log, 4);
  expect(decode(one.encode(batch(5, 5)))).toMatch(/^event: data\n/);
  expect(one.farewell?.()).toBeUndefined();
  const other = dialect(log, 5);
  expect([decode(other.preamble), decode(other.farewell?.())]).toEqual(["", closing]);
});

test("over HTTP: an event stream that nobody keeps, the same entries, and the end", async () => {
  const id = uniqueId();
  await start(prompt("simulated-5@0"), { id });
  await ended(id);
  const log = await (await observe("sse", id)).rest();
  const response = await open(id, offset(2));
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(response.headers.get("cache-control")).toContain("no-store");
  const [page, control, ...more] = toMessages(
    (await response.text()).replaceAll("data:", "data: "),
  );
  expect(JSON.parse(page?.data ?? "")).toEqual(
    log.slice(2).map(({ id, event, data }) => ({ id, event, data: JSON.parse(data) })),
  );
  expect(JSON.parse(control?.data ?? "")).toEqual({
    streamNextOffset: offset(log.length),
    streamClosed: true,
    upToDate: true,
  });
  expect(more).toEqual([]);
});

test("a reader at the end is told so, and let go", async () => {
  const id = uniqueId();
  await start(prompt("simulated-5@0"), { id });
  await ended(id);
  const text = await (await open(id, "now")).text();
  expect(text).toMatch(/^event: control\ndata:\{.*"streamClosed":true.*\}\n\n$/);
});

test("a live reader sees the last words of a message that is cancelled", async () => {
  const { id } = await play([...anthropicText(["a"]).slice(0, 3), { gate: "never" }]);
  await (await observe("sse", id)).take(3);
  const response = await open(id, "now");
  await cancel(id);
  const told = await response.text();
  expect(told).toContain('"stop_reason":"cancelled"');
  expect(told).toMatch(/"streamClosed":true,"upToDate":true\}\n\n$/);
  expect((await status(id)).body.metadata.observers).toBe(0);
});

test("a reader of a message that is deleted sees its end", async () => {
  const { id } = await play([{ gate: "never" }]);
  const response = await open(id, "-1");
  await remove(id);
  expect(await response.text()).toContain('"streamClosed":true');
});
