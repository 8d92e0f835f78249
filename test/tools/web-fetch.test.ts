// The tool `web_fetch`: what a model is told of a page, of its options, and of what went wrong.

import type {
  WebFetchBlock,
  WebFetchToolResultErrorCode,
} from "@anthropic-ai/sdk/resources/messages";
import { expect, inject, test } from "vitest";
import { judgeAddress } from "../../src/lib/address.ts";
import type { Tool } from "../../src/protocol/tool.ts";
import { createOutbound } from "../../src/tools/outbound.ts";
import { webFetch } from "../../src/tools/web-fetch.ts";
import { ENDLESS, type Page, publish, publishText, visitsTo } from "../support/site.ts";

const site = inject("site");
const { host } = new URL(site);

const outbound = createOutbound({
  judge: (address) =>
    judgeAddress(address, { protocols: ["https:", "http:"], allowedHosts: [host] }),
  maxBytes: 1024 ** 2,
  timeoutMs: 500,
});

const use = () => ({ signal: new AbortController().signal, alive: () => {} });
const create = (options: Record<string, unknown> = {}) =>
  webFetch({ type: "web_fetch_20250910", name: "web_fetch", ...options } as Tool, outbound);

async function read(url: string, options?: Record<string, unknown>): Promise<WebFetchBlock> {
  const { content, isError } = await create(options).run({ url }, use());
  expect([content, isError]).toEqual([expect.anything(), false]);
  return content as WebFetchBlock;
}

/** The code and the message of an error. */
async function fail(url: unknown, tool = create()): Promise<[string, string]> {
  const { content, isError } = await tool.run({ url }, use());
  const { type, error_code, message } = content as Record<string, string>;
  expect([type, isError]).toEqual(["web_fetch_tool_result_error", true]);
  return [`${error_code}`, `${message}`];
}

const dataOf = ({ content }: WebFetchBlock) => content.source.data;

test("a page is a document with its title, as markdown, under its last address", async () => {
  const url = await publishText(site, '<title>A page</title><h1>Hi</h1><a href="/x">y</a>');
  const moved = await publish(site, { status: 301, headers: { location: url } });
  const before = Date.now();
  const { retrieved_at, ...page } = await read(moved);
  expect(page).toEqual({
    type: "web_fetch_result",
    url,
    content: {
      type: "document",
      source: { type: "text", media_type: "text/plain", data: `# Hi\n\n[y](${site}/x)` },
      title: "A page",
      citations: null,
    },
  });
  expect(Date.parse(retrieved_at ?? "")).toBeGreaterThanOrEqual(before);
});

test.for<[string, string, string]>([
  ["text/plain", "a\n b", "a\n b"],
  ["application/json", '{"a": [1]}', '{"a": [1]}'],
  ["application/rss+xml", "<rss/>", "<rss/>"],
  ["text/csv", "a,b\n1,2", "a,b\n1,2"],
])("%s comes as it is", async ([type, text, data]) => {
  const page = await read(await publishText(site, text, type));
  expect([dataOf(page), page.content.title]).toEqual([data, null]);
});

test("a page that only scripts fill says so", async () => {
  expect(dataOf(await read(await publishText(site, "<script>go()</script>")))).toMatch(/no text/);
});

test("citations are asked for where the tool asks for them", async () => {
  const url = await publishText(site, "a", "text/plain");
  const citations = async (wish: unknown) =>
    (await read(url, { citations: wish })).content.citations;
  expect(await citations({ enabled: true })).toEqual({ enabled: true });
  expect(await citations({ enabled: false })).toBe(null);
});

test("a long page is cut where the tool says, between characters, and says so", async () => {
  const url = await publishText(site, `abc${"😀".repeat(50)}`, "text/plain;charset=utf-8");
  expect(dataOf(await read(url, { max_content_tokens: 2 }))).toBe(
    "abc😀😀\n\n[Cut off: 96 characters more.]",
  );
  expect(dataOf(await read(url, { max_content_tokens: 26 }))).toHaveLength(103);
});

test("what a tool does not say is a hundred thousand characters", async () => {
  const url = await publishText(site, "x".repeat(100_001), "text/plain");
  expect(dataOf(await read(url))).toMatch(/^x{100000}\n\n\[Cut off: 1 characters more\.\]$/);
});

test.for<[WebFetchToolResultErrorCode, Page]>([
  ["url_not_accessible", { status: 404 }],
  ["too_many_requests", { status: 429 }],
  ["url_not_accessible", { status: 503 }],
  ["url_not_accessible", { status: 302, headers: { location: "http://[" } }],
  ["url_not_allowed", { status: 302, headers: { location: "http://10.0.0.1/" } }],
  ["url_not_accessible", { pieces: [{ hang: true }] }],
  ["url_not_accessible", { isRaw: true, pieces: [{ send: "hello" }] }],
  ["content_too_large", { pieces: [{ send: "x".repeat(9_999), times: ENDLESS }] }],
  ["unsupported_content_type", { headers: { "content-type": "image/png" } }],
  ["unsupported_content_type", { headers: { "content-encoding": "zstd" } }],
  ["unsupported_content_type", { pieces: [{ send: "%PDF-1.7" }] }],
])("%s: %j", async ([code, page]) => {
  const url = await publish(site, page);
  const [found, message] = await fail(url);
  expect([found, message]).toEqual([code, expect.stringMatching(/^[A-Z].*\.$/)]);
  expect(message).not.toContain(url);
});

test.for<[WebFetchToolResultErrorCode, unknown]>([
  ["invalid_tool_input", undefined],
  ["invalid_tool_input", 5],
  ["invalid_tool_input", ""],
  ["invalid_tool_input", "example.com"],
  ["invalid_tool_input", "ftp://example.com/"],
  ["invalid_tool_input", "http://["],
  ["url_too_long", `https://example.com/${"x".repeat(2_048)}`],
  ["url_not_allowed", "http://127.0.0.1/"],
  ["url_not_allowed", "https://user:password@example.com/"],
])("%s: %j", async ([code, url]) => {
  expect((await fail(url))[0]).toBe(code);
});

test("domains are allowed and blocked, at every hop", async () => {
  const url = await publishText(site, "there", "text/plain");
  const path = new URL(url).pathname;
  const moved = await publish(site, { status: 302, headers: { location: url } });

  expect(dataOf(await read(moved, { allowed_domains: ["127.0.0.1"] }))).toBe("there");
  const kept = { allowed_domains: [`${host}${new URL(moved).pathname}`] };
  expect(await fail(moved, create(kept))).toEqual([
    "url_not_allowed",
    expect.stringMatching(/redirects.*no domain that is allowed/),
  ]);
  const blocked = { allowed_domains: [host], blocked_domains: [`127.0.0.1${path}`] };
  expect(await fail(moved, create(blocked))).toEqual([
    "url_not_allowed",
    expect.stringMatching(/blocked/),
  ]);
  expect(await visitsTo(url)).toHaveLength(1);
});

test("no more uses than the tool has, those before it was made included", async () => {
  const url = await publishText(site, "there", "text/plain");
  const tool = webFetch({ type: "web_fetch_v1", max_uses: 3 } as Tool, outbound, 1);
  for (let left = 2; left > 0; left -= 1) {
    expect((await tool.run({ url }, use())).isError).toBe(false);
  }
  expect((await fail(url, tool))[0]).toBe("max_uses_exceeded");
});

test("a call that nobody waits for any more ends", async () => {
  const url = await publish(site, { pieces: [{ hang: true }] });
  const controller = new AbortController();
  const running = create().run({ url }, { signal: controller.signal, alive: () => {} });
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
});

test("its names, and what a request says in its place", () => {
  expect(create()).toMatchObject({
    name: "web_fetch",
    inputSchema: { required: ["url"] },
    origin: { type: "built_in", result: "web_fetch_tool_result" },
  });
  expect(create()).not.toHaveProperty("instructions");
  const told = { type: "web_extract_v1", description: "Reads.", instructions: "Read twice." };
  expect(webFetch(told as Tool, outbound)).toMatchObject({
    name: "web_extract",
    description: "Reads.",
    instructions: "Read twice.",
  });
});

test.for<Record<string, unknown>>([
  { max_uses: 0 },
  { max_uses: "3" },
  { max_content_tokens: -1 },
  { allowed_domains: ["https://example.com"] },
  { blocked_domains: "example.com" },
  { citations: true },
])("options that cannot be followed are refused by name: %j", (options) => {
  expect(() => create(options)).toThrow(Object.keys(options)[0]);
});
