import { expect, test } from "vitest";
import type { StreamEvent } from "../../src/protocol/event.ts";
import {
  advance,
  closeBlocks,
  NOTHING_YET,
  type Progress,
  usageSoFar,
} from "../../src/protocol/progress.ts";
import { emptyMessage } from "../../src/protocol/snapshot.ts";

const start: StreamEvent = { type: "message_start", message: emptyMessage("m", "x") };
const block = (index: number): StreamEvent => ({
  type: "content_block_start",
  index,
  content_block: { type: "text", text: "" },
});
const text = (index: number): StreamEvent => ({
  type: "content_block_delta",
  index,
  delta: { type: "text_delta", text: "a" },
});
const end = (index: number): StreamEvent => ({ type: "content_block_stop", index });
const conclusion: StreamEvent = {
  type: "message_delta",
  delta: { stop_reason: "end_turn", stop_sequence: null },
  usage: { output_tokens: 7 },
};
const stop: StreamEvent = { type: "message_stop" };
const newer = { type: "brand_new" } as unknown as StreamEvent;
const unspeakable = { type: "a\nid: 7" } as unknown as StreamEvent;

const ends = (stop_reason: unknown) =>
  ({ ...conclusion, delta: { stop_reason } }) as unknown as StreamEvent;
const counts = (tier: string): StreamEvent => ({ ...conclusion, usage: { tier } });
const boast = (tier: string): StreamEvent => {
  const message = emptyMessage("m", "x");
  return { type: "message_start", message: { ...message, usage: { ...message.usage, tier } } };
};

/** The progress after `events`, or what is wrong with the first that cannot come. */
function play(events: StreamEvent[]): Progress | string {
  let progress: Progress = NOTHING_YET;
  for (const event of events) {
    const after = advance(progress, event);
    if (typeof after === "string") return after;
    progress = after;
  }
  return progress;
}

test.for<[string, StreamEvent[], string]>([
  ["a delta first", [text(0)], "content_block_delta before message_start"],
  ["an end first", [stop], "message_stop before message_start"],
  ["two starts", [start, start], "a second message_start"],
  ["a block out of turn", [start, block(1)], "block 1 began where 0 was due"],
  ["a block twice", [start, block(0), block(0)], "block 0 began where 1 was due"],
  ["a delta for no block", [start, text(0)], "a delta for block 0, not open"],
  ["a delta too late", [start, block(0), end(0), text(0)], "a delta for block 0, not open"],
  ["an end too many", [start, block(0), end(0), end(0)], "the end of block 0, not open"],
  ["an end without a reason", [start, stop], "message_stop before message_delta"],
  ["a reason of a megabyte", [start, ends("x".repeat(1e6))], "message_delta without what it tells"],
  ["a reason that is no text", [start, ends({})], "message_delta without what it tells"],
  ["usage of a megabyte", [start, counts("x".repeat(1e6))], "message_delta with too much usage"],
  [
    "usage that adds up to so much",
    [start, counts("x".repeat(4e4)), { ...conclusion, usage: { other: "x".repeat(4e4) } }],
    "message_delta with too much usage",
  ],
  ["a start with such usage", [boast("x".repeat(1e6))], "message_start with too much usage"],
  [
    "a name that would break a frame",
    [start, unspeakable],
    "an event has a name that is not a word",
  ],
])("%s is refused", ([, events, why]) => {
  expect(play(events)).toBe(why);
});

test("blocks may overlap, and newer events pass", () => {
  const progress = play([start, block(0), newer, block(1), text(0), text(1), end(0)]) as Progress;
  expect(progress).toMatchObject({ nextIndex: 2, open: [1], deltas: 2, concluded: false });
  expect(closeBlocks(progress)).toEqual([end(1)]);
});

test("tokens are what came, until the upstream has counted", () => {
  const before = play([start, block(0), text(0), text(0)]) as Progress;
  expect(usageSoFar(before).output_tokens).toBe(2);
  const after = play([start, block(0), text(0), text(0), end(0), conclusion]) as Progress;
  expect(usageSoFar(after).output_tokens).toBe(7);
});
