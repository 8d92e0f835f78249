// Artifacts as documents: each under its source, and a sentence for each that cannot be read.

import { expect, inject, test } from "vitest";
import type { Artifact } from "../../src/protocol/artifact.ts";
import { type Decoded, listDocuments, readDocument } from "../../src/tools/documents.ts";
import { openOutbound } from "../support/searching.ts";
import { ENDLESS, publish, publishText } from "../support/site.ts";

const site = inject("site");
const signal = new AbortController().signal;

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

async function read(artifact: Artifact): Promise<Decoded> {
  const [listed] = listDocuments([artifact], "tool_context");
  if (!listed) throw new Error("not a document");
  return readDocument(listed, openOutbound, signal);
}

test("documents stand under their place in the list, pages under their address", () => {
  const artifacts: Artifact[] = [
    { type: "sql_database", connection_string: "postgresql://a:b@c/d" },
    { type: "text", value: "a" },
    { type: "uri", value: "https://example.com/a" },
    { type: "skill", skill_filter: { collection: "x" } },
    { type: "file", value: "YQ==" },
  ];
  const sources = listDocuments(artifacts, "context").map(({ source }) => source);
  expect(sources).toEqual(["context.1", "https://example.com/a", "context.4"]);
});

test.for<[string, Artifact, Partial<Extract<Decoded, { ok: true }>["document"]>]>([
  ["text", { type: "text", value: "a" }, { form: "prose", text: "a" }],
  ["markdown", { type: "text", value: "# T\na" }, { form: "prose", title: "T" }],
  ["HTML", { type: "text", value: "<h1>T</h1>a" }, { text: "# T\n\na", title: "T" }],
  ["JSON", { type: "text", value: '{"name": "T"}' }, { form: "json", title: "T" }],
  ["a file of text", { type: "file", value: base64("Grüße") }, { form: "prose", text: "Grüße" }],
  ["a file of CSV", { type: "file", value: base64("a,b,c\n1,2,3") }, { form: "table" }],
  ["a file of HTML", { type: "file", value: base64("<html><p>a") }, { text: "a" }],
  ["a file in Latin 1", { type: "file", value: btoa("Gr\xfc\xdfe") }, { text: "Grüße" }],
  ["an empty text", { type: "text", value: "" }, { form: "prose", text: "" }],
])("%s", async ([, artifact, document]) => {
  const expected = { source: "tool_context.0", ...document };
  expect(await read(artifact)).toMatchObject({ ok: true, document: expected });
});

test("a page is read by its type, and keeps the address it was asked for by", async () => {
  const target = await publishText(site, '<title>T</title><a href="/x">a</a>');
  const value = await publish(site, { status: 302, headers: { location: target } });
  expect(await read({ type: "uri", value })).toEqual({
    ok: true,
    document: { source: value, form: "prose", text: `[a](${site}/x)`, title: "T" },
  });
});

test.for<[string, () => Promise<Artifact>, RegExp]>([
  ["a PDF", async () => ({ type: "file", value: btoa("%PDF-1.7") }), /PDF document/],
  ["an image", async () => ({ type: "file", value: btoa("\x89PNG\r\n") }), /PNG image/],
  ["bytes", async () => ({ type: "file", value: btoa("\0\x01") }), /binary file/],
  [
    "a page that is none",
    async () => ({ type: "uri", value: await publish(site, { status: 404 }) }),
    /status 404/,
  ],
  [
    "a page without end",
    async () => {
      const pieces = [{ send: "x".repeat(9_999), times: ENDLESS }];
      return { type: "uri", value: await publish(site, { pieces }) };
    },
    /larger/,
  ],
  [
    "a page that is an image",
    async () => ({ type: "uri", value: await publishText(site, "x", "image/webp") }),
    /image\/webp/,
  ],
])("%s is refused with its source", async ([, create, why]) => {
  const artifact = await create();
  expect(await read(artifact)).toEqual({
    ok: false,
    source: artifact.type === "uri" ? artifact.value : "tool_context.0",
    why: expect.stringMatching(why),
  });
});
