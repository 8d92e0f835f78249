// Each way in which a server can fail to tell what it offers: where the fault is reported, and how.

import { expect, inject, test } from "vitest";
import { listMcpTools } from "../../../src/tools/mcp/mcp.ts";
import { issuesOf } from "../../support/mcp.ts";
import {
  longResult,
  type McpScript,
  manyTools,
  page,
  result,
  rpcError,
  scripted,
  stream,
} from "../../support/mcp-script.ts";
import { type Answer, aborted, seen } from "../../support/script.ts";

const mcp = inject("mcp");
const TOKEN = "s3cr3t-token";

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

test.for(["tökén", "two\nlines", "nul\0"])("a token that no header can hold: %j", async (token) => {
  const { id, url } = scripted(mcp);
  const issues = await issuesOf([{ url, authorization_token: token }]);
  expect(issues).toMatchObject([
    {
      loc: ["body", "mcp_servers", 0, "authorization_token"],
      msg: expect.stringMatching(/printable ASCII/),
      type: "mcp_server_unsendable_token",
    },
  ]);
  expect(JSON.stringify(issues)).not.toContain(token);
  expect((await seen(mcp, id)).requests).toEqual([]);
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
  const { requests } = await seen(mcp, good.id);
  expect(requests.map(({ path }) => path)).toContain("DELETE");
});
