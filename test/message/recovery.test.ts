// How a run that was lost goes on, as a table; and a sequel, event by event.

import { expect, test } from "vitest";
import { planRecovery, withPrefill } from "../../src/message/recovery.ts";
import { createSequel } from "../../src/message/sequel.ts";
import { type ContentBlock, type StreamEvent, toOutgoing } from "../../src/protocol/event.ts";
import { NOTHING_YET, type Progress } from "../../src/protocol/progress.ts";
import { parseMessageRequest } from "../../src/protocol/request.ts";
import { emptyMessage } from "../../src/protocol/snapshot.ts";

const started: Progress = { ...NOTHING_YET, started: true };
const text: ContentBlock[] = [{ type: "text", text: "Once upon " }];
const thought: ContentBlock[] = [{ type: "thinking", thinking: "hm" }, ...text];
const call: ContentBlock[] = [...text, { type: "tool_use", id: "a", name: "b", input: {} }];

test.for<[string, Progress, ContentBlock[], "continue" | "restart" | "fail", boolean, object]>([
  ["nothing was shown", NOTHING_YET, [], "continue", false, { mode: "again" }],
  ["nothing was shown", NOTHING_YET, [], "fail", false, { mode: "again" }],
  [
    "all but the end was shown",
    { ...started, concluded: true },
    text,
    "fail",
    false,
    { mode: "finish" },
  ],
  ["text, and nobody can go on", started, text, "continue", false, { mode: "give_up" }],
  [
    "text, and a route can go on",
    started,
    text,
    "continue",
    true,
    { mode: "continue", text: "Once upon " },
  ],
  [
    "thought and text",
    started,
    thought,
    "continue",
    true,
    { mode: "continue", text: "Once upon " },
  ],
  ["a call", started, call, "continue", true, { mode: "give_up" }],
  ["text, to be said anew", started, text, "restart", true, { mode: "restart" }],
  ["a call, to be made anew", started, call, "restart", false, { mode: "restart" }],
  ["text, to be left", started, text, "fail", true, { mode: "give_up" }],
])("%s", ([, progress, content, onInterrupt, continuable, plan]) => {
  const message = { ...emptyMessage("m", "x"), content };
  expect(planRecovery({ progress, message, onInterrupt, continuable })).toEqual(plan);
});

test.for<[string, number | undefined, number, object[], number | undefined]>([
  ["Once upon ", 100, 2, [{ role: "assistant", content: "Once upon" }], 98],
  ["Once", 1, 5, [{ role: "assistant", content: "Once" }], 1],
  ["Once", undefined, 5, [{ role: "assistant", content: "Once" }], undefined],
  [" \n", 100, 2, [], 100],
])("%j becomes the last message", ([said, max_tokens, tokens, added, left]) => {
  const asked = { messages: [{ role: "user", content: "Hi" }], max_tokens };
  const parsed = parseMessageRequest(asked);
  if (!parsed.ok) throw new Error("not a request");
  const request = withPrefill(parsed.request, said, tokens);
  expect(request.messages.slice(1)).toEqual(added);
  expect(request.max_tokens).toBe(left);
});

const block = (index: number): StreamEvent => ({
  type: "content_block_start",
  index,
  content_block: { type: "text", text: "" },
});
const piece = (index: number, said: string): StreamEvent => ({
  type: "content_block_delta",
  index,
  delta: { type: "text_delta", text: said },
});

test("a sequel has no start, goes on counting, and repeats nothing", () => {
  const progress: Progress = {
    ...started,
    nextIndex: 2,
    deltas: 5,
    usage: { input_tokens: 10, output_tokens: 1 },
  };
  const rewrite = createSequel(progress, "Once upon \n");
  const usage = { input_tokens: 15, output_tokens: 0, cache_read_input_tokens: 3 };
  const message = { ...emptyMessage("m", "x"), usage };
  const events: StreamEvent[] = [
    { type: "message_start", message },
    block(0),
    piece(0, " "),
    piece(0, "\n a "),
    piece(0, " time"),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 4 },
    },
    { type: "message_stop" },
  ];
  const rewritten = rewrite(events.map(toOutgoing));
  expect(rewritten.map(({ event }) => event)).toEqual([
    block(2),
    piece(2, ""),
    piece(2, " a "),
    piece(2, " time"),
    { type: "content_block_stop", index: 2 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { input_tokens: 25, output_tokens: 9, cache_read_input_tokens: 3 },
    },
    { type: "message_stop" },
  ]);
  for (const { event, data } of rewritten) expect(JSON.parse(data)).toEqual(event);
});

test.for<[name: string, before: object, start: object, end: object, told: object]>([
  [
    "a count that the end leaves open stays",
    { input_tokens: 10, output_tokens: 4 },
    { input_tokens: 15, output_tokens: 0 },
    { input_tokens: null, output_tokens: 5, cache_read_input_tokens: null },
    { input_tokens: 25, output_tokens: 9 },
  ],
  [
    "counts within counts",
    {
      ...{ input_tokens: 10, output_tokens: 4, service_tier: "standard" },
      ...{ server_tool_use: { web_search_requests: 2 } },
      output_tokens_details: { thinking_tokens: 3 },
    },
    { input_tokens: 15, cache_creation: { ephemeral_5m_input_tokens: 7 }, service_tier: "batch" },
    { output_tokens: 5, output_tokens_details: { thinking_tokens: 1 }, server_tool_use: null },
    {
      ...{ input_tokens: 25, output_tokens: 9, service_tier: "batch" },
      ...{ server_tool_use: { web_search_requests: 2 } },
      cache_creation: { ephemeral_5m_input_tokens: 7 },
      output_tokens_details: { thinking_tokens: 4 },
    },
  ],
])("the usage of a sequel: %s", ([, before, start, end, told]) => {
  const progress = { ...started, counted: true, deltas: 0, usage: before } as Progress;
  const rewrite = createSequel(progress);
  const message = { ...emptyMessage("m", "x"), usage: start };
  const delta = { stop_reason: "end_turn", stop_sequence: null };
  const events = [
    { type: "message_start", message },
    { type: "message_delta", delta, usage: end },
  ] as StreamEvent[];
  expect(rewrite(events.map(toOutgoing)).map(({ event }) => event)).toEqual([
    { type: "message_delta", delta, usage: told },
  ]);
});
