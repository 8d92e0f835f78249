// The request schema as tables: what is refused and where, and what the rest of the service gets to
// see of what is accepted.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { MAX_FAULTS } from "../../src/lib/zod-kinds.ts";
import { MAX_DEPTH, messageRequest, parseMessageRequest } from "../../src/protocol/request.ts";
import { isBuiltInTool, isCustomTool, toolName } from "../../src/protocol/tool.ts";
import { BAD_REQUESTS } from "../support/bad-requests.ts";

const hello = { role: "user", content: "Hello" };
const text = { type: "text", text: "Hello" };
const call = { type: "tool_use", id: "toolu_1", name: "clock", input: { zone: { of: "UTC" } } };
const clock = { name: "clock", input_schema: { type: "object" } };
const ephemeral = { type: "ephemeral" };
const schema = { type: "object", properties: { age: { type: "number" } } };
const MESSAGES = { model: "default", messages: [hello] };

function accept(body: unknown) {
  const parsed = parseMessageRequest(body);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.request;
}

function refuse(body: unknown) {
  const parsed = parseMessageRequest(body);
  if (parsed.ok) throw new Error("it was accepted");
  return parsed.issues;
}

/** Objects in `levels` levels, in a field of its own. */
function nested(levels: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`);
}

describe("what is refused", () => {
  test.for(BAD_REQUESTS.map((one) => [one.name, one] as const))("%s", ([, { body, loc }]) => {
    const issues = refuse(body);
    expect(issues.map((issue) => issue.loc.join(".")).sort()).toEqual([...loc].sort());
  });

  test("the table covers every field of a request", () => {
    const table = Object.keys(messageRequest.in.shape);
    const covered = BAD_REQUESTS.flatMap(({ loc }) => loc.map((one) => one.split(".")[1]));
    expect(table.filter((field) => !covered.includes(field))).toEqual([]);
  });

  test.for<[string, unknown, string, string | RegExp]>([
    ["a field that is missing", {}, "missing", "Field required"],
    ["a wrong type", { ...MESSAGES, stream: "yes" }, "invalid_type", /expected boolean/],
    ["a number out of range", { ...MESSAGES, temperature: 3 }, "too_big", /<=2/],
    [
      "a word that is not in the list",
      { ...MESSAGES, service_tier: "x" },
      "invalid_value",
      /"auto"/,
    ],
    [
      "a type that is not in the list",
      { messages: [{ role: "user", content: [{ type: "image", source: { type: "x" } }] }] },
      "invalid_value",
      "Invalid option: expected one of base64, url, file",
    ],
    ["a broken rule", { ...MESSAGES, tools: [clock, clock] }, "value_error", /same name/],
    [
      "a name that another tool stands for",
      {
        ...MESSAGES,
        tools: [
          { type: "code_execution_20250825", name: "code_execution" },
          { ...clock, name: "bash_code_execution" },
        ],
      },
      "value_error",
      /same name/,
    ],
    ["too deep a body", { ...MESSAGES, metadata: nested(200) }, "too_deep", /128 levels/],
  ])("%s says what is wrong, and has a word for programs", ([, body, type, msg]) => {
    expect(refuse(body)).toEqual([
      { loc: expect.any(Array), type, msg: expect.stringMatching(msg) },
    ]);
  });

  test("a place in a list is a number", () => {
    expect(refuse({ messages: [hello, 5] })[0]?.loc).toEqual(["body", "messages", 1]);
  });

  test("faults beyond what anyone reads are not collected", () => {
    expect(refuse({ messages: Array(100_000).fill({}) })).toHaveLength(MAX_FAULTS);
  });
});

describe("what is accepted", () => {
  test.for<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["the least there can be", {}, {}],
    ["a model", { model: "claude-fable-5" }, { model: "claude-fable-5" }],
    ["null for everything that may be absent", nulls(), {}],
    [
      "keys nobody knows, whatever is in them",
      { speed: "fast", fallbacks: null, betas: ["x"] },
      { speed: "fast", fallbacks: null, betas: ["x"] },
    ],
    ["system text", { system: "a" }, { system: [{ type: "text", text: "a" }] }],
    ["system text that is empty", { system: "" }, {}],
    [
      "a system block",
      { system: { ...text, cache_control: ephemeral } },
      { system: [{ ...text, cache_control: ephemeral }] },
    ],
    [
      "system prompts of all kinds in one list",
      {
        system: [
          "a",
          { ...text, cache_control: null, citations: null, x: 1 },
          { text: "b", cache_control: ephemeral, citations: { enabled: true }, prompt: {} },
          { text: null },
        ],
      },
      {
        system: [
          { type: "text", text: "a" },
          { ...text, x: 1 },
          { type: "text", text: "b", cache_control: ephemeral },
        ],
      },
    ],
    [
      "system messages, which follow the system prompt",
      {
        system: "a",
        messages: [
          { role: "system", content: "b" },
          hello,
          { role: "system", content: [{ ...text, cache_control: ephemeral }] },
        ],
      },
      {
        system: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
          { ...text, cache_control: ephemeral },
        ],
      },
    ],
    [
      "custom tools in both spellings",
      {
        tools: [
          { name: "a", input_schema: schema, type: null, description: null, strict: true },
          { type: "custom", name: "b", inputSchema: schema, deferLoading: true, description: "B" },
          { name: "c", input_schema: schema, inputSchema: {} },
          { name: "d" },
        ],
      },
      {
        tools: [
          { name: "a", input_schema: schema, strict: true },
          {
            type: "custom",
            name: "b",
            input_schema: schema,
            defer_loading: true,
            description: "B",
          },
          { name: "c", input_schema: schema },
          { name: "d", input_schema: { type: "object", properties: {} } },
        ],
      },
    ],
    [
      "built-in tools, and Anthropic's",
      {
        tools: [
          "semantic_search_v1",
          { type: "database_query_v1", name: "query", context: [], instructions: "" },
          { type: "bash_v1", context: null, name: null },
          { type: "web_search_20250305", name: "web_search", max_uses: 3 },
          { type: "mcp_toolset", mcp_server_name: "a" },
          { type: "mcp_toolset", mcp_server_name: "b" },
        ],
      },
      {
        tools: [
          { type: "semantic_search_v1" },
          { type: "database_query_v1", name: "query", context: [], instructions: "" },
          { type: "bash_v1" },
          { type: "web_search_20250305", name: "web_search", max_uses: 3 },
          { type: "mcp_toolset", mcp_server_name: "a" },
          { type: "mcp_toolset", mcp_server_name: "b" },
        ],
      },
    ],
    [
      "a choice of a built-in tool by the name it has",
      { tools: ["semantic_search_v1"], tool_choice: { type: "tool", name: "semantic_search" } },
      {
        tools: [{ type: "semantic_search_v1" }],
        tool_choice: { type: "tool", name: "semantic_search" },
      },
    ],
    [
      "a choice of a tool that an MCP server may have",
      {
        tools: [clock],
        mcp_servers: [{ url: "https://mcp.example" }],
        tool_choice: { type: "tool", name: "calendar" },
      },
      {
        tools: [clock],
        mcp_servers: [{ url: "https://mcp.example" }],
        tool_choice: { type: "tool", name: "calendar" },
      },
    ],
    [
      "a tool choice of few words",
      { tool_choice: { disable_parallel_tool_use: true, name: null } },
      { tool_choice: { type: "auto", disable_parallel_tool_use: true } },
    ],
    [
      "a thinking budget",
      {
        max_tokens: 4_096,
        thinking: { type: "enabled", budget_tokens: 2_048, display: "omitted" },
      },
      {
        max_tokens: 4_096,
        thinking: { type: "enabled", budget_tokens: 2_048, display: "omitted" },
      },
    ],
    [
      "MCP servers",
      {
        mcp_servers: [
          {
            type: "url",
            url: "http://localhost:8080/mcp",
            name: null,
            authorization_token: "secret",
            tool_configuration: { enabled: true, allowed_tools: null },
          },
        ],
      },
      {
        mcp_servers: [
          {
            type: "url",
            url: "http://localhost:8080/mcp",
            authorization_token: "secret",
            tool_configuration: { enabled: true },
          },
        ],
      },
    ],
    ["a container by its id", { container: "c_1" }, { container: "c_1" }],
    [
      "a container with skills",
      { container: { id: null, skills: [{ type: "anthropic", skill_id: "pdf" }] } },
      { container: { skills: [{ type: "anthropic", skill_id: "pdf" }] } },
    ],
    ...unchanged(),
  ])("%s", ([, fields, normalised]) => {
    const body = { messages: [hello], ...fields };
    const before = structuredClone(body);
    expect(accept(body)).toStrictEqual({ ...MESSAGES, ...normalised });
    expect(body, "what came in is left alone").toStrictEqual(before);
  });

  test.for<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["thinking on", { thinking: { enabled: true } }, { thinking: { type: "adaptive" } }],
    ["thinking off", { thinking: { enabled: false } }, { thinking: { type: "disabled" } }],
    ["thinking, and nothing more", { thinking: {} }, { thinking: { type: "disabled" } }],
    [
      "effort in thinking",
      { thinking: { enabled: true, effort: "xhigh" } },
      { thinking: { type: "adaptive" }, output_config: { effort: "xhigh" } },
    ],
    [
      "effort alone",
      { thinking: { effort: "low" } },
      { thinking: { type: "adaptive" }, output_config: { effort: "low" } },
    ],
    [
      "effort in both places",
      { thinking: { enabled: true, effort: "low" }, output_config: { effort: "max" } },
      { thinking: { type: "adaptive" }, output_config: { effort: "max" } },
    ],
    ["a response format of text", { response_format: { type: "text" } }, {}],
    ["a response format of text, by default", { response_format: {} }, {}],
    [
      "a response format",
      { response_format: { type: "json_schema", json_schema: schema } },
      { output_config: { format: { type: "json_schema", schema } } },
    ],
    [
      "a response format, wrapped as OpenAI does",
      { response_format: { type: "json_schema", json_schema: { name: "x", schema } } },
      { output_config: { format: { type: "json_schema", schema } } },
    ],
    [
      "an output format under its other name",
      { output_config: { format: { type: "json_schema", json_schema: schema } } },
      { output_config: { format: { type: "json_schema", schema } } },
    ],
    [
      "two formats",
      {
        response_format: { type: "json_schema", json_schema: {} },
        output_config: { format: { type: "json_schema", schema } },
      },
      { output_config: { format: { type: "json_schema", schema } } },
    ],
    [
      "a response format beside effort",
      {
        response_format: { type: "json_schema", json_schema: schema },
        outputConfig: { effort: "low" },
      },
      { output_config: { effort: "low", format: { type: "json_schema", schema } } },
    ],
    [
      "camelCase",
      { toolChoice: { type: "any" }, tools: [clock], cacheControl: ephemeral },
      { tool_choice: { type: "any" }, tools: [clock], cache_control: ephemeral },
    ],
    [
      "both spellings, of which the field's own wins",
      { tool_choice: { type: "none" }, toolChoice: { type: "any" } },
      { tool_choice: { type: "none" } },
    ],
    [
      "both spellings, of which one is null",
      { tool_choice: null, toolChoice: { type: "none" } },
      { tool_choice: { type: "none" } },
    ],
    [
      "skills by their older name",
      { tool_context: [{ type: "skill", skill_filter: { collection: "c", skill_ids: ["s"] } }] },
      {
        tool_context: [
          { type: "skill", skill_filter: { collection: "c", skill_or_version_ids: ["s"] } },
        ],
      },
    ],
  ])("PrivateGPT's %s is what Anthropic's would be", ([, theirs, anthropics]) => {
    const request = accept({ messages: [hello], ...theirs });
    expect(request).toStrictEqual({ ...MESSAGES, ...anthropics });
    expect(request).toStrictEqual(accept({ messages: [hello], ...anthropics }));
  });

  test("blocks of every type are kept as they came", () => {
    const messages = [
      { role: "user", content: [...userBlocks(), { type: "hologram", depth: null }] },
      { role: "assistant", content: assistantBlocks(), stop_reason: "tool_use" },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "toolu_1", content: userBlocks() }],
      },
      {
        role: "assistant",
        content: [
          { ...call, id: "toolu_2" },
          { type: "tool_result", tool_use_id: "toolu_2", content: "" },
        ],
      },
      hello,
    ];
    expect(accept({ messages }).messages).toStrictEqual(messages);
  });

  test("null in what a block may lack is as good as absent", () => {
    const content = [{ ...text, cache_control: null, citations: null, seen: null }];
    expect(accept({ messages: [{ role: "user", content }] }).messages).toStrictEqual([
      { role: "user", content: [{ ...text, seen: null }] },
    ]);
  });

  test("tools tell who runs them, and what a model calls them", () => {
    const tools = accept({
      messages: [hello],
      tools: [
        clock,
        "bash_v1",
        { type: "web_search_20250305", name: "web_search" },
        { type: "mcp_toolset" },
      ],
    }).tools;
    expect(tools?.map((tool) => [isCustomTool(tool), isBuiltInTool(tool), toolName(tool)])).toEqual(
      [
        [true, false, "clock"],
        [false, true, "bash"],
        [false, false, "web_search"],
        [false, false, undefined],
      ],
    );
  });
});

describe("bodies meant to do harm", () => {
  test.for<[string, number, boolean]>([
    ["as deep as allowed", MAX_DEPTH - 1, true],
    ["one level deeper", MAX_DEPTH, false],
    ["so deep that recursion would overflow", 100_000, false],
  ])("a body %s", ([, levels, ok]) => {
    const parsed = parseMessageRequest({ messages: [hello], extra: nested(levels) });
    expect(parsed.ok).toBe(ok);
    if (parsed.ok) return;
    const path = ["body", "extra", ...Array(MAX_DEPTH - 1).fill("a")];
    expect(parsed.issues).toMatchObject([{ loc: path, type: "too_deep" }]);
  });

  test("a body as large as they come is no work", () => {
    const data = "A".repeat(30 * 1024 ** 2);
    const source = { type: "base64", media_type: "image/png", data };
    const image = { role: "user", content: [{ type: "image", source }] };
    const turns = Array(50_000)
      .fill([{ role: "assistant", content: [text] }, hello])
      .flat();
    const start = performance.now();
    expect(accept({ messages: [image] }).messages).toHaveLength(1);
    expect(accept({ messages: turns }).messages).toHaveLength(100_000);
    expect(performance.now() - start, "milliseconds").toBeLessThan(4_000); // 200 on an idle machine
  });

  test("an answer does not repeat megabytes", () => {
    const long = "x".repeat(1024 ** 2);
    const calls = Array(20).fill({ ...call, id: long, name: long });
    const tools = Array(20).fill({ name: long });
    const messages = [{ role: "assistant", content: calls }];
    const issues = refuse({ messages, tools, tool_choice: { type: long }, [long]: long });
    expect(JSON.stringify(issues).length).toBeLessThan(20_000);
  });

  test("prototypes stay clean", () => {
    const poison = '{"polluted":true,"role":"user","type":"text","enabled":true}';
    const keys = `"__proto__":${poison},"constructor":{"prototype":${poison}}`;
    const tool = `{"name":"a",${keys},"input_schema":{${keys}}}`;
    const block = `{"type":"text","text":"a",${keys}}`;
    const message = `{"role":"user","content":[${block}],${keys}}`;
    const body = `{"messages":[${message}],${keys},"tools":[${tool}],"metadata":{${keys}}}`;
    const request = accept(JSON.parse(body));
    const { messages, tools = [], metadata = {} } = request;
    const parts = [
      request,
      messages[0],
      messages[0]?.content[0],
      ...tools,
      tools[0]?.input_schema,
      metadata,
    ];
    for (const part of [{}, ...parts]) {
      expect(Object.getPrototypeOf(part)).toBe(Object.prototype);
      expect(part).not.toHaveProperty("polluted");
    }
  });

  test("a field is not found on a prototype", () => {
    expect(
      refuse(JSON.parse('{"__proto__":{"messages":[{"role":"user","content":"a"}]}}')),
    ).toMatchObject([{ loc: ["body", "messages"], type: "missing" }]);
    const [issue] = refuse(
      JSON.parse('{"messages":[{"role":"user","content":[{"type":"constructor"},5]}]}'),
    );
    expect(issue?.loc).toEqual(["body", "messages", 0, "content", 1]);
  });

  test("any JSON gets an answer", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (body) => {
        expect(parseMessageRequest(body).ok).toBeTypeOf("boolean");
      }),
      { numRuns: 500 },
    );
  });

  test("any body that was good once gets an answer; what is accepted is accepted again, unchanged", () => {
    fc.assert(
      fc.property(mutations(), (body) => {
        const parsed = parseMessageRequest(body);
        if (parsed.ok) {
          expect(accept(parsed.request)).toStrictEqual(parsed.request);
          return;
        }
        expect(parsed.issues).not.toHaveLength(0);
        const told = parsed.issues.map(({ loc, msg }) => JSON.stringify([loc, msg]));
        expect(new Set(told).size, "nothing is told twice").toBe(told.length);
      }),
      { numRuns: 1_000 },
    );
  });
});

test("the schema can be shown as JSON Schema", () => {
  const shown = z.toJSONSchema(messageRequest, { io: "input", unrepresentable: "any" });
  expect(shown.required).toEqual(["messages"]);
  expect(Object.keys(shown.properties ?? {})).toEqual(Object.keys(messageRequest.in.shape));
});

/** `null` in every field but `messages`. */
function nulls(): Record<string, null> {
  const fields = Object.keys(messageRequest.in.shape).filter((field) => field !== "messages");
  return Object.fromEntries(fields.map((field) => [field, null]));
}

/** Fields whose value is the same afterwards. */
function unchanged(): [string, Record<string, unknown>, Record<string, unknown>][] {
  const fields = {
    max_tokens: 1,
    output_config: { effort: "high", format: { type: "json_schema", schema }, task_budget: {} },
    cache_control: { type: "ephemeral", ttl: "1h" },
    stream: true,
    tool_context: [
      { type: "text", value: "" },
      { type: "file", value: "aGVsbG8=" },
      { type: "uri", value: "https://a.example/b" },
      {
        type: "sql_database",
        connection_string: "postgres://u:p@db/x",
        schemas: ["public"],
        ssl: true,
      },
      { type: "ingested_artifact", context_filter: { collection: "c", artifacts: ["a"] } },
      { type: "skill", skill_filter: { collection: "c", skill_or_version_ids: ["s"] } },
    ],
    maximum_loaded_skills: 1,
    context_management: {
      edits: [
        {
          type: "clear_tool_uses_20250919",
          trigger: { type: "input_tokens", value: 1_000 },
          keep: { type: "tool_uses", value: 0 },
          clear_at_least: { type: "input_tokens", value: 5 },
          exclude_tools: ["clock"],
          clear_tool_inputs: true,
        },
        { type: "clear_thinking_20251015", keep: { type: "thinking_turns", value: 2 } },
        { type: "clear_thinking_20251015", keep: "all" },
        { type: "compact_20260112", instructions: null },
      ],
    },
    temperature: 2,
    top_p: 1,
    min_p: 0,
    top_k: 0,
    seed: -1,
    priority: -5,
    repetition_penalty: 0.1,
    presence_penalty: -2,
    frequency_penalty: 2,
    stop_sequences: ["\n\nHuman:"],
    metadata: { user_id: "u".repeat(512), team: { name: "x" } },
    service_tier: "standard_only",
    inference_geo: "eu",
    correlation_id: "a b-~".padEnd(256, "."),
    on_interrupt: "restart",
    webhook: { url: "https://hooks.example/x", events: ["message.completed"] },
    expires_after: 1,
  };
  return Object.entries(fields).map(([field, value]) => [
    field,
    { [field]: value },
    { [field]: value },
  ]);
}

function userBlocks() {
  const media = { type: "base64", media_type: "image/webp", data: "aaaa" };
  return [
    { ...text, cache_control: ephemeral, citations: [{ cited_text: "a" }] },
    { type: "image", source: media, cache_control: ephemeral },
    { type: "image", source: { type: "url", url: "https://a.example/b.png" } },
    { type: "image", source: { type: "file", file_id: "file_1" } },
    {
      type: "document",
      source: { ...media, media_type: "application/pdf" },
      title: "T",
      context: "C",
    },
    { type: "document", source: { type: "text", media_type: "text/plain", data: "a" } },
    { type: "document", source: { type: "content", content: "a" }, citations: { enabled: true } },
    { type: "document", source: { type: "content", content: [text] } },
    { type: "document", source: { type: "url", url: "https://a.example/b.pdf" } },
    {
      type: "search_result",
      source: "s",
      title: "t",
      content: [text],
      citations: { enabled: true },
    },
  ];
}

function assistantBlocks() {
  return [
    { type: "thinking", thinking: "", signature: "" },
    { type: "thinking", thinking: "from another vendor" },
    { type: "redacted_thinking", data: "x" },
    { ...call, cache_control: ephemeral, caller: { type: "direct" } },
    { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "a" } },
    {
      type: "web_search_tool_result",
      tool_use_id: "srvtoolu_1",
      content: [{ type: "web_search_result" }],
    },
    { type: "mcp_tool_use", id: "mcptoolu_1", name: "a", server_name: "s", input: {} },
    { type: "mcp_tool_result", tool_use_id: "mcptoolu_1", is_error: false, content: [text] },
    { type: "container_upload", file_id: "file_1" },
  ];
}

/** Good bodies in which some values have been replaced by others, or by any JSON. */
function mutations(): fc.Arbitrary<unknown> {
  const good: unknown[] = [
    { ...MESSAGES, ...Object.assign({}, ...unchanged().map(([, fields]) => fields)) },
    {
      system: ["a", { text: "b" }, text],
      messages: [
        { role: "system", content: "c" },
        { role: "user", content: userBlocks() },
        { role: "assistant", content: assistantBlocks() },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "toolu_1", content: [text] }],
        },
      ],
      tools: [clock, "bash_v1", { type: "web_search_20250305", name: "web_search" }],
      toolChoice: { type: "tool", name: "clock" },
      thinking: { enabled: true, effort: "low" },
      max_tokens: 4_096,
      response_format: { type: "json_schema", json_schema: { name: "x", schema } },
      mcp_servers: [
        { type: "url", url: "https://mcp.example", tool_configuration: { enabled: true } },
      ],
      container: { id: "c", skills: [{ type: "custom", skill_id: "s" }] },
    },
  ];
  const parts = good.flatMap(partsOf);
  const replacement = fc.oneof(fc.constantFrom(null, "", 0, [], {}, ...parts), fc.jsonValue());
  const replacements = fc.array(fc.tuple(fc.nat(), replacement), { minLength: 1, maxLength: 3 });
  return fc.tuple(fc.constantFrom(...good), replacements).map(([body, all]) => {
    let mutant: unknown = structuredClone(body);
    for (const [place, value] of all) {
      const paths = pathsOf(mutant);
      mutant = replaceAt(mutant, paths[place % paths.length] ?? [], structuredClone(value));
    }
    return mutant;
  });
}

type Path = (string | number)[];

function entriesOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

function partsOf(value: unknown): unknown[] {
  return [value, ...entriesOf(value).flatMap(([, part]) => partsOf(part))];
}

function pathsOf(value: unknown): Path[] {
  return [
    [],
    ...entriesOf(value).flatMap(([key, part]) => pathsOf(part).map((path) => [key, ...path])),
  ];
}

function replaceAt(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const entries = entriesOf(value).map(([at, part]): [string | number, unknown] => [
    at,
    at === key ? replaceAt(part, rest, replacement) : part,
  ]);
  return Array.isArray(value) ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}
