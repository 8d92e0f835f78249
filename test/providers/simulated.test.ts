// The simulated model: what it says, in which order, at which pace, and how it fails when asked to.
// Time is a number that these tests turn; where something waits without end, only abort ends it.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, StreamEvent } from "../../src/protocol/event.ts";
import type { MessageRequest } from "../../src/protocol/request.ts";
import { emptyMessage, fold } from "../../src/protocol/snapshot.ts";
import { type Clock, createSimulated, simulated } from "../../src/providers/simulated.ts";
import { parseSpeech } from "../../src/providers/simulated-name.ts";

const never = new AbortController().signal;

function ask(text: string, rest: Record<string, unknown> = {}): MessageRequest {
  const messages = [{ role: "user", content: text }];
  return { model: "simulated-20@0", messages, ...rest } as unknown as MessageRequest;
}

interface TestClock extends Clock {
  waits: number[];
}

/** Waiting takes no time, and `late` ms longer than asked for. */
function createClock(late = 0): TestClock {
  let now = 1_000;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    async wait(ms) {
      waits.push(ms);
      now += ms + late;
    },
  };
}

function open(request: MessageRequest, options = {}, clock: Clock = createClock()) {
  const route = { provider: "simulated" as const, options };
  return createSimulated(clock).stream({ messageId: "msg_1", request, route }, never);
}

/** Events as their texts say them, batch by batch. */
async function read(...call: Parameters<typeof open>): Promise<StreamEvent[][]> {
  const batches: StreamEvent[][] = [];
  for await (const batch of open(...call)) batches.push(batch.map(({ data }) => JSON.parse(data)));
  return batches;
}

async function answer(request: MessageRequest, options = {}): Promise<Message> {
  const batches = await read(request, options);
  return fold(emptyMessage("", ""), batches.flat());
}

function textOf({ content }: Message): string {
  return content.map(({ text }) => text ?? "").join("");
}

function isToken(event: StreamEvent): boolean {
  return event.type === "content_block_delta" && event.delta.type !== "signature_delta";
}

describe("text", () => {
  test("says who answers, what was asked, and goes on", async () => {
    const message = await answer(ask("What  is a\nWorker?"));
    expect(message).toMatchObject({
      id: "msg_1",
      model: "simulated-20@0",
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 4, output_tokens: 20 },
    });
    const said = /^This is the simulated model\. You asked: “What is a Worker\?”\. [A-Z].*\.$/;
    expect(textOf(message)).toMatch(said);
    expect(textOf(message).split(" ")).toHaveLength(20);
  });

  test.for<[string, string]>([
    ["", "You sent no text."],
    ["one two three four five six seven eight nine ten a b c", "nine ten a b…”."],
    ["x".repeat(200), `${"x".repeat(100)}…”.`],
    ["😀".repeat(2_000), `${"😀".repeat(100)}…”.`],
  ])("quotes the beginning of %j", async ([asked, quoted]) => {
    expect(textOf(await answer(ask(asked)))).toContain(quoted);
  });

  test("is the same for the same request, and another for another seed", async () => {
    const [first, again] = [await read(ask("hi")), await read(ask("hi"))];
    expect(again).toEqual(first);
    const texts = [ask("hi"), ask("hi", { seed: 1 }), ask("hi", { seed: 2 }), ask("ho")].map(
      async (request) => textOf(await answer(request)).replace(/“.*”/, ""),
    );
    expect(new Set(await Promise.all(texts)).size).toBe(4);
  });

  test("goes on where the request ends with its beginning", async () => {
    const whole = textOf(await answer(ask("hi")));
    const partial = { role: "assistant", content: whole.slice(0, 40) };
    const { messages } = ask("hi");
    const thinking = { type: "enabled" };
    const rest = await answer(ask("", { messages: [...messages, partial], thinking }));
    expect(rest.content).toEqual([{ type: "text", text: whole.slice(40) }]);
  });

  test("counts the words of all it was sent", async () => {
    const messages = [
      { role: "user", content: "one two" },
      { role: "assistant", content: [{ type: "tool_use", id: "a", name: "b", input: {} }] },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: "three" }] },
          { type: "image", source: { type: "base64", data: "AAAA" } },
          { type: "web_search_tool_result", tool_use_id: "c", content: [null, 4, { text: 5 }] },
        ],
      },
    ];
    const system = [{ type: "text", text: "four five" }];
    const { usage } = await answer(ask("", { messages, system }));
    expect(usage.input_tokens).toBe(5);
  });
});

describe("limits", () => {
  test.for<[Record<string, unknown>, string, number]>([
    [{ max_tokens: 5 }, "max_tokens", 5],
    [{ max_tokens: 20 }, "end_turn", 20],
    [{ max_tokens: 5, thinking: { type: "enabled" } }, "max_tokens", 5],
    [{ max_tokens: 45, thinking: { type: "enabled" } }, "max_tokens", 45],
    [{ stop_sequences: ["nowhere", "simulated"] }, "stop_sequence", 3],
    [{ stop_sequences: ["model", "is the"] }, "stop_sequence", 1],
    [{ stop_sequences: ["This"] }, "stop_sequence", 0],
    [{ stop_sequences: ["simulated"], max_tokens: 2 }, "max_tokens", 2],
    [{ stop_sequences: ["This"], max_tokens: 2, thinking: { type: "enabled" } }, "max_tokens", 2],
  ])("%j: %s after %i tokens", async ([fields, stop_reason, output_tokens]) => {
    const message = await answer(ask("hi", fields));
    expect(message).toMatchObject({ stop_reason, usage: { output_tokens } });
  });

  test("what stopped it is told and not said", async () => {
    const message = await answer(ask("hi", { stop_sequences: [" model", "lated mo"] }));
    expect(message.stop_sequence).toBe("lated mo");
    expect(textOf(message)).toBe("This is the simu");
  });

  test("the route's max_tokens are for requests without", async () => {
    const options = { max_tokens: 3 };
    expect((await answer(ask("hi"), options)).usage.output_tokens).toBe(3);
    expect((await answer(ask("hi", { max_tokens: 4 }), options)).usage.output_tokens).toBe(4);
  });
});

describe("thinking", () => {
  test.for(["enabled", "adaptive"])("comes first when it is %s", async (type) => {
    const { content, usage } = await answer(ask("hi", { thinking: { type } }));
    expect(content.map((block) => block.type)).toEqual(["thinking", "text"]);
    expect(content[0]).toMatchObject({ signature: "simulated" });
    expect(content[0]?.thinking).toMatch(/^Let me think about “hi”\. /);
    expect(usage.output_tokens).toBe(60);
  });

  test("stays away when it is disabled", async () => {
    const { content } = await answer(ask("hi", { thinking: { type: "disabled" } }));
    expect(content.map((block) => block.type)).toEqual(["text"]);
  });

  test("is as long as the route says", async () => {
    const request = ask("hi", { thinking: { type: "enabled" } });
    const { usage } = await answer(request, { thinking_tokens: 7 });
    expect(usage.output_tokens).toBe(27);
  });
});

describe("tools", () => {
  const input_schema = {
    type: "object",
    properties: { city: { type: "string", examples: ["Oslo"] }, days: { type: "integer" } },
    required: ["city"],
  };
  const tools = [
    { name: "get_weather", input_schema },
    { name: "get_time", input_schema: { type: "string" } },
    { type: "web_fetch_v1" },
  ];
  const both = "Use get_time, then get_weather!";

  test.for<[string, Record<string, unknown>, string[]]>([
    ["hello", {}, []],
    ["the get_weather tool", {}, ["get_weather"]],
    ["get_weather_now, my-get_time", {}, []],
    ["my-get_time get_time", {}, ["get_time"]],
    ["web_fetch_v1", {}, []],
    [both, {}, ["get_weather", "get_time"]],
    [both, { tool_choice: { type: "auto" } }, ["get_weather", "get_time"]],
    [both, { tool_choice: { type: "auto", disable_parallel_tool_use: true } }, ["get_weather"]],
    [both, { tool_choice: { type: "none" } }, []],
    ["hello", { tool_choice: { type: "any" } }, ["get_weather"]],
    ["hello", { tool_choice: { type: "tool", name: "get_time" } }, ["get_time"]],
  ])("%j with %j calls %j", async ([asked, fields, called]) => {
    const { content, stop_reason } = await answer(ask(asked, { tools, ...fields }));
    const calls = content.filter((block) => block.type === "tool_use");
    expect(calls.map(({ name }) => name)).toEqual(called);
    expect(stop_reason).toBe(called.length > 0 ? "tool_use" : "end_turn");
  });

  test("are announced, unless forced, and called with what fits their schemas", async () => {
    expect((await answer(ask(both, { tools }))).content).toEqual([
      { type: "text", text: "I will call get_weather and get_time." },
      {
        type: "tool_use",
        id: "toolu_sim_1",
        name: "get_weather",
        input: { city: "Oslo", days: 1 },
      },
      { type: "tool_use", id: "toolu_sim_2", name: "get_time", input: {} },
    ]);
    const forced = await answer(ask(both, { tools, tool_choice: { type: "any" } }));
    expect(forced.content.map(({ type }) => type)).toEqual(["tool_use"]);
  });

  test("get their input in pieces", async () => {
    const batches = await read(ask("get_weather", { tools }));
    const pieces = batches
      .flat()
      .flatMap((event) => (event.type === "content_block_delta" ? [event.delta] : []))
      .flatMap((delta) => (delta.type === "input_json_delta" ? [delta.partial_json] : []));
    expect(pieces.length).toBeGreaterThan(1);
    expect(JSON.parse(pieces.join(""))).toEqual({ city: "Oslo", days: 1 });
  });

  test("have their results quoted, and are not called again by their name", async () => {
    const messages = [
      { role: "user", content: both },
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "toolu_sim_4", name: "get_weather", input: {} },
          { type: "tool_use", id: "other", name: "get_time", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_sim_4", content: "18 °C" },
          { type: "tool_result", tool_use_id: "other", content: [{ type: "text", text: "noon" }] },
          { type: "text", text: "so, get_time?" },
        ],
      },
    ];
    const told = await answer(ask("", { tools, messages }));
    expect(textOf(told)).toContain("The tools returned: “18 °C”, “noon”.");
    expect(told.stop_reason).toBe("end_turn");

    const next = [...messages, { role: "user", content: "get_time" }];
    const { content } = await answer(ask("", { tools, messages: next }));
    expect(content.at(-1)).toMatchObject({ type: "tool_use", id: "toolu_sim_5" });
  });

  test("that do not exist cannot be forced", async () => {
    const request = ask("hi", { tools, tool_choice: { type: "tool", name: "web_fetch" } });
    await expect(read(request)).rejects.toMatchObject({ type: "invalid_request_error" });
  });
});

describe("structured output", () => {
  const schema = {
    type: "object",
    properties: { colour: { enum: ["red", "green"] }, parts: { items: { type: "integer" } } },
    required: ["colour", "parts"],
  };
  const output_config = { format: { type: "json_schema", schema } };

  test("is JSON that fits the schema", async () => {
    const message = await answer(ask("hi", { output_config }));
    expect(JSON.parse(textOf(message))).toEqual({ colour: "red", parts: [1] });
    expect(message.stop_reason).toBe("end_turn");
  });

  test("is cut like any other text", async () => {
    const message = await answer(ask("hi", { output_config, max_tokens: 1 }));
    expect(textOf(message)).toBe('{"colour');
    expect(message.stop_reason).toBe("max_tokens");
  });
});

describe("names", () => {
  const usual = { tokens: 120, rate: 40, delay_ms: 0, thinking_tokens: 40 };

  test.for<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["default", {}, usual],
    ["simulated", { rate: 0 }, { ...usual, rate: 0 }],
    ["simulated-9", {}, { ...usual, tokens: 9 }],
    ["simulated-9", { tokens: 8, rate: 7 }, { ...usual, tokens: 9, rate: 7 }],
    ["simulated@0.5", { rate: 3 }, { ...usual, rate: 0.5 }],
    ["simulated+250ms", {}, { ...usual, delay_ms: 250 }],
    ["simulated!stall", {}, { ...usual, failure: "stall" }],
    [
      "simulated-1000000@0+5ms!cut",
      {},
      { ...usual, tokens: 1_000_000, rate: 0, delay_ms: 5, failure: "cut" },
    ],
  ])("%s with %j", ([name, options, speech]) => {
    expect(parseSpeech(name, options)).toEqual(speech);
  });

  test.for([
    ...["simulated-", "simulated-x", "simulated-0", "simulated-1000001", "simulated-1.5"],
    ...["simulated-1@", "simulated@-1", "simulated@0.0001", "simulated+5", "simulated+1e3ms"],
    ...["simulated!", "simulated!explode", "simulated!cut-5", "simulated-5 "],
  ])("%s is not found", (name) => {
    const refusal = expect.objectContaining({
      type: "not_found_error",
      message: expect.stringContaining("simulated[-<tokens>]"),
    });
    expect(() => parseSpeech(name, {})).toThrow(refusal);
  });

  test("options that make no sense are told", () => {
    expect(() => parseSpeech("simulated", { rate: "fast" })).toThrow(/rate: /);
  });

  test("the route's model comes before the one asked for", async () => {
    const route = { provider: "simulated" as const, model: "simulated-3@0", options: {} };
    const call = { messageId: "msg_1", request: ask("hi"), route };
    const events: StreamEvent[] = [];
    for await (const batch of simulated.stream(call, never)) {
      events.push(...batch.map(({ event }) => event));
    }
    const message = fold(emptyMessage("", ""), events);
    expect(message).toMatchObject({ model: "simulated-3@0", usage: { output_tokens: 3 } });
  });
});

describe("pace", () => {
  const paced = (model: string) => ask("hi", { model });
  const sizes = (batches: StreamEvent[][]) => batches.map((batch) => batch.filter(isToken).length);

  test("sends each token when it is due", async () => {
    const clock = createClock();
    const batches = await read(paced("simulated-6@4"), {}, clock);
    expect(sizes(batches)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(clock.waits).toEqual([250, 250, 250, 250, 250]);
  });

  test("makes up for waits that took too long", async () => {
    const clock = createClock(400);
    const batches = await read(paced("simulated-8@10"), {}, clock);
    expect(sizes(batches)).toEqual([1, 5, 2]);
  });

  test("waits before it begins", async () => {
    const clock = createClock();
    await read(paced("simulated-1+700ms"), {}, clock);
    expect(clock.waits).toEqual([700]);
  });

  test("without a rate lets others run between batches", async () => {
    const clock = createClock();
    const batches = await read(paced("simulated-150@0"), {}, clock);
    expect(sizes(batches)).toEqual([64, 64, 22]);
    expect(clock.waits).toEqual([0, 0]);
  });

  test("says only so much at once", async () => {
    const batches = await read(paced("simulated-5000@1000000"), {}, createClock(60_000));
    expect(Math.max(...sizes(batches))).toBe(1_024);
  });
});

describe("failures", () => {
  const failing = (failure: string, rest = {}) =>
    ask("hi", { model: `simulated-20@0!${failure}`, ...rest });

  /** What was shown before the end, and what the end was. */
  async function watch(request: MessageRequest) {
    const events: StreamEvent[] = [];
    try {
      for await (const batch of open(request)) events.push(...batch.map(({ event }) => event));
      return { events, end: "bare" };
    } catch (end) {
      return { events, end };
    }
  }

  test("overloaded: before the first event", async () => {
    const { events, end } = await watch(failing("overloaded"));
    expect(events).toEqual([]);
    expect(end).toMatchObject({ type: "overloaded_error", retryable: true });
  });

  test("error: half-way through the text", async () => {
    const { events, end } = await watch(failing("error", { thinking: { type: "enabled" } }));
    expect(events.filter(isToken)).toHaveLength(40 + 10);
    expect(end).toMatchObject({ type: "api_error" });
  });

  test("cut: half-way, without a word", async () => {
    const { events, end } = await watch(failing("cut"));
    expect(events.filter(isToken)).toHaveLength(10);
    expect(events.at(-1)?.type).toBe("content_block_delta");
    expect(end).toBe("bare");
  });

  test("an answer without any text fails too", async () => {
    const { events, end } = await watch(failing("error", { stop_sequences: ["This"] }));
    expect(events.map(({ type }) => type)).toEqual(["message_start"]);
    expect(end).toMatchObject({ type: "api_error" });
  });
});

describe("abort", () => {
  const leaving = new Error("nobody listens");

  // Each of these waits for a thousand seconds or more.
  test.for<[string, number]>([
    ["simulated-20+9000000ms", 0],
    ["simulated-20@0.001", 1],
    ["simulated-20@0!stall", 10],
  ])("ends the waiting of %s", async ([model, heard]) => {
    const controller = new AbortController();
    const route = { provider: "simulated" as const, options: {} };
    const call = { messageId: "msg_1", request: ask("hi", { model }), route };
    const batches = simulated.stream(call, controller.signal)[Symbol.asyncIterator]();
    if (heard > 0) {
      const { value } = await batches.next();
      expect(value.map(({ event }: { event: StreamEvent }) => event).filter(isToken)).toHaveLength(
        heard,
      );
    }
    const next = batches.next();
    controller.abort(leaving);
    await expect(next).rejects.toBe(leaving);
  });

  test("before the beginning is in time", async () => {
    const route = { provider: "simulated" as const, options: {} };
    const call = { messageId: "msg_1", request: ask("hi"), route };
    const batches = simulated.stream(call, AbortSignal.abort(leaving));
    await expect(batches[Symbol.asyncIterator]().next()).rejects.toBe(leaving);
  });
});

test("fields that it cannot honour are told", () => {
  const request = ask("hi", {
    ...{ system: [], max_tokens: 1, stop_sequences: [], seed: 1, thinking: { type: "disabled" } },
    ...{ tools: [{ name: "a", input_schema: {} }], tool_choice: { type: "auto" } },
    ...{ output_config: { effort: "low" }, stream: true, metadata: {}, correlation_id: "c" },
    ...{ on_interrupt: "fail", expires_after: 1, top_p: undefined, temperature: 0 },
    ...{ webhook: {}, mcp_servers: [], invented: true },
  });
  const route = { provider: "simulated" as const, options: {} };
  const ignored = ["temperature", "webhook", "mcp_servers", "invented"];
  expect(simulated.ignoredFields(request, route)).toEqual(ignored);
  const withBuiltIn = { ...request, tools: [{ type: "bash_v1" }] } as MessageRequest;
  expect(simulated.ignoredFields(withBuiltIn, route)).toEqual(["tools", ...ignored]);
});

describe("any request", () => {
  const schema = fc.constantFrom({ type: "object" }, { items: { type: "string" }, minItems: 9 });
  const tool = fc.record({ name: fc.constantFrom("a", "b", "look_up"), input_schema: schema });
  const fields = fc.record(
    {
      max_tokens: fc.integer({ min: 1, max: 300 }),
      seed: fc.integer(),
      stop_sequences: fc.array(fc.constantFrom("the", ".", " a", "zebra", "model. Y")),
      thinking: fc.constantFrom(...["enabled", "adaptive", "disabled"].map((type) => ({ type }))),
      tools: fc.uniqueArray(tool, { selector: ({ name }) => name }),
      tool_choice: fc.constantFrom(...["auto", "any", "none"].map((type) => ({ type }))),
      output_config: schema.map((one) => ({ format: { type: "json_schema", schema: one } })),
    },
    { requiredKeys: [] },
  );
  const asked = fc.oneof(fc.string({ unit: "binary" }), fc.constant("a, look_up and b"));
  const speech = fc.record({
    tokens: fc.integer({ min: 1, max: 200 }),
    rate: fc.constantFrom(0, 1, 37.5, 100_000),
    thinking_tokens: fc.nat(50),
  });

  test("is answered in the grammar of the stream, and its tokens are counted", async () => {
    const property = fc.asyncProperty(asked, fields, speech, async (text, rest, options) => {
      const request = ask(text, { ...rest, model: "any" });
      const events = (await read(request, options)).flat();
      expect(events.map(toLetter).join("")).toMatch(/^\((\[d*\])*\$\)$/);
      const indices = events.flatMap((event) => ("index" in event ? [event.index] : []));
      expect(indices).toEqual(indices.toSorted((one, other) => one - other));
      expect(new Set(indices).size).toBe((indices.at(-1) ?? -1) + 1);

      const { usage, content, stop_reason } = fold(emptyMessage("", ""), events);
      expect(usage.output_tokens).toBe(events.filter(isToken).length);
      expect(usage.output_tokens).toBeLessThanOrEqual(rest.max_tokens ?? Number.POSITIVE_INFINITY);
      if (stop_reason === "max_tokens") expect(usage.output_tokens).toBe(rest.max_tokens);
      const isProse = content.at(-1)?.type === "text" && rest.output_config === undefined;
      if (stop_reason === "end_turn" && isProse) {
        const words = String(content.at(-1)?.text).split(/\s+/);
        expect(words).toHaveLength(options.tokens);
      }
    });
    await fc.assert(property);
  });

  function toLetter({ type }: StreamEvent): string {
    const letters: Partial<Record<StreamEvent["type"], string>> = {
      message_start: "(",
      content_block_start: "[",
      content_block_delta: "d",
      content_block_stop: "]",
      message_delta: "$",
      message_stop: ")",
    };
    return letters[type] ?? "?";
  }
});
