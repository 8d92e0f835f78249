// Chunks of chat completions as events: each server's habits, and whatever else may come.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "../../../src/protocol/event.ts";
import {
  type ChunkReaderOptions,
  createChunkReader,
} from "../../../src/providers/openai/chunks.ts";
import { findOffence, foldWithSdk } from "../../support/folding.ts";

function createReader(options: Partial<ChunkReaderOptions> = {}) {
  let made = 0;
  return createChunkReader({
    messageId: "msg_ours",
    model: "asked",
    stopSequences: [],
    createId: () => `toolu_${++made}`,
    ...options,
  });
}

function run(chunks: unknown[], options?: Partial<ChunkReaderOptions>): StreamEvent[] {
  const reader = createReader(options);
  return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end()];
}

const delta = (delta: object) => ({ choices: [{ index: 0, delta }] });
const finish = (finish_reason: string, rest: object = {}) => ({
  choices: [{ index: 0, delta: {}, finish_reason, ...rest }],
});
const call = (fragment: object) => delta({ tool_calls: [fragment] });
const STOP = finish("stop");

describe("the order of events", () => {
  test("a message of every kind of block", () => {
    const events = run([
      { model: "m-1", ...delta({ role: "assistant", content: "" }) },
      delta({ reasoning: "Hm" }),
      delta({ content: "Hello" }),
      call({ index: 0, id: "call_1", function: { name: "f", arguments: '{"a"' } }),
      call({ index: 0, function: { arguments: ":1}" } }),
      finish("tool_calls"),
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 9 } },
    ]);
    expect(events).toEqual([
      {
        type: "message_start",
        message: {
          id: "msg_ours",
          type: "message",
          role: "assistant",
          model: "m-1",
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 0, output_tokens: 0 },
        },
      },
      begin(0, { type: "thinking", thinking: "", signature: "" }),
      { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm" } },
      { type: "content_block_stop", index: 0 },
      begin(1, { type: "text", text: "" }),
      { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "Hello" } },
      { type: "content_block_stop", index: 1 },
      begin(2, { type: "tool_use", id: "call_1", name: "f", input: {} }),
      input(2, '{"a"'),
      input(2, ":1}"),
      { type: "content_block_stop", index: 2 },
      {
        type: "message_delta",
        delta: { stop_reason: "tool_use", stop_sequence: null },
        usage: { input_tokens: 3, output_tokens: 9 },
      },
      { type: "message_stop" },
    ]);
  });

  test("arguments are shown as they arrive, and those of a second call after the first's", () => {
    const reader = createReader();
    reader.read(call({ index: 0, id: "a", function: { name: "f", arguments: "" } }));
    reader.read(call({ index: 1, id: "b", function: { name: "g", arguments: "" } }));
    expect(reader.read(call({ index: 0, function: { arguments: '{"x":' } }))).toEqual([
      input(0, '{"x":'),
    ]);
    expect(reader.read(call({ index: 1, function: { arguments: '{"y":2}' } }))).toEqual([]);
    expect(reader.read(call({ index: 0, function: { arguments: "1}" } }))).toEqual([
      input(0, "1}"),
      { type: "content_block_stop", index: 0 },
      begin(1, { type: "tool_use", id: "b", name: "g", input: {} }),
      input(1, '{"y":2}'),
    ]);
    expect(reader.read(call({ index: 0, function: { arguments: "late" } }))).toEqual([]);
  });

  test("what comes after the end changes nothing", () => {
    const reader = createReader();
    reader.read(delta({ content: "a" }));
    reader.read(STOP);
    expect(reader.ended).toBe(false);
    reader.end();
    expect(reader.ended).toBe(true);
    expect(reader.read(delta({ content: "b" }))).toEqual([]);
    expect(reader.read("no chunk")).toEqual([]);
    expect(reader.end()).toEqual([]);
  });
});

const begin = (index: number, content_block: StreamBlock): StreamEvent => ({
  type: "content_block_start",
  index,
  content_block,
});
type StreamBlock = { type: string; [key: string]: unknown };

const input = (index: number, partial_json: string): StreamEvent => ({
  type: "content_block_delta",
  index,
  delta: { type: "input_json_delta", partial_json },
});

const whole = (name: string, args: string, rest: object = {}) => ({
  ...rest,
  function: { name, arguments: args },
});

/** `[id, name, input]` of the calls in the folded message. */
test.for<[string, object[], unknown[][]]>([
  [
    "one index, ids that differ",
    [whole("f", "{}", { index: 0, id: "a" }), whole("f", "{}", { index: 0, id: "b" })],
    [
      ["a", "f", {}],
      ["b", "f", {}],
    ],
  ],
  [
    "one index and one id, names that differ",
    [whole("f", "{}", { index: 0, id: "a" }), whole("g", "{}", { index: 0, id: "a" })],
    [
      ["a", "f", {}],
      ["toolu_1", "g", {}],
    ],
  ],
  [
    "a new id with every fragment",
    [
      whole("f", '{"a":', { index: 0, id: "a" }),
      { index: 0, id: "b", function: { arguments: "1}" } },
    ],
    [["a", "f", { a: 1 }]],
  ],
  [
    "id and name with every fragment",
    [whole("f", '{"a":', { index: 0, id: "a" }), whole("f", "1}", { index: 0, id: "a" })],
    [["a", "f", { a: 1 }]],
  ],
  [
    "fragments that only the id tells apart",
    [
      whole("f", '{"a":', { index: 0, id: "a" }),
      whole("g", '{"b":', { index: 0, id: "b" }),
      { index: 0, id: "a", function: { arguments: "1}" } },
      { index: 0, id: "b", function: { arguments: "2}" } },
    ],
    [
      ["a", "f", { a: 1 }],
      ["b", "g", { b: 2 }],
    ],
  ],
  [
    "a name in pieces",
    [
      whole("get_", "", { index: 0, id: "a" }),
      whole("weather", "", { index: 0 }),
      whole("", '{"a":1}', { index: 0 }),
      whole("get_", "", { index: 1, id: "b" }),
      whole("time", "{}", { index: 1, id: "b" }),
    ],
    [
      ["a", "get_weather", { a: 1 }],
      ["b", "get_time", {}],
    ],
  ],
  [
    "calls without arguments",
    [whole("f", "", { index: 0, id: "a" }), whole("g", "", { index: 1, id: "b" })],
    [
      ["a", "f", {}],
      ["b", "g", {}],
    ],
  ],
  [
    "indexes that count the fragments",
    [
      whole("f", '{"a"', { index: 0, id: "a" }),
      { index: 1, function: { arguments: ":" } },
      { index: 2, function: { arguments: "1}" } },
      whole("g", "", { index: 3, id: "b" }),
      { index: 4, function: { arguments: '{"b":2}' } },
    ],
    [
      ["a", "f", { a: 1 }],
      ["b", "g", { b: 2 }],
    ],
  ],
  [
    "a call that begins with the index of the one before it",
    [
      whole("f", '{"a":1}', { index: 0, id: "a" }),
      whole("g", "", { index: 0, id: "b" }),
      { index: 1, function: { arguments: '{"b":2}' } },
    ],
    [
      ["a", "f", { a: 1 }],
      ["b", "g", { b: 2 }],
    ],
  ],
  [
    "arguments of a further call before its name",
    [
      whole("f", '{"a":1}', { index: 0, id: "a" }),
      { index: 1, function: { arguments: '{"b":' } },
      whole("g", "2}", { index: 1, id: "b" }),
    ],
    [
      ["a", "f", { a: 1 }],
      ["b", "g", { b: 2 }],
    ],
  ],
  [
    "neither index nor id",
    [
      whole("f", '{"a":1}'),
      whole("f", '{"a":'),
      { function: { arguments: "2}" } },
      whole("g", "{}"),
    ],
    [
      ["toolu_1", "f", { a: 1 }],
      ["toolu_2", "f", { a: 2 }],
      ["toolu_3", "g", {}],
    ],
  ],
  [
    "one id for two indexes",
    [whole("f", "{}", { index: 0, id: "a" }), whole("f", "{}", { index: 1, id: "a" })],
    [
      ["a", "f", {}],
      ["toolu_1", "f", {}],
    ],
  ],
  [
    "an id that the conversation has already",
    [whole("f", "{}", { index: 0, id: "call_0" })],
    [["toolu_1", "f", {}]],
  ],
  [
    "a name that comes after the arguments begin",
    [
      { index: 0, id: "a", function: { name: "", arguments: '{"a":' } },
      whole("f", "1}", { index: 0 }),
    ],
    [["a", "f", { a: 1 }]],
  ],
  ["no arguments at all", [{ index: 0, id: "a", function: { name: "f" } }], [["a", "f", {}]]],
  [
    "arguments as an object",
    [{ index: 0, id: "a", function: { name: "f", arguments: { a: [1] } } }],
    [["a", "f", { a: [1] }]],
  ],
  [
    "a closing fragment without anything",
    [whole("f", "{}", { index: 0, id: "a" }), { id: null, function: { name: null } }],
    [["a", "f", {}]],
  ],
  [
    "white space after the arguments",
    [whole("f", "{}", { index: 0, id: "a" }), { index: 0, function: { arguments: "\n" } }],
    [["a", "f", {}]],
  ],
])("tool calls with %s", async ([, fragments, expected]) => {
  const events = run([...fragments.map(call), finish("tool_calls")], { earlierIds: ["call_0"] });
  expect(findOffence(events)).toBeUndefined();
  const { content, stop_reason } = await foldWithSdk(events);
  expect(stop_reason).toBe("tool_use");
  expect(
    content.map((block) => block.type === "tool_use" && [block.id, block.name, block.input]),
  ).toEqual(expected);
});

const CALL = call(whole("f", "{}", { index: 0, id: "a" }));

test.for<[string, object[], string, string | null]>([
  ["stop", [STOP], "end_turn", null],
  ["length", [finish("length")], "max_tokens", null],
  ["content_filter", [finish("content_filter")], "refusal", null],
  ["an unknown word", [finish("novelty")], "novelty", null],
  ["a name that every object has", [finish("constructor")], "constructor", null],
  ["stop after a call", [CALL, STOP], "tool_use", null],
  ["length after a call", [CALL, finish("length")], "max_tokens", null],
  ["tool_calls without a call", [finish("tool_calls")], "end_turn", null],
  ["a refusal", [delta({ refusal: "No." }), STOP], "refusal", null],
  ["a stop string", [finish("stop", { stop_reason: "END" })], "stop_sequence", "END"],
  ["another's stop string", [finish("stop", { stop_reason: "<|end|>" })], "end_turn", null],
  ["a stop token", [finish("stop", { stop_reason: 128009 })], "end_turn", null],
  ["a finish said twice", [STOP, finish("stop")], "end_turn", null],
  ["text after the finish", [STOP, delta({ content: "x" })], "end_turn", null],
  ["another choice's finish", [STOP, second("length")], "end_turn", null],
])("%s ends the message", ([, chunks, stop_reason, stop_sequence]) => {
  const events = run(chunks, { stopSequences: ["END"] });
  expect(findOffence(events)).toBeUndefined();
  expect(events.at(-2)).toMatchObject({ delta: { stop_reason, stop_sequence } });
});

function second(finish_reason: string): object {
  return { choices: [{ index: 1, delta: { content: "other" }, finish_reason }] };
}

describe("stop sequences that the upstream let pass", () => {
  const options = { stopSequences: ["END"] };

  test("end the message where they begin, over chunks", async () => {
    const reader = createReader(options);
    const events = ["one ", "E", "N", "D two"].flatMap((content) =>
      reader.read(delta({ content })),
    );
    expect(reader.ended).toBe(true);
    expect(findOffence(events)).toBeUndefined();
    expect(await foldWithSdk(events)).toMatchObject({
      content: [{ type: "text", text: "one " }],
      stop_reason: "stop_sequence",
      stop_sequence: "END",
      usage: { input_tokens: 0, output_tokens: 4 },
    });
    expect(reader.read(STOP)).toEqual([]);
    expect(reader.end()).toEqual([]);
  });

  test("use the counts that came so far", () => {
    const reader = createReader(options);
    const chunk = {
      ...delta({ content: "END" }),
      usage: { prompt_tokens: 8, completion_tokens: 3 },
    };
    expect(reader.read(chunk).at(-2)).toMatchObject({
      usage: { input_tokens: 8, output_tokens: 3 },
    });
  });

  test("are not looked for in thinking and in tool input", async () => {
    const events = run(
      [
        delta({ reasoning_content: "END" }),
        call(whole("f", '{"a":"END"}', { index: 0, id: "a" })),
        STOP,
      ],
      options,
    );
    expect((await foldWithSdk(events)).content).toMatchObject([
      { thinking: "END" },
      { input: { a: "END" } },
    ]);
  });

  test.for<[string, object]>([
    ["the message", {}],
    ["a tool call", call(whole("f", "{}", { index: 0, id: "a" }))],
    ["thinking", delta({ reasoning: "hm" })],
  ])("what only looked like one is shown before %s ends the text", async ([, next]) => {
    const events = run([delta({ content: "one EN" }), next, STOP], options);
    expect((await foldWithSdk(events)).content[0]).toMatchObject({ text: "one EN" });
  });
});

test.for<[string, unknown, object]>([
  ["text", "nonsense", { type: "api_error", retryable: false }],
  ["nothing", null, { type: "api_error", retryable: false }],
  ["a list", [], { type: "api_error", retryable: false }],
  ["choices of another kind", { choices: "x" }, { type: "api_error", retryable: false }],
  ["an error in a word", { error: "model crashed" }, { message: "model crashed", retryable: true }],
  [
    "an error by its status",
    { error: { message: "slow down", type: "x", code: 429 } },
    { type: "rate_limit_error", message: "slow down", retryable: true },
  ],
  [
    "an error by its status as text",
    { error: { message: "m", code: "400" } },
    { type: "invalid_request_error", retryable: false },
  ],
  [
    "an error by its words",
    { error: { message: "m", type: "invalid_request_error", code: "context_length_exceeded" } },
    { type: "invalid_request_error", retryable: false },
  ],
  [
    "a quota used up",
    { error: { message: "m", type: "insufficient_quota", code: "insufficient_quota" } },
    { type: "rate_limit_error", retryable: false },
  ],
  [
    "a server's error",
    { error: { message: "m", type: "server_error", code: null } },
    { type: "api_error", retryable: true },
  ],
  [
    "OpenRouter's error in the answer",
    {
      choices: [
        { index: 0, delta: {}, finish_reason: "error", error: { code: 502, message: "gone" } },
      ],
    },
    { type: "api_error", message: "gone", retryable: true },
  ],
  [
    "Groq's error beside the answer",
    { choices: [{ index: 0, delta: {} }], x_groq: { id: "r", error: "over_capacity" } },
    { type: "api_error", message: "over_capacity", retryable: true },
  ],
  [
    "an error in place of a chunk",
    { object: "error", message: "too long", type: "BadRequestError", code: 400 },
    { type: "invalid_request_error", message: "too long", retryable: false },
  ],
  ["an error without words", { error: { code: 503 } }, { type: "overloaded_error" }],
])("%s is a failure", ([, chunk, expected]) => {
  const reader = createReader();
  reader.read(delta({ content: "so far" }));
  expect(() => reader.read(chunk)).toThrow(
    expect.objectContaining({ name: "UpstreamFailure", ...expected }),
  );
});

test.for<[string, object[]]>([
  ["no chunk", []],
  ["no finish", [delta({ content: "so far" })]],
  ["an aborted finish", [delta({ content: "so far" }), finish("abort")]],
])("an end after %s is a failure", ([, chunks]) => {
  expect(() => run(chunks)).toThrow(expect.objectContaining({ retryable: true }));
});

test.for<[string, object, object]>([
  ["a text of the wrong type", delta({ content: 7 }), []],
  ["an empty delta", delta({ content: "", reasoning: "", tool_calls: [] }), []],
  ["nulls", { model: null, choices: null, usage: null, error: null }, []],
  ["a choice without a delta", { choices: [{}] }, []],
  ["a call without anything", call({}), []],
  ["details of reasoning alone", delta({ reasoning_details: [{ text: "hm" }] }), ["thinking"]],
  ["encrypted reasoning", delta({ reasoning_details: [{ data: "c2VjcmV0" }] }), []],
  ["reasoning under two names", delta({ reasoning: "hm", reasoning_content: "hm" }), ["thinking"]],
])("%s begins blocks %j", ([, chunk, types]) => {
  const events = run([chunk, STOP]);
  const begun = events.flatMap((event) =>
    event.type === "content_block_start" ? [event.content_block.type] : [],
  );
  expect(begun).toEqual(types);
});

const text = fc.constantFrom("", "a", "E", "N", "D", "END", "é😀");
const fragment = fc.record(
  {
    index: fc.constantFrom(0, 1, 2, null),
    id: fc.constantFrom("a", "b", "", null),
    function: fc.record(
      {
        name: fc.constantFrom("f", "g", "", null),
        arguments: fc.constantFrom("", "{", "}", '{"a":1}', '"', " ", { b: 2 }, null),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const anyDelta = fc.record(
  {
    content: fc.oneof(text, fc.constant(null), fc.constant([{ type: "text", text: "p" }])),
    reasoning: fc.oneof(text, fc.constant(null)),
    reasoning_content: text,
    refusal: fc.constantFrom("", "no", null),
    tool_calls: fc.oneof(fc.array(fragment, { maxLength: 3 }), fc.constant(null)),
    function_call: fc.constantFrom(null, { name: "f", arguments: "{}" }),
  },
  { requiredKeys: [] },
);
const anyChunk = fc.record(
  {
    model: fc.constantFrom("m", "", null),
    choices: fc.array(
      fc.record(
        {
          index: fc.constantFrom(0, 1, null),
          delta: fc.oneof(anyDelta, fc.constant(null)),
          finish_reason: fc.constantFrom(null, "stop", "length", "tool_calls"),
          stop_reason: fc.constantFrom(null, 7, "END", "x"),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 2 },
    ),
    usage: fc.constantFrom(null, { prompt_tokens: 5, completion_tokens: 2 }),
  },
  { requiredKeys: ["choices"] },
);

test("any chunks make a message of the right grammar that the official SDK folds", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyChunk, { maxLength: 15 }), async (chunks) => {
      const events = run([...chunks, STOP], { stopSequences: ["END"] });
      expect(findOffence(events)).toBeUndefined();
      const ids = events.flatMap((event) =>
        event.type === "content_block_start" && event.content_block.type === "tool_use"
          ? [event.content_block.id]
          : [],
      );
      expect(new Set(ids).size).toBe(ids.length);
      // The official SDK gives up on a message whose tool input is not JSON.
      if (inputs(events).every(isJson)) {
        expect((await foldWithSdk(events)).stop_reason).not.toBeNull();
      }
    }),
    { numRuns: 500 },
  );
});

/** The text of each tool input in `events`. */
function inputs(events: StreamEvent[]): string[] {
  const texts: string[] = [];
  for (const event of events) {
    if (event.type !== "content_block_delta" || event.delta.type !== "input_json_delta") continue;
    texts[event.index] = (texts[event.index] ?? "") + event.delta.partial_json;
  }
  return texts.filter((text) => text !== undefined);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
