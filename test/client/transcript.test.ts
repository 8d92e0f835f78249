// That joined deltas amount to the message that all of them amount to.

import { expect, test } from "vitest";
import { Transcript } from "../../src/client/transcript.ts";
import type { ContentBlock, Delta, StreamEvent } from "../../src/protocol/event.ts";
import { emptyMessage, fold } from "../../src/protocol/snapshot.ts";

const ID = "msg_1";
const start: StreamEvent = { type: "message_start", message: emptyMessage(ID, "m") };

function block(index: number, content_block: ContentBlock, ...deltas: Delta[]): StreamEvent[] {
  return [
    { type: "content_block_start", index, content_block },
    ...deltas.map((delta): StreamEvent => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

const text = (text: string): Delta => ({ type: "text_delta", text });
const thinking = (thinking: string): Delta => ({ type: "thinking_delta", thinking });
const json = (partial_json: string): Delta => ({ type: "input_json_delta", partial_json });
const cite = (citation: unknown): Delta => ({ type: "citations_delta", citation });

const LOG: StreamEvent[] = [
  start,
  ...block(
    0,
    { type: "thinking", thinking: "" },
    thinking("Let "),
    thinking("me "),
    { type: "signature_delta", signature: "a" },
    { type: "signature_delta", signature: "b" },
  ),
  ...block(
    1,
    { type: "text", text: "So" },
    text(" it"),
    cite(1),
    cite(2),
    text(" goes"),
    text("."),
  ),
  { type: "recovery", mode: "continue", after: 9, attempt: 2 },
  ...block(2, { type: "text", text: "" }, text("On"), text("ward")),
  ...block(3, { type: "tool_use", id: "t", name: "n", input: {} }, json('{"a": '), json('"b"}')),
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: {} },
  { type: "message_stop" },
];

function foldWithTranscript(events: readonly StreamEvent[]) {
  const transcript = new Transcript();
  for (const event of events) transcript.add(event);
  return transcript.toMessage();
}

test("at every point, the same message", () => {
  expect(foldWithTranscript([])).toBeUndefined();
  for (let length = 1; length <= LOG.length; length += 1) {
    const events = structuredClone(LOG.slice(0, length));
    const folded = fold(emptyMessage(ID, ""), structuredClone(events));
    expect(foldWithTranscript(events)).toEqual(folded);
    expect(events).toEqual(LOG.slice(0, length)); // they are the caller's
  }
});

test("deltas of blocks that are open side by side stay apart", () => {
  const open = (index: number): StreamEvent => ({
    type: "content_block_start",
    index,
    content_block: { type: "text", text: "" },
  });
  const said = (index: number, piece: string): StreamEvent => ({
    type: "content_block_delta",
    index,
    delta: text(piece),
  });
  const events = [start, open(0), open(1), said(0, "a"), said(1, "x"), said(0, "b"), said(0, "c")];
  const message = foldWithTranscript(events);
  expect(message?.content.map((block) => block.text)).toEqual(["abc", "x"]);
});
