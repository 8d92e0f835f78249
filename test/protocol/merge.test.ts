// A log with its deltas merged, against the log itself.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LoggedEvent, StreamEvent } from "../../src/protocol/event.ts";
import { mergeDeltas } from "../../src/protocol/merge.ts";
import { emptyMessage, fold } from "../../src/protocol/snapshot.ts";
import { anyLog, recordedLogs } from "../support/logs.ts";

function toLog(events: readonly object[]): LoggedEvent[] {
  return events.map((event, at) => {
    return { seq: at + 1, type: (event as StreamEvent).type, data: JSON.stringify(event) };
  });
}

function foldLog(log: readonly LoggedEvent[]): unknown {
  const events = log.map(({ data }) => JSON.parse(data) as StreamEvent);
  return JSON.parse(JSON.stringify(fold(emptyMessage("msg_ours", "model"), events)));
}

const merge = (log: readonly LoggedEvent[]) => [...mergeDeltas(log)];

function delta(index: number, type: string, member: object): object {
  return { type: "content_block_delta", index, delta: { type, ...member } };
}
const text = (text: string, index = 0) => delta(index, "text_delta", { text });
const thought = (thinking: string) => delta(0, "thinking_delta", { thinking });
const input = (partial_json: string) => delta(0, "input_json_delta", { partial_json });
const signature = (signature: string) => delta(0, "signature_delta", { signature });
const citation = (n: number) => delta(0, "citations_delta", { citation: { n } });
const stop = { type: "content_block_stop", index: 0 };
const recovery = { type: "recovery", mode: "restart", after: 2, attempt: 2 };

describe("what comes of", () => {
  test.for<[name: string, before: object[], after: [seq: number, event: object][]]>([
    ["nothing", [], []],
    [
      "text",
      [text("a"), text("b"), text("c"), stop],
      [
        [3, text("abc")],
        [4, stop],
      ],
    ],
    [
      "thought and its signature",
      [thought("a"), thought("b"), signature("s"), stop],
      [
        [2, thought("ab")],
        [3, signature("s")],
        [4, stop],
      ],
    ],
    ["input", [input('{"a'), input('":1}')], [[2, input('{"a":1}')]]],
    [
      "text and what it cites",
      [citation(1), text("a"), text("b"), citation(2), citation(3), text("c")],
      [
        [1, citation(1)],
        [3, text("ab")],
        [4, citation(2)],
        [5, citation(3)],
        [6, text("c")],
      ],
    ],
    [
      "blocks side by side",
      [text("a"), text("b"), text("c", 1), text("d", 1), text("e")],
      [
        [2, text("ab")],
        [4, text("cd", 1)],
        [5, text("e")],
      ],
    ],
    [
      "text around a seam",
      [text("a"), text("b"), recovery, text("c"), text("d")],
      [
        [2, text("ab")],
        [3, recovery],
        [5, text("cd")],
      ],
    ],
  ])("%s", ([, before, after]) => {
    const expected = after.map(([seq, event]) => {
      return { seq, type: (event as StreamEvent).type, data: JSON.stringify(event) };
    });
    expect(merge(toLog(before))).toEqual(expected);
  });

  test("halves of a character", () => {
    expect(merge(toLog([text("\ud83d"), text("\ude00")]))).toEqual([
      { ...toLog([text("😀")])[0], seq: 2 },
    ]);
  });
});

test.for<[string, object]>([
  ["of a kind that is newer", delta(0, "novel_delta", { text: "a" })],
  ["that says more", delta(0, "text_delta", { text: "a", logprob: -1 })],
  ["of an event that says more", { ...text("a"), obfuscation: "xyz" }],
  ["called like what every object has", delta(0, "constructor", { name: "a" })],
])("a delta %s stays as it came, once for each", ([, event]) => {
  const log = toLog([event, event]);
  expect(merge(log)).toEqual(log);
});

test("a delta that has none beside it keeps its very text", () => {
  const data =
    '{ "type": "content_block_delta", "index": 0, "delta": {"type":"text_delta","text":"\\u0061"} }';
  const log = [{ seq: 1, type: "content_block_delta", data }];
  expect(merge(log)).toEqual(log);
});

test("a long run is cut into what a slow reader can hold", () => {
  const log = toLog(Array.from({ length: 1_000 }, () => text("x".repeat(1_000))));
  const merged = merge(log);
  expect(merged.length).toBeGreaterThan(1);
  for (const { data } of merged) expect(data.length).toBeLessThan(300_000);
  expect(merged.at(-1)?.seq).toBe(1_000);
  expect(foldLog(merged)).toEqual(foldLog(log));
});

/** What may stand anywhere after the start, and makes no difference to the message; or ends nothing. */
const aside = fc.constantFrom(
  recovery,
  { type: "brand_new", n: 1 },
  {
    type: "message_delta",
    delta: { stop_reason: null, stop_sequence: null },
    usage: { output_tokens: 3 },
  },
);
const anyLogAtAll = fc
  .tuple(anyLog, fc.array(fc.tuple(fc.nat(), aside), { maxLength: 4 }), fc.boolean())
  .map(([log, asides, fails]) => {
    const events: object[] = [...log];
    for (const [at, event] of asides) events.splice(1 + (at % events.length), 0, event);
    if (fails) events.splice(-2, 2, { type: "error", error: { type: "api_error", message: "no" } });
    return toLog(events);
  });

describe("at every position", () => {
  /** The events that are merged, then the others as they are. */
  function expectSameAt(log: LoggedEvent[], position: number): void {
    const merged = merge(log.slice(0, position));
    expect(merged.at(-1)?.seq ?? 0).toBe(position);
    expect(foldLog([...merged, ...log.slice(position)])).toEqual(foldLog(log));
    expect(foldLog(merged)).toEqual(foldLog(log.slice(0, position)));
  }

  test.for(recordedLogs)("of %s", ([, events]) => {
    const log = toLog(events);
    for (let position = 0; position <= log.length; position += 1) expectSameAt(log, position);
  });

  test("of any log", () => {
    fc.assert(
      fc.property(anyLogAtAll, (log) => {
        for (let position = 0; position <= log.length; position += 1) expectSameAt(log, position);
      }),
    );
  });

  test("of any log, the rest can be merged, and each id of it is a position to go on from", () => {
    fc.assert(
      fc.property(anyLogAtAll, fc.nat(), (log, from) => {
        const after = from % (log.length + 1);
        const told = log.slice(0, after);
        for (const event of mergeDeltas(log.slice(after))) {
          expect(event.seq).toBeGreaterThan(told.at(-1)?.seq ?? 0);
          told.push(event);
          expect(foldLog(told)).toEqual(foldLog(log.slice(0, event.seq)));
        }
        expect(told.at(-1)?.seq).toBe(log.at(-1)?.seq);
      }),
    );
  });
});
