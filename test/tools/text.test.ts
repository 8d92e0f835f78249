// What bytes are taken for: by their type, by themselves, and against both.

import { expect, test } from "vitest";
import { type Reading, readBytes, readString, type Text } from "../../src/tools/text.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const prose = (text: string, title?: string): Text => ({
  form: "prose",
  text,
  ...(title !== undefined && { title }),
});

const HTML = "<!doctype html><title>T</title><p>Grüße</p>";
const CSV = "name,age,city\nAda,36,London\n";
const JSON_TEXT = '{"title": "Prices", "items": [1]}';

test.for<[string, Uint8Array, string, Text]>([
  ["HTML", utf8(HTML), "text/html", prose("Grüße", "T")],
  ["XHTML", utf8(HTML), "application/xhtml+xml; charset=utf-8", prose("Grüße", "T")],
  ["HTML of an untold type", utf8(` <!-- x -->\n${HTML}`), "", prose("Grüße", "T")],
  ["a piece of HTML", utf8("<div>a</div>"), "application/octet-stream", prose("a")],
  ["HTML told as text, which stays code", utf8(HTML), "text/plain", prose(HTML)],
  ["Latin 1 by its header", latin1("Gr\xfc\xdfe"), "text/plain; charset=latin1", prose("Grüße")],
  [
    "Latin 1 by what the page says",
    latin1('<meta http-equiv=x content="text/html; charset=ISO-8859-1"><p>Gr\xfc\xdfe'),
    "text/html",
    prose("Grüße"),
  ],
  [
    "a header against the page",
    utf8('<meta charset="iso-8859-1">ü'),
    "text/html; charset=utf-8",
    prose("ü"),
  ],
  ["a page that says it is UTF-16", utf8('<meta charset="utf-16">ü'), "text/html", prose("ü")],
  [
    "XML with an encoding",
    latin1('<?xml version="1.0" encoding="iso-8859-1"?><a>\xfc</a>'),
    "application/xml",
    prose('<?xml version="1.0" encoding="iso-8859-1"?><a>ü</a>'),
  ],
  ["Latin 1, untold", latin1("Gr\xfc\xdfe"), "", prose("Grüße")],
  ["UTF-16 by its mark", Uint8Array.of(0xff, 0xfe, 0x61, 0), "", prose("a")],
  ["JSON", utf8(JSON_TEXT), "application/json", { form: "json", text: JSON_TEXT, title: "Prices" }],
  ["JSON of a kind", utf8("[1]"), "application/ld+json", { form: "json", text: "[1]" }],
  ["JSON, untold", utf8(JSON_TEXT), "", { form: "json", text: JSON_TEXT, title: "Prices" }],
  ["JSON told as text", utf8("[1]"), "text/plain", { form: "json", text: "[1]" }],
  ["what is told as JSON and is none", utf8("{a"), "application/json", prose("{a")],
  ["CSV", utf8("a"), "text/csv", { form: "table", text: "a" }],
  ["CSV, untold", utf8(CSV), "", { form: "table", text: CSV }],
  ["CSV told as text", utf8(CSV), "text/plain; charset=utf-8", { form: "table", text: CSV }],
  [
    "markdown",
    utf8("x\n\n## A guide\n\ntext"),
    "text/markdown",
    prose("x\n\n## A guide\n\ntext", "A guide"),
  ],
  [
    "markdown that begins with HTML",
    utf8("<h1 align=center>Logo</h1>\n\n# A guide\n"),
    "",
    prose("<h1 align=center>Logo</h1>\n\n# A guide\n", "A guide"),
  ],
  [
    "a title of any length",
    utf8(`<title>${"x".repeat(999)}</title>`),
    "text/html",
    prose("", "x".repeat(200)),
  ],
  [
    "a title cut in the middle of a character",
    utf8(`<title>${"x".repeat(199)}😀</title>`),
    "text/html",
    prose("", `${"x".repeat(199)}\ufffd`),
  ],
  ["markdown that looks like a table", utf8(CSV), "text/markdown", prose(CSV)],
  ["code", utf8("let a = 1;"), "application/javascript", prose("let a = 1;")],
  ["nothing", utf8(""), "", prose("")],
])("%s", async ([, bytes, contentType, text]) => {
  expect(await readBytes(bytes, contentType)).toEqual({ ok: true, text } satisfies Reading);
});

test.for<[string, Uint8Array, string, RegExp]>([
  ["a PDF", latin1("%PDF-1.7\n\xe2"), "", /PDF/],
  ["a PDF told as text", latin1("%PDF-1.7\n\xe2"), "text/html", /PDF/],
  ["a PNG", latin1("\x89PNG\r\n\x1a\n"), "image/png", /PNG/],
  ["a JPEG", latin1("\xff\xd8\xff\xe0"), "", /JPEG/],
  ["a ZIP", latin1("PK\x03\x04"), "application/zip", /office document/],
  ["a type that is no text", utf8("text"), "video/mp4", /^of the type video\/mp4$/],
  ["a type of any length", utf8("text"), `x/${"y".repeat(10_000)}`, /^.{0,100}$/],
  ["bytes with NUL", utf8("a\0b"), "", /binary/],
  ["bytes that are no text", Uint8Array.of(1, 0xfe, 0xff, 2), "application/octet-stream", /binary/],
])("%s is refused", async ([, bytes, contentType, what]) => {
  expect(await readBytes(bytes, contentType)).toEqual({
    ok: false,
    what: expect.stringMatching(what),
  });
});

test("text is told by itself", async () => {
  expect(await readString(HTML)).toEqual(prose("Grüße", "T"));
  expect((await readString(CSV)).form).toBe("table");
  expect((await readString(JSON_TEXT)).form).toBe("json");
  expect(await readString("5")).toEqual(prose("5"));
});

test("a byte order mark is no part of a text", async () => {
  for (const text of [HTML, CSV, JSON_TEXT, "5"]) {
    expect(await readString(`\ufeff${text}`)).toEqual(await readString(text));
  }
});

test("addresses in HTML are made absolute", async () => {
  const reading = await readBytes(utf8('<a href="b">c</a>'), "text/html", "https://a.example/x/");
  expect(reading).toMatchObject({ text: { text: "[c](https://a.example/x/b)" } });
});

test("JSON of any depth and text of any shape are read", async () => {
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  expect(["json", "prose"]).toContain((await readString(deep)).form);
  for (const text of [" ".repeat(5e6), "<!--".repeat(1e6), "#".repeat(5e6), "<meta ".repeat(1e6)]) {
    expect((await readString(text)).form).toBe("prose");
  }
});
