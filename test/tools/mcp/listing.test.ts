// What servers offer, taken before a message is started: all pages of it, and what of them is wanted.

import { expect, inject, test } from "vitest";
import { listMcpTools } from "../../../src/tools/mcp/mcp.ts";
import { judge, type Opened, open } from "../../support/mcp.ts";
import {
  type McpScript,
  page,
  result,
  resultEvent,
  scripted,
  stream,
} from "../../support/mcp-script.ts";
import { seen } from "../../support/script.ts";

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

test("what tools are said to be has no token in it, and whole characters alone", async () => {
  const description = `For ${TOKEN}\ud83d`;
  const { url } = scripted(mcp, {
    "tools/list": [result({ tools: [{ name: "a", description }] })],
  });
  const { tools, sessions } = await open({ url, authorization_token: TOKEN });
  await sessions.close();
  expect(tools.map(({ description }) => description)).toEqual(["For [token]\ufffd"]);
});

test.for<Record<string, unknown>>([
  {},
  { type: null },
  { type: ["object", "null"] },
  { type: "string" },
])("whatever type the input is said to be of, it is an object: %j", async (inputSchema) => {
  const { url } = scripted(mcp, {
    "tools/list": [result({ tools: [{ name: "a", inputSchema }] })],
  });
  const { tools, sessions } = await open({ url });
  await sessions.close();
  expect(tools.map(({ inputSchema }) => inputSchema)).toEqual([{ type: "object" }]);
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
