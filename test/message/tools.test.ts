// Messages of several turns: what the upstream calls runs here, on a real MCP server and on scripted
// ones, and the conversation goes on in one log.

import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import {
  cancel,
  ended,
  message,
  objectOf,
  observe,
  start,
  status,
  TRANSPORTS,
} from "../support/client.ts";
import { EVERY_CALL } from "../support/everything.ts";
import { foldWithBetaSdk } from "../support/folding.ts";
import { expectWhole, namesOf, parse } from "../support/laws.ts";
import { type McpScript, scripted } from "../support/mcp-script.ts";
import { type Playing, prepare } from "../support/play.ts";
import {
  type Answer,
  anthropicBlock,
  anthropicEnd,
  anthropicStart,
  anthropicText,
  anthropicToolUse,
  openaiDelta,
  openaiEnd,
  openaiText,
  openaiToolCall,
  type Seen,
  type Step,
} from "../support/script.ts";
import { publishText } from "../support/site.ts";
import { remains } from "../support/storage.ts";

type Scripts = [Answer | Step[], ...(Answer | Step[])[]];
type Blocks = Record<string, unknown>[];

const everything = () => ({ type: "url", url: inject("everything"), name: "everything" });
const say = (...texts: string[]) => texts.map((text) => ({ type: "text", text }));

/** A message whose upstream says `scripts`, with fields of the request beside. */
async function begin(fields: object, ...scripts: Scripts): Promise<Playing> {
  const playing = prepare(...scripts);
  const { code, body } = await start(
    { mcp_servers: [everything()], ...playing.body, ...fields },
    { id: playing.id },
  );
  expect([code, body.detail]).toEqual([200, undefined]);
  return playing;
}

/** Several calls in one turn. */
function calls(...uses: [name: string, input: unknown, id: string][]): Step[] {
  return [
    anthropicStart(),
    ...uses.flatMap(([name, input, id], index) =>
      anthropicBlock(index, { type: "tool_use", id, name, input: {} }, [
        { type: "input_json_delta", partial_json: JSON.stringify(input) },
      ]),
    ),
    ...anthropicEnd("tool_use"),
  ];
}

async function contentOf({ id }: Playing): Promise<Blocks> {
  return (await message(id)).body.content;
}

/** What the upstream was asked in turn `at`, counted from the end. */
async function askedIn({ requested }: Playing, turns: number, at = -1) {
  const { requests } = await requested(turns);
  return requests.at(at)?.body as Record<string, unknown> & { messages: Blocks };
}

const SUM = anthropicToolUse("get-sum", { a: 1, b: 2 });

describe.each(TRANSPORTS)("over %s", (transport) => {
  test("a call, its result and the answer are one log with one beginning and one end", async () => {
    const { id } = await begin({}, SUM, anthropicText(["Three."]));
    const log = await (await observe(transport, id)).rest();
    expectWhole(log);
    const events = parse(log);
    expect(namesOf(log).filter((name) => name === "message_start")).toHaveLength(1);
    const deltas = events.filter((event) => event.type === "message_delta");
    expect(deltas.map(({ delta }) => delta.stop_reason)).toEqual([null, "end_turn"]);
    const content = [
      {
        type: "mcp_tool_use",
        id: "toolu_1",
        name: "get-sum",
        server_name: "everything",
        input: { a: 1, b: 2 },
      },
      {
        type: "mcp_tool_result",
        tool_use_id: "toolu_1",
        is_error: false,
        content: say("The sum of 1 and 2 is 3."),
      },
      { type: "text", text: "Three." },
    ];
    const usage = { input_tokens: 14, output_tokens: 10 };
    expect((await message(id)).body).toMatchObject({ content, usage, stop_reason: "end_turn" });
    expect(await foldWithBetaSdk(events)).toMatchObject({
      content,
      usage,
      stop_reason: "end_turn",
    });
  });
});

test("the status tells of turns, tools and all tokens, and nothing is ignored", async () => {
  const { id } = await begin({}, SUM, anthropicText(["Three."]));
  expect(await ended(id)).toMatchObject({
    status: "completed",
    metadata: {
      turns: 2,
      attempts: 2,
      tools_used: ["get-sum"],
      usage: { input_tokens: 14, output_tokens: 10 },
      stop_reason: "end_turn",
      ignored_fields: [],
    },
  });
});

test("the upstream is offered the tools, and told of calls and results as of its own", async () => {
  const playing = await begin({}, SUM, anthropicText(["Three."]));
  const first = await askedIn(playing, 2, 0);
  expect(first).not.toHaveProperty("mcp_servers");
  const tools = first.tools as { name: string; input_schema: object }[];
  expect(tools.find(({ name }) => name === "get-sum")?.input_schema).toMatchObject({
    required: ["a", "b"],
  });
  const { messages } = await askedIn(playing, 2);
  expect(messages.slice(1)).toEqual([
    {
      role: "assistant",
      content: [{ type: "tool_use", id: "toolu_1", name: "get-sum", input: { a: 1, b: 2 } }],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "toolu_1", content: say("The sum of 1 and 2 is 3.") },
      ],
    },
  ]);
});

test("in the other dialect it is the same", async () => {
  const playing = await begin(
    { model: "script-openai" },
    openaiToolCall("get-sum", { a: 1, b: 2 }),
    openaiText(["Three."]),
  );
  expect((await ended(playing.id)).status).toBe("completed");
  expect(await contentOf(playing)).toMatchObject([
    { type: "mcp_tool_use", name: "get-sum", input: { a: 1, b: 2 } },
    { type: "mcp_tool_result", content: say("The sum of 1 and 2 is 3.") },
    { type: "text", text: "Three." },
  ]);
  const { messages } = await askedIn(playing, 2);
  expect(messages.slice(1)).toMatchObject([
    { role: "assistant", tool_calls: [{ function: { name: "get-sum" } }] },
    { role: "tool", content: "The sum of 1 and 2 is 3." },
  ]);
});

const everyCall = EVERY_CALL.map(([name, input], index) => ({
  index,
  id: `call_${index}`,
  type: "function",
  function: { name, arguments: JSON.stringify(input) },
}));

test.for<[model: string, Step[], Step[]]>([
  [
    "script-anthropic",
    calls(
      ...EVERY_CALL.map(([name, input], at): [string, object, string] => [name, input, `${at}`]),
    ),
    anthropicText(["Done."]),
  ],
  [
    "script-openai",
    [
      openaiDelta({ role: "assistant", tool_calls: everyCall }),
      ...openaiEnd({ reason: "tool_calls" }),
    ],
    openaiText(["Done."]),
  ],
])("every tool of a real server, called at once: %s", async ([model, turn, answer]) => {
  const playing = await begin({ model }, turn, answer);
  expect(await ended(playing.id)).toMatchObject({
    error_message: null,
    metadata: { turns: 2, stop_reason: "end_turn" },
  });
  const results = (await contentOf(playing)).filter(({ type }) => type === "mcp_tool_result");
  expect(results.filter(({ is_error }) => is_error)).toEqual([]);
  expect(results).toHaveLength(EVERY_CALL.length);
});

test("calls of one turn run at once, and results come as they are there", async () => {
  const slow = scripted(inject("mcp"), { "tools/call": [{ steps: [{ gate: "slow" }] }] });
  const servers = [{ url: slow.url, name: "slow" }, everything()];
  const playing = await begin(
    { mcp_servers: servers },
    calls(["slow__echo", {}, "a"], ["get-sum", { a: 1, b: 2 }, "b"]),
    anthropicText(["Done."]),
  );
  const log = await (await observe("sse", playing.id)).take(10);
  expect(parse(log).at(-2)).toMatchObject({ content_block: { tool_use_id: "b" } });
  expect((await cancel(playing.id)).body.status).toBe("cancelled");
});

test("a name that was made up, and input that does not fit, are told to the model", async () => {
  const playing = await begin(
    {},
    calls(["guess", {}, "a"], ["get-sum", { a: "one" }, "b"]),
    anthropicText(["Sorry."]),
  );
  expect((await ended(playing.id)).status).toBe("completed");
  const results = (await contentOf(playing)).filter(({ is_error }) => is_error);
  expect(results.map(({ tool_use_id, type }) => [tool_use_id, type]).sort()).toEqual([
    ["a", "server_tool_result"],
    ["b", "mcp_tool_result"],
  ]);
  expect(JSON.stringify(results)).toContain("There is no tool guess. There are: echo");
});

test("with a tool of the caller's in the same turn, ours run and the message ends for it", async () => {
  const tools = [{ name: "mine", input_schema: { type: "object" } }];
  const playing = await begin(
    { tools },
    calls(["mine", {}, "m"], ["get-sum", { a: 1, b: 2 }, "s"]),
    anthropicText(["never"]),
  );
  expect((await ended(playing.id)).metadata).toMatchObject({ stop_reason: "tool_use", turns: 1 });
  const content = await contentOf(playing);
  expect(content.map(({ type }) => type)).toEqual(["tool_use", "mcp_tool_use", "mcp_tool_result"]);
  expect(await playing.requests()).toBe(1);
});

test("what the caller sends back then is told in one message", async () => {
  const tools = [{ name: "mine", input_schema: { type: "object" } }];
  const first = await begin({ tools }, calls(["mine", {}, "m"], ["get-sum", { a: 1, b: 2 }, "s"]));
  await ended(first.id);
  const content = await contentOf(first);
  const second = prepare(anthropicText(["Done."]));
  const messages = [
    { role: "user", content: "Hi" },
    { role: "assistant", content },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "m", content: "x" },
        { type: "text", text: second.body.messages[0]?.content },
      ],
    },
  ];
  const body = { ...second.body, tools, mcp_servers: [everything()], messages };
  expect((await start(body, { id: second.id })).code).toBe(200);
  const asked = await askedIn(second, 1);
  expect(asked.messages[1]?.content).toMatchObject([
    { type: "tool_use", id: "m" },
    { type: "tool_use", id: "s", name: "get-sum" },
  ]);
  expect(asked.messages[2]?.content).toMatchObject([
    { type: "tool_result", tool_use_id: "s" },
    { type: "tool_result", tool_use_id: "m" },
    { type: "text" },
  ]);
});

test("a forced choice is forced once", async () => {
  const tool_choice = { type: "tool", name: "get-sum", disable_parallel_tool_use: true };
  const playing = await begin({ tool_choice }, SUM, anthropicText(["Three."]));
  expect((await askedIn(playing, 2, 0)).tool_choice).toEqual(tool_choice);
  expect((await askedIn(playing, 2)).tool_choice).toEqual({
    type: "auto",
    disable_parallel_tool_use: true,
  });
});

test("one that names no tool is refused, with the names that there are", async () => {
  const { body } = prepare(SUM);
  const tool_choice = { type: "tool", name: "guess" };
  const refused = await start({ ...body, mcp_servers: [everything()], tool_choice });
  expect(refused.code).toBe(422);
  expect(refused.body.detail).toMatchObject([{ loc: ["body", "tool_choice", "name"] }]);
});

test("a server that cannot be reached fails the start, and nothing is stored", async () => {
  const { body, id } = prepare(SUM);
  const mcp_servers = [everything(), { url: `${inject("site")}/nowhere`, name: "lost" }];
  const refused = await start({ ...body, mcp_servers }, { id });
  expect(refused.code).toBe(422);
  expect(refused.body.detail).toMatchObject([{ loc: ["body", "mcp_servers", 1, "url"] }]);
  expect((await status(id)).code).toBe(404);
});

test("after so many turns it pauses", async () => {
  const playing = await begin({}, SUM);
  expect(await ended(playing.id)).toMatchObject({
    status: "completed",
    metadata: { stop_reason: "pause_turn", turns: 6 },
  });
  expect(await playing.requests()).toBe(6);
  const ids = (await contentOf(playing)).map(({ id, tool_use_id }) => id ?? tool_use_id);
  expect(new Set(ids).size).toBe(6); // though the upstream gave all of them the same
});

const HANGS: McpScript = { "tools/call": [{ steps: [{ gate: "never" }] }] };

test("cancelled while a tool runs, the call is answered for and the server told", async () => {
  const { url } = scripted(inject("mcp"), HANGS);
  const playing = await begin(
    { mcp_servers: [{ url, name: "slow" }] },
    anthropicToolUse("echo", {}),
  );
  await (await observe("sse", playing.id)).take(6);
  expect((await cancel(playing.id)).body.status).toBe("cancelled");
  const log = await (await observe("websocket", playing.id)).rest();
  expectWhole(log);
  expect((await message(playing.id)).body).toMatchObject({
    stop_reason: "cancelled",
    content: [{ type: "mcp_tool_use" }, { type: "mcp_tool_result", is_error: true }],
  });
});

test("a tool that hangs is given up, and the model told", async () => {
  const { url } = scripted(inject("mcp"), HANGS);
  const playing = await begin(
    { mcp_servers: [{ url, name: "slow" }] },
    anthropicToolUse("echo", {}),
    anthropicText(["Too slow."]),
  );
  expect((await ended(playing.id)).status).toBe("completed");
  const [, result] = await contentOf(playing);
  expect(result).toMatchObject({
    is_error: true,
    content: say(expect.stringContaining("5 seconds") as never),
  });
});

describe("lost", () => {
  async function lose({ id }: Playing, seen: number): Promise<void> {
    await (await observe("sse", id)).take(seen);
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
  }

  test("between call and result: never called again, its outcome unknown, and it goes on", async () => {
    const { url } = scripted(inject("mcp"), HANGS);
    const playing = await begin(
      { mcp_servers: [{ url, name: "slow" }] },
      anthropicToolUse("echo", {}),
      anthropicText(["Perhaps."]),
    );
    const shown = await (await observe("sse", playing.id)).take(6);
    await lose(playing, 6);
    expect((await ended(playing.id)).status).toBe("completed");
    const log = await (await observe("websocket", playing.id)).rest();
    expectWhole(log);
    expect(log.slice(0, 6)).toEqual(shown);
    expect(namesOf(log)).not.toContain("recovery");
    expect(await contentOf(playing)).toMatchObject([
      { type: "mcp_tool_use" },
      {
        type: "mcp_tool_result",
        is_error: true,
        content: say("The call was interrupted; its outcome is unknown."),
      },
      { type: "text", text: "Perhaps." },
    ]);
    expect((await status(playing.id)).body.metadata).toMatchObject({
      turns: 2,
      tools_used: ["echo"],
    });
  });

  test("at the beginning of each of five turns: the same message, and no tool run twice", async () => {
    const { id: server, url } = scripted(inject("mcp"));
    const fields = { mcp_servers: [{ url, name: "sums" }] };
    const turns = [1, 2, 3, 4].map((n) => anthropicToolUse("echo", { message: n }, `toolu_${n}`));
    const answer = anthropicText(["Done."]);
    const silent: Step[] = [{ gate: "never" }];
    const undisturbed = await begin(fields, ...([...turns, answer] as unknown as Scripts));
    const expected = await ended(undisturbed.id);
    const scripts = [...turns, answer].flatMap((turn) => [silent, turn]);
    const playing = await begin(fields, ...(scripts as unknown as Scripts));
    for (let turn = 0; turn < 5; turn += 1) {
      await playing.requested(2 * turn + 1);
      await abortAllDurableObjects();
      expect(await runDurableObjectAlarm(objectOf(playing.id))).toBe(true);
    }
    const { status: word, metadata } = await ended(playing.id);
    expect([word, metadata.turns]).toEqual(["completed", 5]);
    expect(await contentOf(playing)).toEqual(await contentOf(undisturbed));
    expect(metadata.usage).toEqual(expected.metadata.usage);
    expectWhole(await (await observe("sse", playing.id)).rest());
    const { requests } = await (await fetch(`${inject("mcp")}/control/${server}`)).json<Seen>();
    const called = requests.filter(({ path }) => path === "tools/call");
    expect(called).toHaveLength(4 + 4); // once each, in both messages
  });

  test("in the second turn: with restart, that turn alone is said anew", async () => {
    const half: Step[] = [...anthropicText(["Thr"]).slice(0, 3), { gate: "never" }];
    const playing = await begin({ on_interrupt: "restart" }, SUM, half, anthropicText(["Three."]));
    await lose(playing, 10);
    expect((await ended(playing.id)).status).toBe("completed");
    expect(await contentOf(playing)).toMatchObject([
      { type: "mcp_tool_use" },
      { type: "mcp_tool_result" },
      { type: "text", text: "Thr" },
      { type: "text", text: "Three." },
    ]);
    // What was said in vain is not part of the conversation.
    expect((await askedIn(playing, 3)).messages).toHaveLength(3);
  });

  test("with fail, nothing goes on by itself", async () => {
    const half: Step[] = [...anthropicText(["Thr"]).slice(0, 3), { gate: "never" }];
    const playing = await begin({ on_interrupt: "fail" }, SUM, half, anthropicText(["Three."]));
    await lose(playing, 10);
    expect((await ended(playing.id)).status).toBe("error");
    expect(await playing.requests()).toBe(2);
  });
});

test("thinking is told again with its signature, in the turn after", async () => {
  const thought = anthropicBlock(0, { type: "thinking", thinking: "", signature: "" }, [
    { type: "thinking_delta", thinking: "hm" },
    { type: "signature_delta", signature: "c2ln" },
  ]);
  const use = anthropicBlock(1, { type: "tool_use", id: "t", name: "echo", input: {} }, [
    { type: "input_json_delta", partial_json: '{"message":"x"}' },
  ]);
  const playing = await begin(
    {},
    [anthropicStart(), ...thought, ...use, ...anthropicEnd("tool_use")],
    anthropicText(["Done."]),
  );
  expect((await askedIn(playing, 2)).messages[1]?.content).toMatchObject([
    { type: "thinking", thinking: "hm", signature: "c2ln" },
    { type: "tool_use", id: "t" },
  ]);
});

describe("a page", () => {
  const fetches = (url: string) => anthropicToolUse("web_fetch", { url });
  const tools = [{ type: "web_fetch_v1" }];

  test("is fetched here, and told to the upstream as a document", async () => {
    const url = await publishText(inject("site"), "Rivers run.", "text/plain");
    const playing = await begin({ tools, mcp_servers: [] }, fetches(url), anthropicText(["Read."]));
    expect((await ended(playing.id)).metadata).toMatchObject({ tools_used: ["web_fetch"] });
    expect(await contentOf(playing)).toMatchObject([
      { type: "server_tool_use", name: "web_fetch", input: { url } },
      { type: "web_fetch_tool_result", content: { type: "web_fetch_result", url } },
      { type: "text", text: "Read." },
    ]);
    const { messages } = await askedIn(playing, 2);
    const source = { type: "text", media_type: "text/plain", data: "Rivers run." };
    expect(messages[2]?.content).toMatchObject([
      { type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "document", source }] },
    ]);
  });

  test("that is inside is refused, and the model told", async () => {
    const url = "http://169.254.169.254/latest";
    const playing = await begin({ tools, mcp_servers: [] }, fetches(url), anthropicText(["No."]));
    expect((await ended(playing.id)).status).toBe("completed");
    const [, result] = await contentOf(playing);
    expect(result).toMatchObject({ content: { error_code: "url_not_allowed" } });
  });
});

describe("the form of an answer", () => {
  const schema = { type: "object", properties: { sum: { type: "number" } }, required: ["sum"] };
  const output_config = { format: { type: "json_schema", schema } };

  test.for<[string, string[], object]>([
    ["kept", ['{"sum"', ": 3}"], { status: "completed", error_message: null }],
    [
      "not kept",
      ['{"sum": "three"}'],
      { status: "error", error_message: expect.stringContaining("sum") },
    ],
    ["no JSON", ["Three."], { status: "error", error_message: expect.stringContaining("JSON") }],
  ])("%s, after a turn of tools: what was said is kept", async ([, texts, end]) => {
    const playing = await begin({ output_config }, SUM, anthropicText(texts));
    expect(await ended(playing.id)).toMatchObject(end);
    expect((await contentOf(playing)).at(-1)).toMatchObject({ text: texts.join("") });
  });

  test("beside tools that run here is refused where no upstream can keep it", async () => {
    const { body } = prepare(SUM);
    const fields = { model: "script-openai", mcp_servers: [everything()], output_config };
    const refused = await start({ ...body, ...fields });
    expect(refused.body.detail).toMatchObject([{ loc: ["body", "output_config", "format"] }]);
  });
});

test("what was taken out of the conversation here is told with the end", async () => {
  const edit = {
    type: "clear_tool_uses_20250919",
    trigger: { type: "tool_uses", value: 1 },
    keep: { type: "tool_uses", value: 1 },
  };
  const playing = await begin(
    { model: "script-openai", context_management: { edits: [edit] } },
    openaiToolCall("get-sum", { a: 1, b: 2 }, "one"),
    openaiToolCall("get-sum", { a: 3, b: 4 }, "two"),
    openaiText(["Done."]),
  );
  expect((await ended(playing.id)).status).toBe("completed");
  const { messages } = await askedIn(playing, 3);
  expect(JSON.stringify(messages)).not.toContain("The sum of 1 and 2 is 3.");
  expect(JSON.stringify(messages)).toContain("The sum of 3 and 4 is 7.");
  expect((await message(playing.id)).body.context_management).toMatchObject({
    applied_edits: [{ type: "clear_tool_uses_20250919", cleared_tool_uses: 1 }],
  });
});

describe("documents", () => {
  const tool_context = [
    { type: "text", value: "# Rivers\n\nThe Loire is the longest river of France." },
    { type: "text", value: "# Lakes\n\nLake Geneva lies between two countries." },
  ];

  test("are searched here, and the upstream is told of passages that it can cite", async () => {
    const playing = await begin(
      { mcp_servers: [], tools: [{ type: "semantic_search_v1" }], tool_context },
      anthropicToolUse("semantic_search", { query: "longest rivers" }),
      anthropicText(["The Loire."]),
    );
    expect((await ended(playing.id)).metadata).toMatchObject({ ignored_fields: [] });
    const [, result] = (await contentOf(playing)) as { content: Blocks }[];
    expect(result?.content[0]).toMatchObject({
      type: "search_result",
      source: expect.stringContaining("tool_context.0"),
      citations: { enabled: true },
    });
    const { messages } = await askedIn(playing, 2);
    expect(messages).toMatchObject([
      {},
      {},
      { content: [{ type: "tool_result", content: [{ type: "search_result" }] }] },
    ]);
    expect((await remains(playing.id)).tables.sort()).toEqual(["events", "message", "request"]);
  });

  test("that are tables are asked here, by SQL", async () => {
    const rows = "river,km\nLoire,1006\nSeine,775\n";
    const playing = await begin(
      {
        mcp_servers: [],
        tools: [{ type: "tabular_analysis_v1" }],
        tool_context: [{ type: "text", value: rows }],
      },
      anthropicToolUse("tabular_analysis", { query: "SELECT max(km) AS longest FROM table_1" }),
      anthropicText(["1006."]),
    );
    expect((await ended(playing.id)).metadata).toMatchObject({ ignored_fields: [], turns: 2 });
    const [, result] = await contentOf(playing);
    expect(JSON.stringify(result)).toContain("1006");
    expect(result).toMatchObject({ type: "server_tool_result", is_error: false });
  });
});
