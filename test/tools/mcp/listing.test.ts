// What servers offer, taken before a message is started: all pages of it, within limits, and each way
// in which a server can fail to tell.

import { expect, inject, test } from "vitest";
import { listMcpTools } from "../../../src/tools/mcp/mcp.ts";
import { issuesOf, judge, type Opened, open } from "../../support/mcp.ts";
import {
  longResult,
  type McpScript,
  manyTools,
  page,
  result,
  resultEvent,
  rpcError,
  scripted,
  stream,
} from "../../support/mcp-script.ts";
import { type Answer, aborted, seen } from "../../support/script.ts";

const mcp = inject("mcp");
const TOKEN = "s3cr3t-token";

const namesOf = ({ tools }: Opened) => tools.map(({ name }) => name);

/** What was asked of a scripted server, in order. */
async function asked(id: string): Promise<string[]> {
  return (await seen(mcp, id)).requests.map(({ path }) => path);
}

test("all pages are read, in one session, which is closed in the end", async () => {
  const { id, url } = scripted(mcp, {
    "tools/list": [page(["a", "b"], "2"), page(["c"], "3"), page(["d"])],
  });
  const opened = await open({ url });
  expect(namesOf(opened)).toEqual(["a", "b", "c", "d"]);
  await opened.sessions.close();
  const { requests } = await seen(mcp, id);
  const list = ["tools/list", "tools/list", "tools/list"];
  expect(requests.map(({ path }) => path)).toEqual([
    "initialize",
    "notifications/initialized",
    ...list,
    "DELETE",
  ]);
  const cursors = requests.map(({ body }) => (body.params as { cursor?: string })?.cursor);
  expect(cursors.slice(2, 5)).toEqual([undefined, "2", "3"]);
  expect(requests.at(-1)?.headers["mcp-session-id"]).toBe("the-session");
});

test("a listing is plain JSON without a secret in it", async () => {
  const { url } = scripted(mcp);
  const { listings, sessions } = await open({ url, name: "one", authorization_token: TOKEN });
  await sessions.close();
  const echo = { name: "echo", description: "", inputSchema: { type: "object" } };
  expect(listings).toEqual([{ server: "one", index: 0, tools: [echo] }]);
  expect(JSON.parse(JSON.stringify(listings))).toEqual(listings);
});

test("the token goes with every request", async () => {
  const { id, url } = scripted(mcp);
  await (await open({ url, authorization_token: TOKEN })).sessions.close();
  const { requests } = await seen(mcp, id);
  const sent = new Set(requests.map(({ headers }) => headers.authorization));
  expect([...sent]).toEqual([`Bearer ${TOKEN}`]);
});

test.for<[string, McpScript]>([
  ["JSON", {}],
  [
    "event streams",
    {
      initialize: [
        stream(
          resultEvent({
            protocolVersion: "2025-06-18",
            capabilities: { tools: {} },
            serverInfo: { name: "s", version: "1" },
          }),
        ),
      ],
      "tools/list": [stream(resultEvent({ tools: [{ name: "echo", inputSchema: {} }] }))],
    },
  ],
])("a server that answers with %s", async ([, script]) => {
  const opened = await open({ url: scripted(mcp, script).url });
  expect(namesOf(opened)).toEqual(["echo"]);
  await opened.sessions.close();
});

test("a server without tools offers none, and is not asked for them", async () => {
  const { id, url } = scripted(mcp, {
    initialize: [
      result({
        protocolVersion: "2025-06-18",
        capabilities: {},
        serverInfo: { name: "s", version: "1" },
      }),
    ],
  });
  expect(namesOf(await open({ url }))).toEqual([]);
  expect(await asked(id)).not.toContain("tools/list");
});

test.for<[string[], string[]]>([
  [
    ["a", "c"],
    ["a", "c"],
  ],
  [["c", "nonsense"], ["c"]],
  [[], []],
])("of a, b, c, those allowed by %j are %j", async ([allowed_tools, names]) => {
  const { url } = scripted(mcp, { "tools/list": [page(["a", "b"], "2"), page(["c", "a"])] });
  const opened = await open({ url, tool_configuration: { allowed_tools } });
  await opened.sessions.close();
  expect(namesOf(opened)).toEqual(names);
});

test("a server that is switched off is not contacted", async () => {
  const off = scripted(mcp);
  const on = scripted(mcp);
  const opened = await open(
    { url: off.url, tool_configuration: { enabled: false } },
    { url: on.url, tool_configuration: { enabled: true } },
  );
  await opened.sessions.close();
  expect(opened.listings.map(({ index }) => index)).toEqual([1]);
  expect(await asked(off.id)).toEqual([]);
});

test("many servers are listed, each with a name of its own", async () => {
  const servers = Array.from({ length: 20 }, () => ({ url: scripted(mcp).url }));
  const opened = await open(...servers);
  await opened.sessions.close();
  expect(opened.listings.map(({ index }) => index)).toEqual(servers.map((_, index) => index));
  expect(new Set(opened.listings.map(({ server }) => server)).size).toBe(20);
  expect(new Set(namesOf(opened)).size).toBe(20);
});

const html: Answer = { headers: { "content-type": "text/html" }, steps: [{ send: "<html>" }] };
const status = (status: number, headers = {}): Answer => ({ status, headers, steps: [] });
const deep = JSON.parse(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`);

/** What a server does; the field that is at fault, and what is said about the server. */
const FAULTS: [string, McpScript, string, RegExp][] = [
  [
    "refuses the token",
    { initialize: [status(401)] },
    "authorization_token",
    /refuses the auth.* 401/,
  ],
  ["forbids", { initialize: [status(403)] }, "authorization_token", /refuses the auth.* 403/],
  [
    "wants more scope",
    {
      initialize: [
        status(403, { "www-authenticate": 'Bearer error="insufficient_scope", scope="x"' }),
      ],
    },
    "authorization_token",
    /refuses the auth.* 403/,
  ],
  ["is not there", { initialize: [status(404)] }, "url", /status 404/],
  ["fails", { initialize: [status(500)] }, "url", /status 500/],
  ["is a web page", { initialize: [html] }, "url", /did not answer as an MCP server does/],
  [
    "answers something else",
    { initialize: [{ headers: { "content-type": "application/json" }, steps: [{ send: "{}" }] }] },
    "url",
    /did not answer as an MCP server does/,
  ],
  [
    "speaks another version",
    { initialize: [result({ protocolVersion: "1999-01-01", capabilities: {}, serverInfo: {} })] },
    "url",
    /did not answer as an MCP server does/,
  ],
  [
    "answers an error",
    { initialize: [rpcError(-32_603, "out of order")] },
    "url",
    /error -32603: out of order/,
  ],
  ["breaks off", { initialize: [stream({ cut: true })] }, "url", /broke off/],
  ["ends without an answer", { initialize: [stream()] }, "url", /broke off/],
  ["breaks off its list", { "tools/list": [stream({ cut: true })] }, "url", /broke off/],
  [
    "has a list of another kind",
    { "tools/list": [result({ tools: "many" })] },
    "url",
    /MCP server/,
  ],
  ["lists for ever", { "tools/list": [page(["a"], "more")] }, "url", /more than 100 pages/],
  [
    "has too many tools",
    { "tools/list": [manyTools(1_100, '{"name":"tool-$n"}')] },
    "url",
    /1024 tools.*allowed_tools/,
  ],
  [
    "has a tool too large",
    { "tools/list": [longResult('{"tools":[{"name":"wide","description":"', 300, '"}]}')] },
    "url",
    /tool wide .*too large.*allowed_tools/,
  ],
  [
    "has a tool too deep",
    { "tools/list": [result({ tools: [{ name: "deep", inputSchema: deep }] })] },
    "url",
    /tool deep .*too large.*allowed_tools/,
  ],
  [
    "describes too much",
    { "tools/list": [manyTools(500, `{"name":"tool-$n","description":"${"x".repeat(9_000)}"}`)] },
    "url",
    /offers tools.*too large.*allowed_tools/,
  ],
  [
    "never stops",
    { "tools/list": [stream({ send: `: ${"x".repeat(9_000)}\n`, times: 1_500 })] },
    "url",
    /more than 12 MiB/,
  ],
  [
    "leads elsewhere",
    { initialize: [status(307, { location: "https://elsewhere.example/mcp" })] },
    "url",
    /redirects to another address/,
  ],
  [
    "leads inside",
    { initialize: [status(308, { location: "http://169.254.169.254/latest" })] },
    "url",
    /redirects to another address/,
  ],
];

test.for(FAULTS)("a server that %s", async ([, script, field, said]) => {
  const { url } = scripted(mcp, script);
  const issues = await issuesOf([
    { url: scripted(mcp).url },
    { url, name: "Weather", authorization_token: TOKEN },
  ]);
  expect(issues).toEqual([
    {
      loc: ["body", "mcp_servers", 1, field],
      msg: expect.stringMatching(said),
      type: expect.stringMatching(/^mcp_server_/),
    },
  ]);
  expect(issues[0]?.msg).toMatch(/^MCP server Weather /);
  expect(JSON.stringify(issues)).not.toContain(TOKEN);
  expect(JSON.stringify(issues)).not.toContain(url);
});

test("a server that nobody runs", async () => {
  const listed = await listMcpTools([{ url: "http://127.0.0.1:1/mcp" }], {
    judge: () => undefined,
  });
  expect(listed).toMatchObject({
    ok: false,
    issues: [{ msg: "MCP server 127.0.0.1 could not be reached.", type: "mcp_server_unreachable" }],
  });
});

test("a server that hangs is left in time, whatever it hangs on, and the others are closed", async () => {
  const gate: McpScript[string] = [stream({ gate: "never" })];
  const hanging = ["initialize", "notifications/initialized", "tools/list"].map((method) =>
    scripted(mcp, { [method]: gate }),
  );
  const silent = scripted(mcp, { initialize: [{ steps: [{ gate: "never" }] }] });
  const good = scripted(mcp);
  const servers = [good, ...hanging, silent].map(({ url }) => ({ url }));
  const issues = await issuesOf(servers, 300);
  expect(issues.map(({ loc, type }) => [loc[2], type])).toEqual(
    [1, 2, 3, 4].map((index) => [index, "mcp_server_slow"]),
  );
  for (const { id } of [...hanging, silent]) await aborted(mcp, id);
  expect(await asked(good.id)).toContain("DELETE");
});

test("an address is judged before it is asked, and so is each hop of a redirect", async () => {
  const target = scripted(mcp, {});
  const away = { status: 307, headers: { location: target.url }, steps: [] };
  const { id, url } = scripted(mcp, { initialize: [away] });
  const judged: string[] = [];
  const listed = await listMcpTools([{ url, name: "x", authorization_token: TOKEN }], {
    judge: (address) => {
      judged.push(address);
      return address === target.url ? "names a host that is not public" : judge(address);
    },
  });
  expect(listed).toEqual({
    ok: false,
    issues: [
      {
        loc: ["body", "mcp_servers", 0, "url"],
        msg: "MCP server x cannot be used: its address names a host that is not public.",
        type: "address_refused",
      },
    ],
  });
  expect(judged).toEqual([url, target.url]);
  expect(await asked(id)).toEqual(["initialize"]);
  expect(await asked(target.id)).toEqual([]);
});

test("a redirect within the origin is followed, with the token", async () => {
  const target = scripted(mcp);
  const away = { status: 307, headers: { location: target.url }, steps: [] };
  const { url } = scripted(mcp, {
    initialize: [away],
    "notifications/initialized": [away],
    "tools/list": [away],
    DELETE: [away],
  });
  const opened = await open({ url, authorization_token: TOKEN });
  expect(namesOf(opened)).toEqual(["echo"]);
  await opened.sessions.close();
  const { requests } = await seen(mcp, target.id);
  expect(new Set(requests.map(({ headers }) => headers.authorization))).toEqual(
    new Set([`Bearer ${TOKEN}`]),
  );
});
