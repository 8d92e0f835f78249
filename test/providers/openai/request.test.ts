// A request of the Messages API as the body of a chat completion: a table for each thing it says.

import { describe, expect, test } from "vitest";
import { type MessageRequest, parseMessageRequest } from "../../../src/protocol/request.ts";
import { openaiIgnoredFields, toChatCompletion } from "../../../src/providers/openai/request.ts";
import type { Route } from "../../../src/providers/route.ts";

const HI = [{ role: "user", content: "Hi" }];
const PNG = "iVBORw0KGgo=";

function parse(fields: object): MessageRequest {
  const parsed = parseMessageRequest({ model: "asked", messages: HI, ...fields });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.request;
}

function createRoute(options: Route["options"] = {}): Route {
  return { provider: "openai", options };
}

function toBody(fields: object, options?: Route["options"]) {
  return toChatCompletion({ request: parse(fields), route: createRoute(options) });
}

function toMessages(messages: object[], options?: Route["options"]) {
  return toBody({ messages }, options).messages;
}

const LEAST = {
  model: "asked",
  messages: [{ role: "user", content: "Hi" }],
  stream: true,
  stream_options: { include_usage: true },
  max_tokens: 4096,
};

const TOOL = { name: "f", description: "does", input_schema: { type: "object" } };
const FUNCTION = { name: "f", description: "does", parameters: { type: "object" } };
const SCHEMA = { type: "object", properties: { a: { type: "string" } } };

/** Fields of the request, options of the route, and how the body differs for them from the least. */
test.for<[string, object, Route["options"], object]>([
  ["nothing more", {}, {}, {}],
  ["max_tokens", { max_tokens: 7 }, {}, { max_tokens: 7 }],
  ["the route's default of it", {}, { max_tokens: 9 }, { max_tokens: 9 }],
  [
    "its other name",
    { max_tokens: 7 },
    { max_tokens_field: "max_completion_tokens" },
    { max_completion_tokens: 7, max_tokens: undefined },
  ],
  [
    "sampling",
    { temperature: 0, top_p: 0.5, presence_penalty: -1, frequency_penalty: 1, seed: 3 },
    {},
    { temperature: 0, top_p: 0.5, presence_penalty: -1, frequency_penalty: 1, seed: 3 },
  ],
  [
    "sampling that vLLM has",
    { min_p: 0.1, top_k: 5, repetition_penalty: 1.1, priority: -1 },
    {},
    { min_p: 0.1, top_k: 5, repetition_penalty: 1.1, priority: -1 },
  ],
  ["stop sequences", { stop_sequences: ["END"] }, {}, { stop: ["END"] }],
  ["no stop sequences", { stop_sequences: [] }, {}, {}],
  ["those kept here", { stop_sequences: ["END"] }, { local_stop: true }, {}],
  ["a user", { metadata: { user_id: "u", team: "t" } }, {}, { user: "u" }],
  ["service tier auto", { service_tier: "auto" }, {}, { service_tier: "auto" }],
  [
    "service tier standard_only",
    { service_tier: "standard_only" },
    {},
    { service_tier: "default" },
  ],
  [
    "extra fields",
    { temperature: 1 },
    { extra_body: { temperature: 0, x: 1 } },
    { temperature: 0, x: 1 },
  ],
  ["unknown fields", { novelty: 1 }, {}, {}],
  [
    "a schema",
    { output_config: { format: { type: "json_schema", schema: SCHEMA } } },
    {},
    {
      response_format: {
        type: "json_schema",
        json_schema: { name: "response", strict: true, schema: SCHEMA },
      },
    },
  ],
  ["tools", { tools: [TOOL] }, {}, { tools: [{ type: "function", function: FUNCTION }] }],
  [
    "strict tools",
    { tools: [{ ...TOOL, strict: true }] },
    {},
    { tools: [{ type: "function", function: { ...FUNCTION, strict: true } }] },
  ],
  [
    "custom tools among others",
    { tools: [{ type: "custom", ...TOOL }, { type: "semantic_search_v1" }] },
    {},
    { tools: [{ type: "function", function: FUNCTION }] },
  ],
  [
    "only other tools",
    { tools: [{ type: "web_search_20260209", name: "web_search" }], tool_choice: { type: "auto" } },
    {},
    {},
  ],
])("%s", ([, fields, options, expected]) => {
  expect(toBody(fields, options)).toEqual({ ...LEAST, ...expected });
});

/** A `tool_choice`, and what the body says about choosing. */
test.for<[object, object]>([
  [{ type: "auto" }, { tool_choice: "auto" }],
  [{ type: "any" }, { tool_choice: "required" }],
  [{ type: "none" }, { tool_choice: "none" }],
  [{ type: "tool", name: "f" }, { tool_choice: { type: "function", function: { name: "f" } } }],
  [
    { type: "auto", disable_parallel_tool_use: true },
    { tool_choice: "auto", parallel_tool_calls: false },
  ],
])("tool_choice %j", ([tool_choice, expected]) => {
  const tools = [{ type: "function", function: FUNCTION }];
  expect(toBody({ tools: [TOOL], tool_choice })).toEqual({ ...LEAST, tools, ...expected });
});

const enabled = (budget_tokens: number) => ({ thinking: { type: "enabled", budget_tokens } });

test.for<[string, object, Route["options"], string | undefined]>([
  ["nothing said", {}, {}, undefined],
  ["a small budget", enabled(1024), {}, "low"],
  ["a middling budget", enabled(4000), {}, "medium"],
  ["a large budget", enabled(16_000), {}, "high"],
  ["adaptive thinking", { thinking: { type: "adaptive" } }, {}, "medium"],
  ["PrivateGPT's thinking", { thinking: { enabled: true } }, {}, "medium"],
  ["effort beside a budget", { ...enabled(1024), output_config: { effort: "high" } }, {}, "high"],
  ["effort alone", { output_config: { effort: "low" } }, {}, "low"],
  ["the most effort", { output_config: { effort: "max" } }, {}, "xhigh"],
  ["disabled thinking", { thinking: { type: "disabled" } }, {}, undefined],
  [
    "disabled thinking where that can be said",
    { thinking: { type: "disabled" } },
    { reasoning_effort_none: true },
    "none",
  ],
])("%s", ([, fields, options, effort]) => {
  expect(toBody(fields, options).reasoning_effort).toBe(effort);
});

const use = (id: string, input: object = {}) => ({ type: "tool_use", id, name: "f", input });
const result = (tool_use_id: string, content: unknown, rest: object = {}) => ({
  type: "tool_result",
  tool_use_id,
  content,
  ...rest,
});
const called = (id: string, args = "{}", name = "f") => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const text = (text: string) => ({ type: "text", text });
const image = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };
const imagePart = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };

/** A user's content, and the message it becomes. */
test.for<[string, unknown[], unknown]>([
  ["text", [text("a")], "a"],
  ["several texts", [text("a"), text("b")], "a\n\nb"],
  ["an image", [text("a"), image], [text("a"), imagePart]],
  [
    "an image by address",
    [{ type: "image", source: { type: "url", url: "https://x.test/a.png" } }],
    [{ type: "image_url", image_url: { url: "https://x.test/a.png" } }],
  ],
  [
    "a text document",
    [
      {
        type: "document",
        title: "T",
        context: "C",
        source: { type: "text", media_type: "text/plain", data: "body" },
      },
    ],
    "Document: T\nContext: C\n\nbody",
  ],
  [
    "a document of blocks",
    [{ type: "document", title: "T", source: { type: "content", content: [text("a"), image] } }],
    [text("Document: T"), text("a"), imagePart],
  ],
  [
    "a PDF",
    [
      {
        type: "document",
        title: "T.pdf",
        source: { type: "base64", media_type: "application/pdf", data: PNG },
      },
    ],
    [
      {
        type: "file",
        file: { filename: "T.pdf", file_data: `data:application/pdf;base64,${PNG}` },
      },
    ],
  ],
  [
    "a document by address, which nobody fetches",
    [{ type: "document", source: { type: "url", url: "https://x.test/a.pdf" } }],
    "(A document that is not available here. It is at https://x.test/a.pdf)",
  ],
  [
    "a search result",
    [{ type: "search_result", source: "s", title: "T", content: [text("a"), text("b")] }],
    "Search result: T\nSource: s\n\na\n\nb",
  ],
])("a user's %s", ([, content, expected]) => {
  expect(toMessages([{ role: "user", content }])).toEqual([{ role: "user", content: expected }]);
});

describe("the conversation", () => {
  test("system blocks become one message at its head", () => {
    const system = [text("Be brief."), "Be kind."];
    expect(
      toBody({ system, messages: [...HI, { role: "system", content: "Now." }] }).messages,
    ).toEqual([
      { role: "system", content: "Be brief.\n\nBe kind.\n\nNow." },
      { role: "user", content: "Hi" },
    ]);
  });

  test("calls, and their results right after them", () => {
    const conversation = [
      ...HI,
      { role: "assistant", content: [text("Let "), text("me."), use("1", { a: 1 }), use("2")] },
      {
        role: "user",
        content: [
          text("And?"),
          result("1", "one"),
          result("2", [text("two"), image, text("more")], { is_error: true }),
        ],
      },
    ];
    expect(toMessages(conversation)).toEqual([
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: "Let me.",
        tool_calls: [called("1", '{"a":1}'), called("2")],
      },
      { role: "tool", tool_call_id: "1", content: "one" },
      { role: "tool", tool_call_id: "2", content: "Error: two\n\nmore" },
      {
        role: "user",
        content: [text("From the result of tool call 2:"), imagePart, text("And?")],
      },
    ]);
  });

  test("a result without text, and one without anything", () => {
    const conversation = [
      ...HI,
      { role: "assistant", content: [use("1"), use("2"), use("3")] },
      { role: "user", content: [result("1", [image]), result("2", undefined), result("3", [])] },
    ];
    expect(toMessages(conversation)).toMatchObject([
      { role: "user" },
      { role: "assistant", content: null },
      { role: "tool", content: "(The result is in the next message.)" },
      { role: "tool", content: "" },
      { role: "tool", content: "" },
      { role: "user", content: [{ type: "text" }, imagePart] },
    ]);
  });

  test.for<[Route["options"], object]>([
    [{}, {}],
    [{ send_reasoning: true }, { reasoning_content: "Hm" }],
    [{ send_reasoning: "reasoning" }, { reasoning: "Hm" }],
  ])("thinking with the options %j", ([options, expected]) => {
    const thinking = { type: "thinking", thinking: "Hm", signature: "s" };
    const conversation = [...HI, { role: "assistant", content: [thinking, text("Yes.")] }, ...HI];
    expect(toMessages(conversation, options)).toEqual([
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Yes.", ...expected },
      { role: "user", content: "Hi" },
    ]);
  });

  test("a turn of which only left-out thinking was there is left out", () => {
    const thinking = { type: "thinking", thinking: "Hm", signature: "s" };
    expect(toMessages([...HI, { role: "assistant", content: [thinking] }, ...HI])).toHaveLength(2);
  });
});

const EPHEMERAL = { type: "ephemeral" };

test.for<[string, object, string[]]>([
  ["nothing", {}, []],
  [
    "what this service does itself",
    { on_interrupt: "fail", expires_after: 60, correlation_id: "c", stream: true },
    [],
  ],
  [
    "what is carried",
    {
      system: "s",
      max_tokens: 5,
      temperature: 1,
      top_p: 1,
      top_k: 1,
      min_p: 0,
      seed: 1,
      priority: 1,
      presence_penalty: 1,
      frequency_penalty: 1,
      repetition_penalty: 1,
      stop_sequences: ["a"],
      metadata: { user_id: "u" },
      service_tier: "auto",
      tools: [TOOL],
      tool_choice: { type: "any" },
      thinking: { type: "adaptive" },
      output_config: { effort: "low", format: { type: "json_schema", schema: SCHEMA } },
    },
    [],
  ],
  [
    "what only others have",
    {
      cache_control: EPHEMERAL,
      container: "c",
      context_management: { edits: [{ type: "clear_thinking_20251015" }] },
      mcp_servers: [{ url: "https://mcp.test/" }],
      tool_context: [{ type: "text", value: "x" }],
      maximum_loaded_skills: 1,
      inference_geo: "eu",
      novelty: 1,
    },
    [
      "cache_control",
      "container",
      "context_management",
      "inference_geo",
      "maximum_loaded_skills",
      "mcp_servers",
      "novelty",
      "tool_context",
    ],
  ],
  ["empty lists", { tool_context: [], mcp_servers: [] }, []],
  [
    "cache_control in a tool",
    { tools: [{ ...TOOL, cache_control: EPHEMERAL }] },
    ["cache_control"],
  ],
  [
    "cache_control in a block",
    { messages: [{ role: "user", content: [{ ...text("a"), cache_control: EPHEMERAL }] }] },
    ["cache_control"],
  ],
  [
    "cache_control in a result",
    {
      messages: [
        { role: "assistant", content: [use("1")] },
        {
          role: "user",
          content: [result("1", [{ ...text("a"), cache_control: EPHEMERAL }])],
        },
      ],
    },
    ["cache_control"],
  ],
  ["other tools", { tools: [TOOL, { type: "bash_v1" }] }, ["tools"]],
  [
    "only other tools",
    { tools: [{ type: "bash_v1" }], tool_choice: { type: "any" } },
    ["tool_choice", "tools"],
  ],
  [
    "blocks of other kinds",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "container_upload", file_id: "f" },
            { type: "image", source: { type: "file", file_id: "f" } },
            {
              type: "document",
              source: { type: "url", url: "https://x.test/" },
              citations: { enabled: true },
            },
          ],
        },
      ],
    },
    ["citations", "messages.container_upload", "messages.document", "messages.image"],
  ],
  [
    "what is within a document, within a result",
    {
      messages: [
        { role: "assistant", content: [use("1")] },
        {
          role: "user",
          content: [
            result("1", [
              {
                type: "document",
                source: {
                  type: "content",
                  content: [
                    { ...text("a"), cache_control: EPHEMERAL },
                    { type: "image", source: { type: "file", file_id: "f" } },
                  ],
                },
              },
            ]),
          ],
        },
      ],
    },
    ["cache_control", "messages.image"],
  ],
  [
    "members that have no counterpart",
    {
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: "low", task_budget: { type: "tokens", total: 9 } },
      tools: [TOOL, { ...TOOL, name: "g", input_examples: [{}], strict: true }],
      tool_choice: { type: "any", validation_mode: "eager" },
    },
    [
      "output_config.task_budget",
      "thinking.display",
      "tool_choice.validation_mode",
      "tools.input_examples",
    ],
  ],
  [
    "effort without thinking",
    { thinking: { type: "disabled" }, output_config: { effort: "low" } },
    ["output_config.effort"],
  ],
])("ignored: %s", ([, fields, expected]) => {
  expect(openaiIgnoredFields(parse(fields), createRoute()).sort()).toEqual(expected);
});
