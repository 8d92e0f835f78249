// Blocks as parts of a UI message: how each begins, ends, and is answered.

import type { ContentBlock } from "../event.ts";
import { addressOf } from "./citation.ts";

export type Part =
  | { kind: "text"; id: string; begun: string }
  | { kind: "reasoning"; id: string; begun: string; signature: string; redacted: unknown }
  | { kind: "tool"; id: string; tool: Tool; begun: unknown; input: string }
  /** One that has no part of its own. */
  | { kind: "data"; id: string; block: ContentBlock };

/** What is said of a tool with every chunk about its call. */
interface Tool {
  toolName: string;
  /** For tools that run on our side: the client knows nothing of them, and is not to run them. */
  providerExecuted?: true;
  dynamic?: true;
  toolMetadata?: { server: unknown };
}

export function partOf(index: number, block: ContentBlock): Part {
  const id = String(index);
  switch (block.type) {
    case "text":
      return { kind: "text", id, begun: toText(block.text) };
    case "thinking": {
      const signature = toText(block.signature);
      return {
        kind: "reasoning",
        id,
        begun: toText(block.thinking),
        signature,
        redacted: undefined,
      };
    }
    case "redacted_thinking":
      return { kind: "reasoning", id, begun: "", signature: "", redacted: block.data };
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use":
      return {
        kind: "tool",
        id: toText(block.id) || `call-${index}`,
        tool: toolOf(block),
        begun: block.input,
        input: "",
      };
    default:
      return { kind: "data", id, block };
  }
}

function toolOf({ type, name, server_name }: ContentBlock): Tool {
  const toolName = toText(name);
  if (type === "tool_use") return { toolName };
  const tool: Tool = { toolName, providerExecuted: true, dynamic: true };
  return type === "mcp_tool_use" ? { ...tool, toolMetadata: { server: server_name } } : tool;
}

/** Blocks begin empty, but for those that came whole. */
export function toStart(part: Part): object[] {
  const { id } = part;
  switch (part.kind) {
    case "text": {
      const begun = part.begun && { type: "text-delta", id, delta: part.begun };
      return [{ type: "text-start", id }, ...(begun ? [begun] : [])];
    }
    case "reasoning": {
      const begun = part.begun && { type: "reasoning-delta", id, delta: part.begun };
      return [{ type: "reasoning-start", id }, ...(begun ? [begun] : [])];
    }
    case "tool":
      return [{ type: "tool-input-start", toolCallId: id, ...part.tool }];
    case "data":
      return [{ type: "data-block", id, data: part.block }];
  }
}

export function toEnd(part: Part): object[] {
  switch (part.kind) {
    case "text":
      return [{ type: "text-end", id: part.id }];
    case "reasoning": {
      // As the SDK's own provider has it, so that it can send the thought back.
      const { signature, redacted } = part;
      const told = redacted === undefined ? signature && { signature } : { redactedData: redacted };
      const providerMetadata = told ? { providerMetadata: { anthropic: told } } : {};
      return [{ type: "reasoning-end", id: part.id, ...providerMetadata }];
    }
    case "tool":
      return [toInput(part)];
    case "data":
      return [];
  }
}

function toInput({ id, tool, begun, input }: Extract<Part, { kind: "tool" }>): object {
  const call = { toolCallId: id, ...tool };
  if (input === "") return { type: "tool-input-available", ...call, input: begun ?? {} };
  try {
    return { type: "tool-input-available", ...call, input: JSON.parse(input) as unknown };
  } catch {
    const errorText = "The input was cut off, or is not JSON.";
    return { type: "tool-input-error", ...call, input, errorText };
  }
}

/** What a tool that ran on our side came to. */
export function toOutput({ tool_use_id, content, is_error }: ContentBlock): object {
  const call = { toolCallId: tool_use_id, providerExecuted: true, dynamic: true };
  const { error_code } = (content ?? {}) as { error_code?: unknown };
  if (is_error !== true && error_code === undefined) {
    return { type: "tool-output-available", ...call, output: content ?? null };
  }
  return {
    type: "tool-output-error",
    ...call,
    errorText: toText(error_code) || sentenceOf(content),
  };
}

function sentenceOf(content: unknown): string {
  if (!Array.isArray(content))
    return typeof content === "string" ? content : JSON.stringify(content);
  return content.map((block: { text?: unknown } | null) => toText(block?.text)).join("");
}

/** A place that is cited: a page, or a passage of a document. */
export function toSource(sourceId: string, citation: unknown): object {
  const { title, document_title } = (citation ?? {}) as Record<string, unknown>;
  const url = addressOf(citation);
  if (url !== undefined) {
    return { type: "source-url", sourceId, url, ...(title ? { title: toText(title) } : {}) };
  }
  const name = toText(document_title) || toText(title) || "Document";
  const providerMetadata = { anthropic: { citation } };
  return {
    type: "source-document",
    sourceId,
    mediaType: "text/plain",
    title: name,
    providerMetadata,
  };
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
