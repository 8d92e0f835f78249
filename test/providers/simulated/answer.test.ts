// What the simulated model says, as the message that its events add up to.

import { describe, expect, test } from "vitest";
import type { Message, StreamEvent } from "../../../src/protocol/event.ts";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import { emptyMessage, fold } from "../../../src/protocol/snapshot.ts";
import { planAnswer } from "../../../src/providers/simulated/answer.ts";
import { parseSpeech } from "../../../src/providers/simulated/name.ts";
import { toEvents } from "../../../src/providers/simulated/plan.ts";

function ask(text: string, rest: Record<string, unknown> = {}): MessageRequest {
  const messages = [{ role: "user", content: text }];
  return { model: "simulated-20", messages, ...rest } as unknown as MessageRequest;
}

function read(request: MessageRequest, options = {}): StreamEvent[] {
  const plan = planAnswer(request, parseSpeech(request.model, options));
  return [...toEvents(plan, "msg_1", request.model)];
}

function answer(request: MessageRequest, options = {}): Message {
  return fold(emptyMessage("", ""), read(request, options));
}

function textOf({ content }: Message): string {
  return content.map(({ text }) => text ?? "").join("");
}

describe("text", () => {
  test("says who answers, what was asked, and goes on", () => {
    const message = answer(ask("What  is a\nWorker?"));
    expect(message).toMatchObject({
      id: "msg_1",
      model: "simulated-20",
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
  ])("quotes the beginning of %j", ([asked, quoted]) => {
    expect(textOf(answer(ask(asked)))).toContain(quoted);
  });

  test("is the same for the same request, and another for another seed", () => {
    expect(read(ask("hi"))).toEqual(read(ask("hi")));
    const texts = [ask("hi"), ask("hi", { seed: 1 }), ask("hi", { seed: 2 }), ask("ho")].map(
      (request) => textOf(answer(request)).replace(/“.*”/, ""),
    );
    expect(new Set(texts).size).toBe(4);
  });

  test("goes on where the request ends with its beginning", () => {
    const whole = textOf(answer(ask("hi")));
    const partial = { role: "assistant", content: whole.slice(0, 40) };
    const { messages } = ask("hi");
    const thinking = { type: "enabled" };
    const rest = answer(ask("", { messages: [...messages, partial], thinking }));
    expect(rest.content).toEqual([{ type: "text", text: whole.slice(40) }]);
  });

  test("counts the words of all it was sent", () => {
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
    const { usage } = answer(ask("", { messages, system }));
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
  ])("%j: %s after %i tokens", ([fields, stop_reason, output_tokens]) => {
    const message = answer(ask("hi", fields));
    expect(message).toMatchObject({ stop_reason, usage: { output_tokens } });
  });

  test("what stopped it is told and not said", () => {
    const message = answer(ask("hi", { stop_sequences: [" model", "lated mo"] }));
    expect(message.stop_sequence).toBe("lated mo");
    expect(textOf(message)).toBe("This is the simu");
  });

  test("the route's max_tokens are for requests without", () => {
    const options = { max_tokens: 3 };
    expect(answer(ask("hi"), options).usage.output_tokens).toBe(3);
    expect(answer(ask("hi", { max_tokens: 4 }), options).usage.output_tokens).toBe(4);
  });
});

describe("thinking", () => {
  test.for(["enabled", "adaptive"])("comes first when it is %s", (type) => {
    const { content, usage } = answer(ask("hi", { thinking: { type } }));
    expect(content.map((block) => block.type)).toEqual(["thinking", "text"]);
    expect(content[0]).toMatchObject({ signature: "simulated" });
    expect(content[0]?.thinking).toMatch(/^Let me think about “hi”\. /);
    expect(usage.output_tokens).toBe(60);
  });

  test("stays away when it is disabled", () => {
    const { content } = answer(ask("hi", { thinking: { type: "disabled" } }));
    expect(content.map((block) => block.type)).toEqual(["text"]);
  });

  test("is as long as the route says", () => {
    const request = ask("hi", { thinking: { type: "enabled" } });
    const { usage } = answer(request, { thinking_tokens: 7 });
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
  ])("%j with %j calls %j", ([asked, fields, called]) => {
    const { content, stop_reason } = answer(ask(asked, { tools, ...fields }));
    const calls = content.filter((block) => block.type === "tool_use");
    expect(calls.map(({ name }) => name)).toEqual(called);
    expect(stop_reason).toBe(called.length > 0 ? "tool_use" : "end_turn");
  });

  test("are announced, unless forced, and called with what fits their schemas", () => {
    expect(answer(ask(both, { tools })).content).toEqual([
      { type: "text", text: "I will call get_weather and get_time." },
      {
        type: "tool_use",
        id: "toolu_sim_1",
        name: "get_weather",
        input: { city: "Oslo", days: 1 },
      },
      { type: "tool_use", id: "toolu_sim_2", name: "get_time", input: {} },
    ]);
    const forced = answer(ask(both, { tools, tool_choice: { type: "any" } }));
    expect(forced.content.map(({ type }) => type)).toEqual(["tool_use"]);
  });

  test("get their input in pieces", () => {
    const pieces = read(ask("get_weather", { tools }))
      .flatMap((event) => (event.type === "content_block_delta" ? [event.delta] : []))
      .flatMap((delta) => (delta.type === "input_json_delta" ? [delta.partial_json] : []));
    expect(pieces.length).toBeGreaterThan(1);
    expect(JSON.parse(pieces.join(""))).toEqual({ city: "Oslo", days: 1 });
  });

  test("have their results quoted, and are not called again by their name", () => {
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
    const told = answer(ask("", { tools, messages }));
    expect(textOf(told)).toContain("The tools returned: “18 °C”, “noon”.");
    expect(told.stop_reason).toBe("end_turn");

    const next = [...messages, { role: "user", content: "get_time" }];
    const { content } = answer(ask("", { tools, messages: next }));
    expect(content.at(-1)).toMatchObject({ type: "tool_use", id: "toolu_sim_5" });
  });

  test("that do not exist cannot be forced", () => {
    const request = ask("hi", { tools, tool_choice: { type: "tool", name: "web_fetch" } });
    const refusal = expect.objectContaining({ type: "invalid_request_error" });
    expect(() => read(request)).toThrow(refusal);
  });
});

describe("structured output", () => {
  const schema = {
    type: "object",
    properties: { colour: { enum: ["red", "green"] }, parts: { items: { type: "integer" } } },
    required: ["colour", "parts"],
  };
  const output_config = { format: { type: "json_schema", schema } };

  test("is JSON that fits the schema", () => {
    const message = answer(ask("hi", { output_config }));
    expect(JSON.parse(textOf(message))).toEqual({ colour: "red", parts: [1] });
    expect(message.stop_reason).toBe("end_turn");
  });

  test("is cut like any other text", () => {
    const message = answer(ask("hi", { output_config, max_tokens: 1 }));
    expect(textOf(message)).toBe('{"colour');
    expect(message.stop_reason).toBe("max_tokens");
  });
});
