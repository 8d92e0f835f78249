// What is hidden of events, and what of them stays: as a table, and over any log.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LoggedEvent, StreamEvent } from "../../src/protocol/event.ts";
import { hideLogged, hideParts, PARTS, type Part } from "../../src/protocol/hiding.ts";
import { emptyMessage, fold } from "../../src/protocol/snapshot.ts";
import { findOffence, foldWithBetaSdk, foldWithSdk } from "../support/folding.ts";

const EMPTY = emptyMessage("msg_ours", "model");
const SECRET = "hunter2";

const starting = (content_block: object) =>
  ({ type: "content_block_start", index: 0, content_block }) as StreamEvent;
const going = (delta: object) =>
  ({ type: "content_block_delta", index: 0, delta }) as unknown as StreamEvent;

const call = (type: string, input: object) => ({ type, id: "t", name: "look", input });

type Row = [what: string, part: Part, before: StreamEvent, after: StreamEvent];

const HIDDEN: Row[] = [
  ...(
    [
      ["thinking", { type: "thinking", thinking: SECRET }, { thinking: "", signature: "" }],
      ["thinking, redacted", { type: "redacted_thinking", data: SECRET }, { data: "" }],
      ["thinking of a kind to come", { type: "thinking_summary", summary: SECRET }, {}],
    ] as const
  ).map(([what, block, left]): Row => {
    return [what, "thinking", starting(block), starting({ type: block.type, ...left })];
  }),
  ...["tool_use", "server_tool_use", "mcp_tool_use"].map((type): Row => {
    const [before, after] = [call(type, { where: SECRET }), call(type, {})];
    return [`input of ${type}`, "tool_input", starting(before), starting(after)];
  }),
  ...(
    [
      ["thinking", { type: "thinking_delta", thinking: SECRET, more: SECRET }, { thinking: "" }],
      ["thinking", { type: "signature_delta", signature: SECRET }, { signature: "" }],
      ["thinking", { type: "thinking_summary_delta", summary: SECRET }, {}],
      ["tool_input", { type: "input_json_delta", partial_json: SECRET }, { partial_json: "" }],
      ["tool_input", { type: "input_text_delta", text: SECRET }, {}],
    ] as const
  ).map(([part, delta, left]): Row => {
    return [delta.type, part, going(delta), going({ type: delta.type, ...left })];
  }),
  [
    "what a message begins with",
    "thinking",
    {
      type: "message_start",
      message: { ...EMPTY, content: [{ type: "thinking", thinking: SECRET }] },
    },
    {
      type: "message_start",
      message: { ...EMPTY, content: [{ type: "thinking", thinking: "", signature: "" }] },
    },
  ],
];

test.for(HIDDEN)("%s is hidden with `%s` alone", ([, part, before, after]) => {
  const untouched = structuredClone(before);
  expect(hideParts(before, [part])).toEqual(after);
  expect(hideParts(before, PARTS)).toEqual(after);
  expect(hideParts(before, [])).toBe(before);
  for (const other of PARTS) {
    if (other !== part) expect(hideParts(before, [other])).toEqual(before);
  }
  expect(before).toEqual(untouched);
});

const SHOWN: object[] = [
  { type: "message_start", message: EMPTY },
  { type: "message_start", message: { id: "a" } },
  starting({ type: "text", text: "a" }),
  starting({ type: "tool_result", content: "a" }),
  going({ type: "text_delta", text: "thinking" }),
  going({ type: "citations_delta", citation: {} }),
  going({ type: "constructor" }),
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: {} },
  { type: "message_stop" },
  { type: "error", error: { type: "api_error", message: "thinking" } },
  { type: "recovery", mode: "continue", after: 1, attempt: 2 },
  { type: "thinking_about_it", thinking: 1 },
];

test.for(SHOWN)("the very same is told of %j, to the byte", (event) => {
  expect(hideParts(event as StreamEvent, PARTS)).toBe(event);
  const data = JSON.stringify(event, null, 1).replaceAll("\n", " ");
  const logged: LoggedEvent = { seq: 3, type: "any", data };
  expect(hideLogged(logged, PARTS)).toBe(logged);
});

test("what is no block stays as it is", () => {
  const message = { ...EMPTY, content: [null, 5, {}] };
  const event = { type: "message_start", message } as unknown as StreamEvent;
  expect(hideParts(event, PARTS)).toEqual(event);
});

test("an event of a log keeps its place and its name", () => {
  const data = JSON.stringify(going({ type: "thinking_delta", thinking: SECRET }));
  const hidden = hideLogged({ seq: 3, type: "content_block_delta", data }, ["thinking"]);
  expect(hidden).toEqual({
    seq: 3,
    type: "content_block_delta",
    data: '{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":""}}',
  });
});

describe("of any log", () => {
  const thought = `${SECRET}-thought`;
  const input = `${SECRET}-input`;
  const json = JSON.stringify({ where: input });

  /** A block, all of whose hidden parts are marked, and what it is without any. */
  const block = fc.oneof(
    fc.record({
      start: fc.constant({ type: "text", text: "" }),
      deltas: fc.array(fc.constant({ type: "text_delta", text: "shown" }), { maxLength: 3 }),
    }),
    fc.record({
      start: fc.constantFrom("", thought).map((thinking) => {
        return { type: "thinking", thinking, signature: "" };
      }),
      deltas: fc.array(
        fc.constantFrom(
          { type: "thinking_delta", thinking: thought },
          { type: "signature_delta", signature: thought },
        ),
        { maxLength: 4 },
      ),
    }),
    fc.constant({ start: { type: "redacted_thinking", data: thought }, deltas: [] }),
    fc.record({
      start: fc.constant(call("tool_use", {})),
      deltas: fc.nat(json.length).map((cut) =>
        [json.slice(0, cut), json.slice(cut)].map((partial_json) => {
          return { type: "input_json_delta", partial_json };
        }),
      ),
    }),
  );
  const log = fc.array(block, { maxLength: 5 }).map((blocks) => {
    const body = blocks.flatMap(({ start, deltas }, index) => [
      { type: "content_block_start", index, content_block: start },
      ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
      { type: "content_block_stop", index },
    ]);
    const delta = { stop_reason: "end_turn", stop_sequence: null };
    return [
      { type: "message_start", message: EMPTY },
      ...body,
      { type: "message_delta", delta, usage: { output_tokens: 1 } },
      { type: "message_stop" },
    ] as StreamEvent[];
  });

  /** A block without parts, for comparison: made from the block, where the events were. */
  const without = (parts: readonly Part[]) => (block: { type: string }) => {
    const hides = (part: Part, type: string) => parts.includes(part) && block.type === type;
    if (hides("thinking", "thinking")) return { ...block, thinking: "", signature: "" };
    if (hides("thinking", "redacted_thinking")) return { ...block, data: "" };
    return hides("tool_input", "tool_use") ? { ...block, input: {} } : block;
  };

  test.for<Part[][]>([[["thinking"]], [["tool_input"]], [[...PARTS]]])(
    "%j is gone, and the rest folds to what it was, as the official SDK has it",
    async ([parts = []]) => {
      await fc.assert(
        fc.asyncProperty(log, async (events) => {
          const hidden = events.map((event) => hideParts(event, parts));
          const text = JSON.stringify(hidden);
          if (parts.includes("thinking")) expect(text).not.toContain(thought);
          if (parts.includes("tool_input")) expect(text).not.toContain(SECRET.concat("-in"));
          expect(findOffence(hidden)).toBeUndefined();
          const whole = fold(EMPTY, events);
          const folded = fold(EMPTY, hidden);
          expect(folded).toEqual({ ...whole, content: whole.content.map(without(parts)) });
          for (const foldThere of [foldWithSdk, foldWithBetaSdk]) {
            expect((await foldThere(hidden)).content).toEqual(folded.content);
          }
        }),
      );
    },
  );
});
