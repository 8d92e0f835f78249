// Content blocks as the parts that a chat completion's message can hold. Pure.

import { isRecord } from "../../lib/zod-kinds.ts";

/** A content block of a request. Checked before it comes here; read again because vendors add kinds. */
export interface Block {
  type: string;
  [key: string]: unknown;
}

export type Part =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string } }
  | { type: "file"; file: { filename: string; file_data: string } };

/** What `block` can be told as; nothing where it is of a kind that has no place in a message. */
export function toParts(block: Block): Part[] {
  switch (block.type) {
    case "text":
      return [text(String(block.text ?? ""))];
    case "image":
      return [toImage(block)];
    case "document":
      return toDocument(block);
    case "search_result": {
      const heading = lines([`Search result: ${block.title}`, `Source: ${block.source}`]);
      return [text(paragraphs([heading, toText(block.content)]))];
    }
    default:
      return [];
  }
}

/** Whether a chat completion can carry what `block` is about, and not only mention it. */
export function isCarried(block: Block): boolean {
  const source = isRecord(block.source) ? block.source.type : undefined;
  switch (block.type) {
    case "image":
      return source === "base64" || source === "url";
    case "document":
      return source === "base64" || source === "text" || source === "content";
    default:
      return block.type === "text" || block.type === "search_result";
  }
}

/** One string where there is only text, which is what the least of servers understands. */
export function toContent(parts: Part[]): string | Part[] {
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts.length === parts.length ? paragraphs(texts) : parts;
}

/** The text of a string or a list of blocks. */
export function toText(content: unknown): string {
  return paragraphs(
    toBlocks(content)
      .flatMap(toParts)
      .flatMap((part) => (part.type === "text" ? [part.text] : [])),
  );
}

export function toBlocks(content: unknown): Block[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) return [];
  return content.filter(
    (block): block is Block => isRecord(block) && typeof block.type === "string",
  );
}

export function paragraphs(texts: string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}

function lines(texts: string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}

function text(text: string): Part {
  return { type: "text", text };
}

function toImage({ source }: Block): Part {
  if (!isRecord(source)) return text("(An image that is not available here.)");
  if (source.type === "base64") {
    const url = `data:${source.media_type};base64,${source.data}`;
    return { type: "image_url", image_url: { url } };
  }
  if (source.type === "url") return { type: "image_url", image_url: { url: String(source.url) } };
  return text("(An image that is not available here.)");
}

function toDocument({ source, title, context }: Block): Part[] {
  const heading = lines([title ? `Document: ${title}` : "", context ? `Context: ${context}` : ""]);
  const { type, data, media_type, content, url } = isRecord(source) ? source : {};
  switch (type) {
    case "text":
      return [text(paragraphs([heading, String(data ?? "")]))];
    case "content":
      return [...(heading === "" ? [] : [text(heading)]), ...toBlocks(content).flatMap(toParts)];
    case "base64": {
      const filename = String(title || "document.pdf");
      const file_data = `data:${media_type};base64,${data}`;
      const file: Part = { type: "file", file: { filename, file_data } };
      return context ? [text(heading), file] : [file];
    }
    default: {
      // Chat completions take no documents by address; the model should know that it has not read it.
      const place = typeof url === "string" ? ` It is at ${url}` : "";
      return [text(lines([heading, `(A document that is not available here.${place})`]))];
    }
  }
}
