// Watching a message: from any position, by many, coming and going. One suite, over each transport.

import { describe, expect, test } from "vitest";
import {
  connect,
  ended,
  type From,
  observe,
  prompt,
  type Refusal,
  start,
  status,
  TRANSPORTS,
  uniqueId,
} from "../support/client.ts";
import { expectInOrder, expectWhole, textOf } from "../support/laws.ts";
import type { Told } from "../support/observation.ts";
import { play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);

async function finished(): Promise<string> {
  const id = uniqueId();
  await start(prompt("simulated-5@0"), { id });
  await ended(id);
  return id;
}

describe.each(TRANSPORTS)("over %s", (transport) => {
  test("from every position of a running message, the rest and what follows", async () => {
    const { id, open } = await play(HELD);
    const whole = await observe(transport, id);
    const begun = await whole.take(3);
    const from = [0, 1, 2, 3];
    const observers = await Promise.all(from.map((after) => observe(transport, id, { after })));
    for (const [after, observer] of observers.entries()) {
      expect(await observer.take(3 - after)).toEqual(begun.slice(after));
    }
    await open("on");
    const rest = await whole.rest();
    expectWhole(rest, 3);
    for (const observer of observers) expect(await observer.rest()).toEqual(rest);
  });

  test("fifty at once, coming and going, each see all of it once and in order", async () => {
    const id = uniqueId();
    await start(prompt("simulated-300@300"), { id });
    const wanderers = Array.from({ length: 50 }, async (_, n) => {
      const log: Told[] = [];
      for (let stay = 1 + n; log.at(-1)?.event !== "message_stop"; stay += 7) {
        const observer = await observe(transport, id, { after: log.length });
        for (let told = 0; told < stay; told += 1) {
          const next = await observer.next();
          if (!next) break;
          log.push(next);
        }
        await observer.close();
      }
      return log;
    });
    const [log, ...others] = await Promise.all([
      (await observe(transport, id)).rest(),
      ...wanderers,
    ]);
    expect(log).toHaveLength(305);
    expectWhole(log);
    for (const other of others) expect(other).toEqual(log);
  });

  test("what came before is told before what comes, however much that is", async () => {
    const id = uniqueId();
    await start(prompt("simulated-20000@0"), { id });
    const first = await observe(transport, id);
    await first.take(5_000);
    const late = await observe(transport, id);
    const log = await late.rest();
    expect(log).toHaveLength(20_005);
    expectWhole(log);
    expect(await first.rest()).toEqual(log.slice(5_000));
  });

  test("every character arrives as it was sent", async () => {
    const text = 'ä€😀 \u2028 "\\" \0 \u0085 \ufeff\n\nid: 7\ndata: {}\r\n\r\n';
    const { id } = await play(anthropicText([text, ...text]));
    expect(textOf(await (await observe(transport, id)).rest())).toBe(text + text);
  });

  test("an event newer than this service is passed on as it came", async () => {
    const data = '{ "type": "brand-new.event", "n": 1.0, "of": ["a",  {}] }';
    const steps = anthropicText(["a", "b"]).toSpliced(3, 0, { send: `data: ${data}\n\n` });
    const { id } = await play(steps);
    const log = await (await observe(transport, id)).rest();
    expectWhole(log);
    expect(log[3]).toEqual({ id: 4, event: "brand-new.event", data });
  });

  test("`from=now` tells only what happens next", async () => {
    const { id, open } = await play(HELD);
    await (await observe(transport, id)).take(3);
    const observer = await observe(transport, id, { query: "from=now" });
    await open("on");
    expectWhole(await observer.rest(), 3);
  });

  test("one that leaves is no longer counted", async () => {
    const { id } = await play(HELD);
    const observers = await Promise.all([1, 2, 3].map(() => observe(transport, id)));
    await Promise.all(observers.map((observer) => observer.take(3)));
    expect((await status(id)).body.metadata.observers).toBe(3);
    await observers[1]?.close();
    await expect
      .poll(async () => (await status(id)).body.metadata.observers, { interval: 5 })
      .toBe(2);
  });

  test.for<[string, From, number]>([
    ["nothing said", {}, 0],
    ["the beginning", { after: 0 }, 0],
    ["a header", { after: 4 }, 4],
    ["an empty header", { after: "" }, 0],
    ["a query", { query: "starting_after=5" }, 5],
    ["a header before a query", { after: 6, query: "starting_after=2" }, 6],
    ["a query before `from`", { query: "from=now&starting_after=2" }, 2],
  ])("position: %s", async ([, from, after]) => {
    const id = await finished();
    const log = await (await observe(transport, id, from)).rest();
    expectWhole(log, after);
    expect(log).toHaveLength(10 - after);
  });

  test.for<[From, string[]]>([
    [{ after: 11 }, ["header", "last-event-id"]],
    [{ after: "x" }, ["header", "last-event-id"]],
    [{ after: "x", query: "starting_after=3" }, ["header", "last-event-id"]],
    [{ query: "starting_after=11" }, ["query", "starting_after"]],
    [{ query: "starting_after=-1" }, ["query", "starting_after"]],
    [{ query: "starting_after=1.5" }, ["query", "starting_after"]],
    [{ query: "starting_after=" }, ["query", "starting_after"]],
    [{ query: "starting_after=99999999999999999999" }, ["query", "starting_after"]],
    [{ query: "from=then" }, ["query", "from"]],
  ])("no position: %j", async ([from, loc]) => {
    const response = await connect(transport, await finished(), from);
    expect(response.status).toBe(422);
    const { error, detail } = (await response.json()) as Refusal;
    expect(error.type).toBe("invalid_request_error");
    expect(detail).toEqual([{ loc, msg: expect.any(String), type: expect.any(String) }]);
  });

  test("a position that a running message has not reached is refused", async () => {
    const { id } = await play(HELD);
    await (await observe(transport, id)).take(3);
    expect((await connect(transport, id, { after: 4 })).status).toBe(422);
  });

  test("a message that never was is not found", async () => {
    const response = await connect(transport, uniqueId());
    expect([response.status, response.webSocket ?? null]).toEqual([404, null]);
    expect(((await response.json()) as Refusal).error.type).toBe("not_found_error");
  });
});

test("observers over both transports see each other's message alike, live and replayed", async () => {
  const { id, open } = await play(HELD);
  const live = await Promise.all(TRANSPORTS.map((transport) => observe(transport, id)));
  await Promise.all(live.map((observer) => observer.take(3)));
  await open("on");
  const [sse = [], socket] = await Promise.all(live.map((observer) => observer.rest()));
  expectInOrder(sse, 3);
  expect(socket).toEqual(sse);
  for (const transport of TRANSPORTS) {
    expect(await (await observe(transport, id, { after: 3 })).rest()).toEqual(sse);
  }
});
