// `?from=snapshot`: a late joiner is told what was said, then what is being said, and misses nothing.

import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { EVENTS_TABLE, EventLog } from "../../src/message/log.ts";
import { Snapshots } from "../../src/message/snapshots.ts";
import type { LoggedEvent } from "../../src/protocol/event.ts";
import { emptyMessage, fold } from "../../src/protocol/snapshot.ts";
import {
  cancel,
  connect,
  ended,
  message,
  objectOf,
  observe,
  prompt,
  start,
  TRANSPORTS,
  uniqueId,
} from "../support/client.ts";
import { namesOf, parse, textOf } from "../support/laws.ts";
import type { Told } from "../support/observation.ts";
import { LINGER, play } from "../support/play.ts";
import { anthropicBlock, anthropicEnd, anthropicStart, anthropicText } from "../support/script.ts";

const SNAPSHOT = { query: "from=snapshot" };
/** Five events, a gate, five more. */
const HELD = anthropicText(["Once", " upon", " a", { gate: "on" }, " time", ",", " far"]);

function foldTold(told: readonly Told[]): unknown {
  const message = fold(emptyMessage("", ""), parse(told));
  return JSON.parse(JSON.stringify(message));
}

/** What is told says the same as the log does, at each of its events. */
function expectSame(told: readonly Told[], log: readonly Told[]): void {
  const ids = told.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
  for (const [at, { id }] of told.entries()) {
    expect(foldTold(told.slice(0, at + 1))).toEqual(foldTold(log.slice(0, id)));
  }
  expect(ids.at(-1)).toBe(log.length);
}

const wholeLog = async (id: string) => (await observe("sse", id)).rest();

describe.each(TRANSPORTS)("over %s", (transport) => {
  test("what was said comes at once, then each event as it is", async () => {
    const { id, open } = await play(HELD);
    await (await observe(transport, id)).take(5);
    const late = await observe(transport, id, SNAPSHOT);
    const snapshot = await late.take(3);
    expect(snapshot.map(({ id }) => id)).toEqual([1, 2, 5]);
    expect(textOf(snapshot)).toBe("Once upon a");
    await open("on");
    const live = await late.rest();
    const log = await wholeLog(id);
    expect(live).toEqual(log.slice(5));
    expectSame([...snapshot, ...live], log);
  });

  test("of a message that has ended: its blocks, and its end as it was", async () => {
    const blocks = [
      anthropicBlock(0, { type: "thinking", thinking: "", signature: "" }, [
        { type: "thinking_delta", thinking: "well" },
        { type: "thinking_delta", thinking: " now" },
        { type: "signature_delta", signature: "c2ln" },
      ]),
      anthropicBlock(1, { type: "server_tool_use", id: "srv_1", name: "look", input: {} }, [
        { type: "input_json_delta", partial_json: '{"a"' },
        { type: "input_json_delta", partial_json: ":[1]}" },
      ]),
      anthropicBlock(2, { type: "web_search_tool_result", tool_use_id: "srv_1", content: [] }, []),
    ];
    const { id } = await play([anthropicStart(), ...blocks.flat(), ...anthropicEnd()]);
    const log = await wholeLog(id);
    const observer = await observe(transport, id, SNAPSHOT);
    const told = await observer.rest();
    expect(await observer.ended).toMatchObject({ kind: "closed" });
    expect(told.map(({ id }) => id)).toEqual([1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14]);
    expectSame(told, log);
    expect(told.slice(-5)).toEqual(log.slice(-5));
  });

  test("of one that was cancelled", async () => {
    const { id } = await play(anthropicText(["Once", " upon", ...LINGER]));
    await (await observe(transport, id)).take(4);
    await cancel(id);
    const told = await (await observe(transport, id, SNAPSHOT)).rest();
    expect(namesOf(told.slice(3))).toEqual(["content_block_stop", "message_delta", "message_stop"]);
    expectSame(told, await wholeLog(id));
  });

  test("of one that failed", async () => {
    const { id } = await play([...anthropicText(["Once", " upon"]).slice(0, 4), { cut: true }]);
    await ended(id);
    const told = await (await observe(transport, id, SNAPSHOT)).rest();
    expect(namesOf(told.slice(3))).toEqual(["content_block_stop", "error"]);
    expectSame(told, await wholeLog(id));
  });

  test("before there is anything it waits for the first event", async () => {
    const { id, open } = await play([{ gate: "on" }, ...anthropicText(["all"])]);
    const observer = await observe(transport, id, SNAPSHOT);
    await open("on");
    expect(await observer.rest()).toEqual(await wholeLog(id));
  });

  test("cut off anywhere, it goes on from the last id, merged or not", async () => {
    const id = uniqueId();
    await start(prompt("simulated-30@0"), { id });
    await ended(id);
    const log = await wholeLog(id);
    const whole = await (await observe(transport, id, SNAPSHOT)).rest();
    expect(whole.length).toBeLessThan(10);
    for (const [at, { id: after }] of whole.slice(0, -1).entries()) {
      for (const query of ["", "from=snapshot"]) {
        const rest = await (await observe(transport, id, { after, query })).rest();
        expectSame([...whole.slice(0, at + 1), ...rest], log);
      }
    }
  });

  test("while it is being said, by ten who come when they like", async () => {
    const id = uniqueId();
    await start(prompt("simulated-400@400"), { id });
    const first = await observe(transport, id);
    const late = Array.from({ length: 10 }, async (_, n) => {
      const watch = await observe("sse", id);
      await watch.take(1 + n * 40);
      await watch.close();
      return (await observe(transport, id, SNAPSHOT)).rest();
    });
    const log = await first.rest();
    for (const told of await Promise.all(late)) {
      expect(foldTold(told)).toEqual(foldTold(log));
      expect(told.at(-1)).toEqual(log.at(-1));
    }
  });
});

test("a late joiner pays for what was said, not for how often: of 20,000 events under 2 %", async () => {
  // One letter each: of longer ones the words themselves would be more than that.
  const letters = Array.from({ length: 19_995 }, (_, n) => String.fromCharCode(97 + (n % 26)));
  const { id } = await play(anthropicText(letters));
  await ended(id);
  const size = async (query = "") => {
    return (await (await connect("sse", id, { query })).arrayBuffer()).byteLength;
  };
  const [replay, snapshot] = [await size(), await size("from=snapshot")];
  expect((await message(id)).body.content).toEqual([{ type: "text", text: letters.join("") }]);
  expect(snapshot / replay).toBeLessThan(0.02);
  expect((snapshot - letters.length) / replay).toBeLessThan(0.001);
});

describe("read from a log", () => {
  const delta = (seq: number, text: string): LoggedEvent => {
    const event = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } };
    return { seq, type: event.type, data: JSON.stringify(event) };
  };

  /** A log in an object of its own. */
  function inLog(use: (log: EventLog, snapshots: Snapshots) => void): Promise<void> {
    return runInDurableObject(objectOf(uniqueId()), (_, { storage }) => {
      storage.sql.exec(EVENTS_TABLE);
      const log = new EventLog(storage.sql);
      use(log, new Snapshots(log));
    });
  }

  test("nothing, where there is nothing", () =>
    inLog((log, snapshots) => {
      expect(snapshots.after(0)).toBeUndefined();
      log.append([delta(1, "a")]);
      expect(snapshots.after(1)).toBeUndefined();
    }));

  test("the same batch for all who come at once, and another when there is more", () =>
    inLog((log, snapshots) => {
      log.append([delta(1, "a"), delta(2, "b")]);
      const batch = snapshots.after(0);
      expect(snapshots.after(0)).toBe(batch);
      expect(snapshots.after(1)).not.toBe(batch);
      log.append([delta(3, "c")]);
      expect(snapshots.after(0)).toMatchObject({ first: 1, last: 3 });
    }));

  test("piece by piece, where it is long: each so that a slow reader can hold it", () =>
    inLog((log, snapshots) => {
      for (let seq = 0; seq < 6_000; seq += 100) {
        log.append(Array.from({ length: 100 }, (_, n) => delta(seq + n + 1, "x".repeat(1_000))));
      }
      let [after, length] = [0, 0];
      for (let batch = snapshots.after(0); batch; batch = snapshots.after(after)) {
        expect(batch.first).toBe(after + 1);
        expect(batch.text.length).toBeLessThan(600_000);
        after = batch.last;
        for (const { data } of batch.events) length += JSON.parse(data).delta.text.length;
      }
      expect([after, length]).toEqual([6_000, 6_000_000]);
    }));
});
