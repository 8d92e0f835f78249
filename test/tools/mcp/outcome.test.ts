// Results of MCP, and what becomes of each kind of content.

import type { CallToolResult } from "@modelcontextprotocol/client";
import { expect, test } from "vitest";
import { MAX_IMAGE_BYTES, MAX_TEXT_BYTES, toOutcome } from "../../../src/tools/mcp/outcome.ts";

type Content = CallToolResult["content"][number];

const PNG = "iVBORw0KGgo=";
const text = (text: string) => ({ type: "text", text }) as const;
const image = (mimeType: string, data: string) => ({ type: "image", mimeType, data }) as const;
const shown = (media_type: string, data: string) => ({
  type: "image",
  source: { type: "base64", media_type, data },
});
const toContent = (content: Content[]) => toOutcome({ content }, undefined).content;

test.for<[string, Content, unknown[]]>([
  ["text", text("sunny"), [text("sunny")]],
  ["no text", text(""), []],
  ["half a character", text("\udc00cut\ud83d"), [text("\ufffdcut\ufffd")]],
  ["an image", image("image/png", PNG), [shown("image/png", PNG)]],
  ["an image by another name", image("image/jpg", PNG), [shown("image/jpeg", PNG)]],
  [
    "an image of another type",
    image("image/svg+xml", PNG),
    [text("[An image (image/svg+xml), which cannot be shown here.]")],
  ],
  [
    "an image that is none",
    image("image/png", "not base64!"),
    [text("[An image (image/png), which cannot be shown here.]")],
  ],
  [
    "audio",
    { type: "audio", mimeType: "audio/wav", data: PNG },
    [text("[Audio (audio/wav), which cannot be played here.]")],
  ],
  [
    "a link",
    { type: "resource_link", uri: "file:///a", name: "a", title: "A file", mimeType: "text/css" },
    [text("A file (text/css): file:///a")],
  ],
  [
    "a link that is described",
    { type: "resource_link", uri: "file:///a", name: "a", description: "What it says." },
    [text("a: file:///a\nWhat it says.")],
  ],
  [
    "an embedded text",
    { type: "resource", resource: { uri: "file:///a", mimeType: "text/plain", text: "Hello" } },
    [text("file:///a:\nHello")],
  ],
  [
    "an embedded image",
    { type: "resource", resource: { uri: "file:///a", mimeType: "image/gif", blob: PNG } },
    [shown("image/gif", PNG)],
  ],
  [
    "an embedded file",
    { type: "resource", resource: { uri: "file:///a.zip", blob: PNG } },
    [text("[The resource file:///a.zip (unknown type), which cannot be shown here.]")],
  ],
])("%s", ([, content, blocks]) => {
  expect(toContent([content])).toEqual(blocks);
});

const data = { b: 1, a: [true, null] };
const SAID = '{"b":1,"a":[true,null]}';

test.for<[string, string[], unknown, string[]]>([
  ["is told as JSON", [], data, [SAID]],
  ["is told beside a text that says something else", ["sunny"], data, ["sunny", SAID]],
  ["is told once", [SAID], data, [SAID]],
  [
    "is told once, however it is written",
    ['{"a": [true, null], "b": 1}'],
    data,
    ['{"a": [true, null], "b": 1}'],
  ],
  ["can be a list", [], [1, 2], ["[1,2]"]],
  ["can be null", [], null, ["null"]],
])("structured content %s", ([, texts, structuredContent, told]) => {
  const result = { content: texts.map(text), structuredContent } as CallToolResult;
  expect(toOutcome(result, undefined).content).toEqual(told.map(text));
});

test("structured content without a bottom is left out, and so is text that looks like it", () => {
  const brackets = "[".repeat(5_000) + "]".repeat(5_000);
  const structuredContent = { deep: JSON.parse(brackets) };
  const { content } = toOutcome({ content: [text(brackets)], structuredContent }, undefined);
  expect(content).toEqual([
    text(brackets),
    text("[Data nested more than 128 levels deep, left out.]"),
  ]);
});

test.for([true, false, undefined])("isError %j", (isError) => {
  const result = { content: [], ...(isError !== undefined && { isError }) };
  expect(toOutcome(result, undefined).isError).toBe(isError === true);
});

const CUT = (characters: number) =>
  text(
    `[Cut off here, ${characters} characters before the end: the text of a result may be 256 KiB at most.]`,
  );

test.for<[string, string[], unknown[]]>([
  ["fits", ["x".repeat(MAX_TEXT_BYTES)], [text("x".repeat(MAX_TEXT_BYTES))]],
  ["is cut", ["x".repeat(MAX_TEXT_BYTES + 7)], [text("x".repeat(MAX_TEXT_BYTES)), CUT(7)]],
  [
    "is cut over all of it",
    ["x".repeat(MAX_TEXT_BYTES - 1), "yyy", "zzz"],
    [text("x".repeat(MAX_TEXT_BYTES - 1)), text("y"), CUT(5)],
  ],
  [
    "is not cut within a character",
    [`${"x".repeat(MAX_TEXT_BYTES - 1)}🦀`],
    [text("x".repeat(MAX_TEXT_BYTES - 1)), CUT(2)],
  ],
])("text of the greatest length %s", ([, texts, blocks]) => {
  expect(toContent(texts.map(text))).toEqual(blocks);
});

test("images beyond what is taken are left out, and said to be", () => {
  const large = "A".repeat(MAX_IMAGE_BYTES - 4);
  expect(
    toContent([image("image/png", large), image("image/png", "AAAAAAAA"), text("end")]),
  ).toEqual([
    shown("image/png", large),
    text("end"),
    text("[Images left out: 1; the images of a result may be 5 MiB at most.]"),
  ]);
});
