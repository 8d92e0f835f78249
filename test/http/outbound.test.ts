// Where a request can send this service: each field that names an address is guarded when the
// message is started, and the setting ALLOWED_HOSTS is what lifts it.

import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { prompt, type Refusal, start, status, uniqueId } from "../support/client.ts";
import { bare, json, placesOf, refusal, under } from "../support/http.ts";
import { remains } from "../support/storage.ts";

const ASYNC = "/v1/messages/async";
const SAYS_WHICH = expect.stringContaining("ALLOWED_HOSTS");

const MODEL = "simulated-1@0";
const request = (fields: object) => ({ ...prompt(MODEL), ...fields });
const uri = (value: string) => ({ type: "uri", value });
const database = (connection_string: string) => ({ type: "sql_database", connection_string });
const inTool = (...context: object[]) => ({ tools: [{ type: "semantic_search_v1", context }] });

/** Each field that names an address: what it can be, what it cannot, and where that is reported. */
const FIELDS: [loc: string, field: (host: string) => object][] = [
  [
    "webhook.url",
    // Of an end that does not come: nobody is to be told.
    (host) => ({ webhook: { url: `https://${host}/done`, events: ["message.cancelled"] } }),
  ],
  ["mcp_servers.0.url", (host) => ({ mcp_servers: [{ url: `http://${host}/mcp` }] })],
  [
    "mcp_servers.1.url",
    (host) => ({ mcp_servers: [{ url: "https://mcp.example" }, { url: `https://${host}` }] }),
  ],
  [
    "mcp_servers.0.url",
    (host) => ({
      mcp_servers: [{ url: `https://${host}`, tool_configuration: { enabled: false } }],
    }),
  ],
  ["tool_context.0.value", (host) => ({ tool_context: [uri(`http://${host}/page`)] })],
  [
    "tool_context.2.value",
    (host) => ({
      tool_context: [
        { type: "text", value: `http://${host}` },
        uri("https://a.example"),
        uri(`http://${host}`),
      ],
    }),
  ],
  [
    "tool_context.0.connection_string",
    (host) => ({ tool_context: [database(`postgres://me:hunter2@${host}/x`)] }),
  ],
  ["tools.0.context.0.value", (host) => inTool(uri(`https://${host}/`))],
  [
    "tools.0.context.1.connection_string",
    (host) => inTool(uri("https://a.example"), database(`postgresql://${host}:5433/x`)),
  ],
  [
    "tools.2.context.0.value",
    (host) => ({
      tools: [
        "bash_v1",
        { name: "mine" },
        { type: "web_fetch_v1", context: [uri(`http://${host}`)] },
      ],
    }),
  ],
];

async function isStored(id: string): Promise<boolean> {
  const name = env.MESSAGES.idFromName(`acme/${id}`).toString();
  return (await listDurableObjectIds(env.MESSAGES)).some((stored) => stored.toString() === name);
}

/** An MCP server is asked at once: that nobody answers shows that its address was taken. */
function isUnreached({ detail }: Partial<Refusal>): boolean {
  return Array.isArray(detail) && detail.every(({ type }) => type.startsWith("mcp_server_"));
}

describe.for(FIELDS)("%s", ([loc, field]) => {
  const HOSTS = ["localhost", "127.0.0.1", "[::1]", "169.254.169.254", "10.1.2.3", "db.internal"];

  test("that leads inside is refused there, names the setting, and leaves no trace", async () => {
    for (const host of HOSTS) {
      const id = uniqueId();
      const { code, body } = await start(request(field(host)), { id });
      expect([host, code, placesOf(body)]).toEqual([host, 422, [`body.${loc}`]]);
      expect(body.detail).toEqual([
        { loc: ["body", ...loc.split(".").map(toStep)], msg: SAYS_WHICH, type: "address_refused" },
      ]);
      expect(await isStored(id)).toBe(false);
      expect((await status(id)).code).toBe(404);
      expect(await remains(id)).toEqual({ tables: [], alarm: null });
    }
  });

  test("that leads outside is taken", async () => {
    for (const host of ["service.example", "8.8.8.8", "[2606:4700:4700::1111]"]) {
      const id = uniqueId();
      const { code, body } = await start(request(field(host)), { id });
      expect(code === 200 || isUnreached(body)).toBe(true);
      expect(await isStored(id)).toBe(true);
    }
  });

  test("that leads inside is taken where ALLOWED_HOSTS lists the host, and only it", async () => {
    const settings = { ALLOWED_HOSTS: "other.example, LOCALHOST,10.1.2.3 , *.internal,[::1]" };
    for (const host of HOSTS) {
      const init = json(request(field(host)));
      const response = await under(settings, "POST", "/v1/messages/validate", init);
      const { errors } = await response.json<{ errors: string[] | null }>();
      const refused = host === "127.0.0.1" || host === "169.254.169.254";
      expect([host, String(errors).includes("ALLOWED_HOSTS")]).toEqual([host, refused]);
    }
  });
});

function toStep(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step;
}

test.for<[loc: string, fields: object]>([
  ["webhook.url", { webhook: { url: "http://service.example/" } }],
  ["webhook.url", { webhook: { url: "http://db.internal/" } }],
  ["webhook.url", { webhook: { url: "https://me:hunter2@service.example/" } }],
  ["mcp_servers.0.url", { mcp_servers: [{ url: "https://me:hunter2@service.example/" }] }],
  ["tool_context.0.value", { tool_context: [uri("http://service.example\\@localhost/")] }],
  ["tool_context.0.value", { tool_context: [uri("postgres://localhost/x")] }],
  ["tool_context.0.connection_string", { tool_context: [database("host=localhost dbname=x")] }],
  ["tool_context.0.connection_string", { tool_context: [database("https://localhost/")] }],
  ["tool_context.0.connection_string", { tool_context: [database("sqlite:///etc/passwd")] }],
  [
    "tool_context.0.connection_string",
    { tool_context: [database("postgres://me:hunter2@localhost/x?host=10.0.0.1")] },
  ],
])("no list of hosts lifts anything else: %s %j", async ([loc, fields]) => {
  const settings = { ALLOWED_HOSTS: "localhost,service.example" };
  const response = await under(settings, "POST", ASYNC, json(request(fields)));
  const refused = await refusal(response, 422, "invalid_request_error");
  expect(placesOf(refused)).toEqual([`body.${loc}`]);
  expect(JSON.stringify(refused)).not.toContain("hunter2");
});

describe("all faults are told at once:", () => {
  const ALL = Object.assign(
    request({ model: "nobody" }),
    { webhook: { url: "https://localhost" }, mcp_servers: [{ url: "http://10.0.0.1" }] },
    { tool_context: [uri("http://[::1]"), database("postgres://db/x"), uri("https://a.example")] },
    inTool(uri("http://a.local")),
  );
  const PLACES = [
    ...[
      "webhook.url",
      "mcp_servers.0.url",
      "tool_context.0.value",
      "tool_context.1.connection_string",
    ],
    ...["tools.0.context.0.value", "model"],
  ].map((place) => `body.${place}`);

  test.for([ASYNC, "/v1/messages"])(
    "every address, and the model beside them: %s",
    async (path) => {
      const refused = await refusal(
        await bare("POST", path, json(ALL)),
        422,
        "invalid_request_error",
      );
      expect(placesOf(refused)).toEqual(PLACES);
    },
  );

  test("and validating says what starting would", async () => {
    const response = await bare("POST", "/v1/messages/validate", json(ALL));
    const { valid, errors } = await response.json<{ valid: boolean; errors: string[] }>();
    expect(valid).toBe(false);
    expect(errors).toEqual(PLACES.map((place) => expect.stringContaining(`${place}: `)));
  });

  test("but not more of them than anybody reads", async () => {
    const tool_context = Array(1_024).fill(uri("http://localhost"));
    const tools = [1, 2, 3].map((n) => ({ type: `t${n}_v1`, context: tool_context }));
    const { code, body } = await start(request({ tool_context, tools }));
    expect(code).toBe(422);
    expect(placesOf(body)).toHaveLength(1_000);
  });
});

test.for<[string, object]>([
  ["an image", { type: "image", source: { type: "url", url: "http://10.0.0.1/a.png" } }],
  ["a document", { type: "document", source: { type: "url", url: "http://localhost/a.pdf" } }],
])("%s is the upstream's to fetch, from wherever it likes", async ([, block]) => {
  const messages = [{ role: "user", content: [{ type: "text", text: "Look." }, block] }];
  expect((await start(request({ messages }))).code).toBe(200);
});

test("what only looks like an address of ours is nobody's business", async () => {
  const tools = [
    { name: "mine", context: [uri("http://localhost")] },
    { type: "web_search_20250305", name: "web_search", context: [uri("http://localhost")] },
  ];
  const metadata = { webhook: { url: "http://localhost" } };
  expect((await start(request({ tools, metadata, url: "http://localhost" }))).code).toBe(200);
});

test("a body cannot bring an address in by way of its prototype", async () => {
  const body = JSON.stringify(request({ a: 1 })).replace(
    '"a":1',
    '"__proto__":{"webhook":{"url":"https://localhost"},"mcp_servers":[{"url":"http://10.0.0.1"}]}',
  );
  const id = uniqueId();
  const response = await bare("POST", `${ASYNC}?message_id=${id}`, { ...json({}), body });
  expect(response.status).toBe(200);
  await response.text();
  expect((await status(id)).body.metadata.ignored_fields).toEqual([]);
});

describe("the setting", () => {
  test.for(["http://localhost", "*", "localhost, a/b", "127.1", "::1", "me@localhost"])(
    "is told to be faulty, and its value is not repeated: %s",
    async (ALLOWED_HOSTS) => {
      const response = await under({ ALLOWED_HOSTS }, "POST", ASYNC, json(request({})));
      const { error } = await refusal(response, 500, "api_error");
      expect(error.message).toMatch(/^Setting ALLOWED_HOSTS\b.*: a host is one like localhost/);
    },
  );

  test.for([undefined, "", " , "])("lists nothing when it is %j", async (ALLOWED_HOSTS) => {
    const init = json(request({ webhook: { url: "https://localhost" } }));
    const response = await under({ ALLOWED_HOSTS }, "POST", ASYNC, init);
    expect(((await response.json()) as Refusal).detail).toMatchObject([{ msg: SAYS_WHICH }]);
  });
});
