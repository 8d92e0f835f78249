// What bytes say, as text for models: HTML as markdown, all else that is text as it is. Told by the
// content type, and by the bytes themselves where that says nothing.

import { charsetOf, decodeText, isUtf8, markedCharset } from "../lib/charset.ts";
import { sniffDelimiter } from "../lib/delimiter.ts";

/** How a text is built: in paragraphs under headings, in rows, or as JSON. */
export type Form = "prose" | "table" | "json";

export interface Text {
  form: Form;
  text: string;
  title?: string;
}

/** `what` names what it is instead. */
export type Reading = { ok: true; text: Text } | { ok: false; what: string };

/** What a content type promises: `plain` and `unknown` leave it to the text, `unknown` may be none. */
type Promised = Form | "html" | "plain" | "unknown" | "binary";

const PROMISES: [pattern: RegExp, promised: Promised][] = [
  [/^$|^(?:application|binary)\/(?:octet-stream|x-unknown|unknown)$/, "unknown"],
  [/^text\/html$|^application\/xhtml\+xml$/, "html"],
  [/[/+]json$/, "json"],
  [/^(?:text|application)\/(?:csv|tab-separated-values)$/, "table"],
  [/^text\/plain$/, "plain"],
  [/^text\/|[/+]xml$/, "prose"],
  [/^application\/(?:x-)?(?:javascript|yaml|toml|ndjson|sh|sql|graphql)$/, "prose"],
];

/** What the first bytes tell (https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern). */
const SIGNATURES: [start: string, what: string][] = [
  ["%PDF-", "a PDF document"],
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["GIF8", "a GIF image"],
  ["RIFF", "an image, sound or film"],
  ["PK\x03\x04", "a ZIP archive or an office document"],
  ["\xd0\xcf\x11\xe0", "an office document"],
  ["\x1f\x8b", "a compressed file"],
];

/** Bytes and characters at the start in which signs are looked for. */
const START_LENGTH = 4 * 1024;

const HTML_PAGE = /^\s*(?:<!--[\s\S]{0,2000}?-->\s*)?<(?:!doctype html|html|head|body)\b/i;
const HTML_PIECE = /^\s*<(?:div|p|h[1-6]|table|ul|ol|article|section|main|span|a)\b/i;
/** Markdown may well begin with HTML, but not the other way round. */
const MARKDOWN = /^(?:#{1,6} \S|```)/m;

/** `base` is what addresses in HTML are relative to. */
export async function readBytes(
  bytes: Uint8Array,
  contentType = "",
  base?: string,
): Promise<Reading> {
  const mediaType = (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
  const promised = promiseOf(mediaType);
  const start = String.fromCharCode(...bytes.subarray(0, START_LENGTH));
  const [, signed] = SIGNATURES.find(([sign]) => start.startsWith(sign)) ?? [];
  if (signed !== undefined) return { ok: false, what: signed };
  if (promised === "binary") return { ok: false, what: `of the type ${mediaType.slice(0, 80)}` };
  if (promised === "unknown" && !isText(bytes, start)) return { ok: false, what: "a binary file" };
  const text = decodeText(bytes, charsetOf(contentType) ?? declaredCharset(start));
  return { ok: true, text: await build(text, promised, base) };
}

/** Text of which nothing is known. As in bytes, a byte order mark is no part of it. */
export function readString(text: string): Promise<Text> {
  return build(text.replace(/^\ufeff/, ""), "unknown");
}

async function build(text: string, promised: Promised, base?: string): Promise<Text> {
  if (promised === "html" || (promised === "unknown" && isHtml(text))) {
    // The parser is for those who need it.
    const { toMarkdown } = await import("./markdown.ts");
    const { title, text: markdown } = toMarkdown(text, base);
    return { form: "prose", text: markdown, ...titleOf(title) };
  }
  if (promised === "prose") return { form: "prose", text, ...titleOf(headingOf(text)) };
  if (promised === "table") return { form: "table", text };
  const json = parseJson(text);
  if (json !== undefined) return { form: "json", text, ...titleOf(nameOf(json)) };
  if (promised !== "json" && sniffDelimiter(text)) return { form: "table", text };
  return { form: "prose", text, ...titleOf(headingOf(text)) };
}

function promiseOf(mediaType: string): Promised {
  return PROMISES.find(([pattern]) => pattern.test(mediaType))?.[1] ?? "binary";
}

function isText(bytes: Uint8Array, start: string): boolean {
  if (markedCharset(bytes)) return true;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what no text has, whatever its encoding
  return isUtf8(bytes) ? !start.includes("\0") : !/[\0-\x08\x0e-\x1f]/.test(start);
}

function isHtml(text: string): boolean {
  const start = text.slice(0, START_LENGTH);
  return HTML_PAGE.test(start) || (HTML_PIECE.test(start) && !MARKDOWN.test(text));
}

/** What HTML or XML says of itself. It is no UTF-16 if that could be read as ASCII. */
function declaredCharset(start: string): string | undefined {
  const [, charset] =
    /<meta[^>]{0,500}?charset\s*=\s*["']?([\w-]+)/i.exec(start) ??
    /^<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w-]+)/i.exec(start) ??
    [];
  return charset?.toLowerCase().startsWith("utf-16") ? undefined : charset;
}

/** An object or an array; all else is text as much as it is JSON. */
function parseJson(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameOf(json: object): unknown {
  const { title, name } = json as { title?: unknown; name?: unknown };
  return title ?? name;
}

function headingOf(text: string): string | undefined {
  return /^#{1,6}[ \t]+(\S[^\n]*)$/m.exec(text.slice(0, START_LENGTH))?.[1];
}

/** Characters of a title, which is shown with every passage. */
const MAX_TITLE_LENGTH = 200;

function titleOf(title: unknown): { title?: string } {
  const text =
    typeof title === "string" ? title.trim().slice(0, MAX_TITLE_LENGTH).toWellFormed() : "";
  return text === "" ? {} : { title: text };
}
