// What a tool of an MCP server answered, as the content of a result block of the Messages API. Pure.

import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";
import { canonicalJson } from "../../lib/canonical-json.ts";
import { exceedsDepth } from "../../lib/json-depth.ts";
import { base64 } from "../../protocol/content.ts";
import { MAX_DEPTH } from "../../protocol/request.ts";
import type { Outcome } from "../tool.ts";

/** Text of one result, in UTF-8: some 60,000 tokens, a third of what many models hold. */
export const MAX_TEXT_BYTES = 256 * 1024;

/** Images of one result, in base64: what the Messages API takes in one. */
export const MAX_IMAGE_BYTES = 5 * 1024 ** 2;

const IMAGE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

interface Text {
  type: "text";
  text: string;
}

interface Image {
  type: "image";
  source: { type: "base64"; media_type: string; data: string };
}

/** `token` is cut out wherever the server repeats it. */
export function toOutcome(result: CallToolResult, token: string | undefined): Outcome {
  const { content, structuredContent, isError = false } = result;
  const blocks = content.map(toBlock);
  if (structuredContent !== undefined) blocks.push(...toStructured(structuredContent, content));
  const told = blocks.map((block) =>
    block.type === "text" ? toText(withoutToken(block.text, token)) : block,
  );
  return { content: withinLimits(told), isError };
}

/** `text` without the token, as it is and as JSON has it. */
export function withoutToken(text: string, token: string | undefined): string {
  if (token === undefined) return text;
  const escaped = JSON.stringify(token).slice(1, -1);
  return text.replaceAll(token, "[token]").replaceAll(escaped, "[token]");
}

function toBlock(block: ContentBlock): Text | Image {
  switch (block.type) {
    case "text":
      return toText(block.text);
    case "image":
      return toImage(block.mimeType, block.data, "An image");
    case "audio":
      return toText(`[Audio (${block.mimeType}), which cannot be played here.]`);
    case "resource_link": {
      const { uri, name, title, description, mimeType } = block;
      const type = mimeType === undefined ? "" : ` (${mimeType})`;
      return toText([`${title ?? name}${type}: ${uri}`, description ?? ""].join("\n").trim());
    }
    case "resource": {
      const { uri, mimeType = "unknown type", ...contents } = block.resource;
      if ("text" in contents) return toText(`${uri}:\n${contents.text}`);
      return toImage(mimeType, contents.blob, `The resource ${uri}`);
    }
  }
}

function toText(text: string): Text {
  return { type: "text", text: text.toWellFormed() };
}

/** An image, or a sentence on `what` it is instead. */
function toImage(mediaType: string, data: string, what: string): Text | Image {
  const media_type = mediaType === "image/jpg" ? "image/jpeg" : mediaType;
  const canBeShown = IMAGE_TYPES.has(media_type) && base64.safeParse(data).success;
  if (!canBeShown) return toText(`[${what} (${mediaType}), which cannot be shown here.]`);
  return { type: "image", source: { type: "base64", media_type, data } };
}

/** As JSON, unless a text says it already: servers are asked to say it in both ways. */
function toStructured(structured: unknown, content: readonly ContentBlock[]): Text[] {
  if (exceedsDepth(structured, MAX_DEPTH)) {
    return [toText(`[Data nested more than ${MAX_DEPTH} levels deep, left out.]`)];
  }
  const meant = canonicalJson(structured);
  const isSaid = content.some((block) => block.type === "text" && says(block.text, meant));
  return isSaid ? [] : [toText(JSON.stringify(structured))];
}

function says(text: string, meant: string): boolean {
  try {
    const json: unknown = JSON.parse(text);
    return exceedsDepth(json, MAX_DEPTH) === undefined && canonicalJson(json) === meant;
  } catch {
    return false;
  }
}

function withinLimits(blocks: readonly (Text | Image)[]): (Text | Image)[] {
  const room = new Uint8Array(MAX_TEXT_BYTES);
  const kept: (Text | Image)[] = [];
  const left = { text: 0, images: 0 };
  let textBytes = 0;
  let imageBytes = 0;
  for (const block of blocks) {
    if (block.type === "text") {
      const { read, written } = new TextEncoder().encodeInto(block.text, room.subarray(textBytes));
      textBytes += written;
      left.text += block.text.length - read;
      if (read > 0) kept.push(toText(block.text.slice(0, read))); // no block of text may be empty
    } else if (imageBytes + block.source.data.length <= MAX_IMAGE_BYTES) {
      imageBytes += block.source.data.length;
      kept.push(block);
    } else {
      left.images += 1;
    }
  }
  if (left.text > 0) {
    const limit = `the text of a result may be ${MAX_TEXT_BYTES / 1024} KiB at most`;
    kept.push(toText(`[Cut off here, ${left.text} characters before the end: ${limit}.]`));
  }
  if (left.images > 0) {
    const limit = `the images of a result may be ${MAX_IMAGE_BYTES / 1024 ** 2} MiB at most`;
    kept.push(toText(`[Images left out: ${left.images}; ${limit}.]`));
  }
  return kept;
}
