// Calls of a run: what they come to when a server answers, errs, lingers, forgets or vanishes; and the
// sessions that they are made in.

import { expect, inject, test } from "vitest";
import { McpSessions } from "../../../src/tools/mcp/mcp.ts";
import { MAX_TEXT_BYTES } from "../../../src/tools/mcp/outcome.ts";
import { call, judge, open, textsOf } from "../../support/mcp.ts";
import {
  longResult,
  type McpScript,
  progressEvent,
  result,
  resultEvent,
  rpcError,
  scripted,
  stream,
  text,
} from "../../support/mcp-script.ts";
import { type Answer, aborted, openGate, requested, seen } from "../../support/script.ts";

const mcp = inject("mcp");
const TOKEN = "s3cr3t/token";

/** A server whose one tool answers so, listed and ready to be called. */
async function serve(script: McpScript = {}) {
  const { id, url } = scripted(mcp, script);
  const server = { url, name: "Weather", authorization_token: TOKEN };
  return { id, server, ...(await open(server)) };
}

/** How often each thing was asked of a server. */
async function counts(id: string): Promise<Record<string, number>> {
  const { requests } = await seen(mcp, id);
  return Object.fromEntries(
    Object.entries(Object.groupBy(requests, ({ path }) => path)).map(([path, all]) => [
      path,
      all?.length ?? 0,
    ]),
  );
}

const status = (status: number, body = ""): Answer => ({ status, steps: [{ send: body }] });
const UNKNOWN = "Whether the call was carried out is not known.";

test("input and result travel whole", async () => {
  const { id, tools, sessions } = await serve();
  const outcome = await call(tools, "echo", { deep: [{ a: "ü🦀" }] });
  expect(outcome).toEqual({
    content: [{ type: "text", text: '{"deep":[{"a":"ü🦀"}]}' }],
    isError: false,
  });
  await sessions.close();
  const { requests } = await seen(mcp, id);
  const { params } = requests.find(({ path }) => path === "tools/call")?.body ?? {};
  expect(params).toMatchObject({ name: "echo", arguments: { deep: [{ a: "ü🦀" }] } });
});

/** What a server answers to the call; what the model is told. */
const FAULTS: [string, Answer, string][] = [
  [
    "an error",
    rpcError(-32_602, "no such city"),
    "MCP server Weather answered with error -32602: no such city.",
  ],
  ["a status", status(503), "MCP server Weather answered with status 503."],
  ["a 400", status(400, "no"), "MCP server Weather answered with status 400."],
  [
    "a 401",
    status(401),
    "MCP server Weather refuses the authorization_token, or wants one (status 401).",
  ],
  [
    "a web page",
    { headers: { "content-type": "text/html" }, steps: [{ send: "<html>" }] },
    `MCP server Weather did not answer as an MCP server does. ${UNKNOWN}`,
  ],
  [
    "a result of another kind",
    result({ content: "sunny" }),
    `MCP server Weather did not answer as an MCP server does. ${UNKNOWN}`,
  ],
  [
    "the end of its stream",
    stream(progressEvent(1)),
    `MCP server Weather broke off the connection before it had answered. ${UNKNOWN}`,
  ],
  [
    "half of its stream",
    stream(progressEvent(1), { cut: true }),
    `MCP server Weather broke off the connection before it had answered. ${UNKNOWN}`,
  ],
  [
    "half of its JSON",
    {
      headers: { "content-type": "application/json", "content-length": "100" },
      steps: [{ send: '{"jsonrpc":' }, { cut: true }],
    },
    `MCP server Weather broke off the connection before it had answered. ${UNKNOWN}`,
  ],
  [
    "too much",
    longResult('{"content":[{"type":"text","text":"', 13_000, '"}]}'),
    `MCP server Weather answered with more than 12 MiB. ${UNKNOWN}`,
  ],
  [
    "too much, resumably",
    stream({ send: `id: 1\ndata: ${"x".repeat(9_000)}\n\n`, times: 1_500 }),
    `MCP server Weather answered with more than 12 MiB. ${UNKNOWN}`,
  ],
];

test.for(FAULTS)("%s is told, and the call is not repeated", async ([, answer, told]) => {
  const { id, tools, sessions } = await serve({ "tools/call": [answer] });
  const outcome = await call(tools, "echo");
  expect(outcome).toEqual({ content: [{ type: "text", text: told }], isError: true });
  expect((await counts(id))["tools/call"]).toBe(1);
  await sessions.close();
});

test("after a failure the next call finds a session", async () => {
  const flood = longResult('{"content":[{"type":"text","text":"', 13_000, '"}]}');
  const { id, tools, sessions } = await serve({ "tools/call": [flood, result(text("fine"))] });
  expect((await call(tools, "echo")).isError).toBe(true);
  expect(textsOf(await call(tools, "echo"))).toEqual(["fine"]);
  expect((await counts(id)).initialize).toBe(2);
  await sessions.close();
});

test("a result of 10 MB is cut, and says so", async () => {
  const long = longResult('{"content":[{"type":"text","text":"', 10_000, '"}]}');
  const { tools, sessions } = await serve({ "tools/call": [long] });
  const [kept = "", said] = textsOf(await call(tools, "echo"));
  expect(kept).toBe("x".repeat(MAX_TEXT_BYTES));
  expect(said).toMatch(/Cut off here, 9737856 characters before the end.*256 KiB/);
  await sessions.close();
});

test("a stream that breaks is resumed where the server can, and the call is not repeated", async () => {
  const { id, tools, sessions } = await serve({
    "tools/call": [stream({ send: "id: 7\nretry: 10\ndata:\n\n" }, { cut: true })],
    GET: [stream({ send: 'data: {"jsonrpc":"2.0","id":2,"result":{"content":[]}}\n\n' })],
  });
  expect(await call(tools, "echo")).toEqual({ content: [], isError: false });
  const { requests } = await seen(mcp, id);
  expect(requests.filter(({ method }) => method === "GET")).toMatchObject([
    { headers: { "last-event-id": "7" } },
  ]);
  expect((await counts(id))["tools/call"]).toBe(1);
  await sessions.close();
});

test.for<[string, Answer]>([
  ["that has answered nothing", { steps: [{ gate: "never" }] }],
  ["that is in the middle of its answer", stream(progressEvent(1), { gate: "never" })],
])("a call %s is cancelled, and its connection left", async ([, answer]) => {
  const { id, tools, sessions } = await serve({ "tools/call": [answer] });
  const stopping = new AbortController();
  const calling = call(tools, "echo", {}, { signal: stopping.signal });
  await requested(mcp, id, 4);
  stopping.abort(new Error("enough"));
  await expect(calling).rejects.toThrow("enough");
  const { requests } = await aborted(mcp, id);
  expect(requests.filter(({ aborted }) => aborted)).toMatchObject([{ path: "tools/call" }]);
  await requested(mcp, id, 5);
  expect((await counts(id))["notifications/cancelled"]).toBe(1);
  await sessions.close();
});

test("calls run beside each other", async () => {
  const { id, tools, sessions } = await serve({
    "tools/call": [stream({ gate: "first" }, resultEvent(text("first"))), result(text("second"))],
  });
  const first = call(tools, "echo");
  await requested(mcp, id, 4);
  expect(textsOf(await call(tools, "echo"))).toEqual(["second"]);
  await openGate(mcp, id, "first");
  expect(textsOf(await first)).toEqual(["first"]);
  await sessions.close();
});

test.for<[string, Answer]>([
  ["404", status(404)],
  ["400 of the official servers", status(400, '{"error":{"code":-32000,"message":"No session"}}')],
])("a session that the server forgot (%s) is opened anew", async ([, forgotten]) => {
  const { id, tools, sessions } = await serve({
    "tools/call": [forgotten, result(text("fine"))],
  });
  expect(textsOf(await call(tools, "echo"))).toEqual(["fine"]);
  await sessions.close();
  expect(await counts(id)).toMatchObject({ initialize: 2, "tools/call": 2, DELETE: 1 });
});

test("a server that forgets every session is asked twice", async () => {
  const { id, tools, sessions } = await serve({ "tools/call": [status(404)] });
  expect(await call(tools, "echo")).toEqual({
    content: [{ type: "text", text: "MCP server Weather lost the session (status 404)." }],
    isError: true,
  });
  expect(await counts(id)).toMatchObject({ initialize: 2, "tools/call": 2 });
  await sessions.close();
});

test("calls whose session was forgotten share the new one", async () => {
  const gone: Answer = { status: 404, steps: [{ gate: "now" }] };
  const { id, tools, sessions } = await serve({
    "tools/call": [gone, gone, gone, result(text("fine"))],
  });
  const calls = [1, 2, 3].map(() => call(tools, "echo"));
  await requested(mcp, id, 6);
  await openGate(mcp, id, "now");
  for (const calling of calls) expect(textsOf(await calling)).toEqual(["fine"]);
  await sessions.close();
  expect(await counts(id)).toMatchObject({ initialize: 2, "tools/call": 6 });
});

test("a run that goes on elsewhere has the same tools, and one session when it needs one", async () => {
  const { id, server, tools, listings, sessions } = await serve();
  await sessions.close();
  const resumed = McpSessions.resume([server], JSON.parse(JSON.stringify(listings)), judge);
  const again = resumed.tools(new Set());
  expect(JSON.stringify(again)).toBe(JSON.stringify(tools));
  expect((await counts(id)).initialize).toBe(1);
  const outcomes = await Promise.all([1, 2, 3].map((n) => call(again, "echo", { n })));
  expect(outcomes.flatMap(textsOf)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  await resumed.close();
  expect(await counts(id)).toMatchObject({ initialize: 2, "tools/list": 1, DELETE: 2 });
});

test("a session that cannot be opened is told, and tried again by the next call", async () => {
  const { url } = scripted(mcp, { initialize: [status(503), result({})] });
  const tool = { name: "echo", description: "", inputSchema: {} };
  const listings = [{ server: "Weather", index: 0, tools: [tool] }];
  const sessions = McpSessions.resume([{ url, name: "Weather" }], listings, judge);
  const tools = sessions.tools(new Set());
  expect(textsOf(await call(tools, "echo"))).toEqual([
    "MCP server Weather answered with status 503.",
  ]);
  expect(textsOf(await call(tools, "echo"))).toEqual([expect.stringMatching(/not answer as/)]);
  await sessions.close();
});

test("sessions that were never opened are closed without a word", async () => {
  const { id, url } = scripted(mcp);
  await McpSessions.resume([{ url }], [], judge).close();
  expect(await counts(id)).toEqual({});
});

test("a server that hangs on the end of a session, or on its beginning, does not hold it up", async () => {
  const hanging: Answer = { steps: [{ gate: "never" }] };
  const { id, sessions } = await serve({ DELETE: [hanging] });
  await sessions.close();
  await aborted(mcp, id);

  const { id: other, url } = scripted(mcp, { initialize: [hanging] });
  const listings = [
    { server: "x", index: 0, tools: [{ name: "echo", description: "", inputSchema: {} }] },
  ];
  const opening = McpSessions.resume([{ url }], listings, judge);
  const calling = call(opening.tools(new Set()), "echo");
  await requested(mcp, other);
  await opening.close();
  expect((await calling).isError).toBe(true);
  await aborted(mcp, other);
});

test.for<[string, Answer]>([
  ["text", result(text(`you said Bearer ${TOKEN}`))],
  ["data", result({ content: [], structuredContent: { headers: [TOKEN] } })],
  [
    "an embedded text",
    result({ content: [{ type: "resource", resource: { uri: "x:", text: TOKEN } }] }),
  ],
  ["a link", result({ content: [{ type: "resource_link", uri: `x:${TOKEN}`, name: "x" }] })],
  ["an error", rpcError(-32_000, `bad token ${TOKEN}`)],
  [
    "an error at the cut",
    rpcError(-32_000, `${TOKEN}${"x".repeat(1_930)}${Array(20).fill(TOKEN).join(" ")}`),
  ],
  ["a result that is an error", result({ ...text(`bad token ${TOKEN}`), isError: true })],
  [
    "text at the cut",
    longResult(`{"content":[{"type":"text","text":"${TOKEN}`, 300, `${TOKEN}"}]}`),
  ],
])("a token that a server repeats in %s is not passed on", async ([, answer]) => {
  const { tools, sessions } = await serve({ "tools/call": [answer] });
  const outcome = JSON.stringify(await call(tools, "echo"));
  expect(outcome).toContain("[token]");
  expect(outcome).not.toContain("s3cr3t");
  await sessions.close();
});
