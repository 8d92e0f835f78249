// The content blocks that a message may hold, in the shapes of the Messages API. Blocks of a type not
// listed here are kept as they are: that API grows faster than we do, and its own kind understands
// them. https://docs.claude.com/en/api/messages

import * as z from "zod";
import { schemaFault } from "../lib/schema-fault.ts";
import { choice, fields, isRecord, list, rules, textOr } from "../lib/zod-kinds.ts";

/** Blocks in one list. An agent's longest message has hundreds; this leaves room for a document cut up. */
export const MAX_BLOCKS = 10_000;

/** Characters of a name or an id that others will repeat: in logs, status, upstream requests. */
export const MAX_NAME_LENGTH = 200;

export const name = z.string().min(1).max(MAX_NAME_LENGTH);

/** A JSON object that is nobody's business here: a tool's input, a schema. */
export const jsonObject = z.record(z.string(), z.unknown());

/** A JSON Schema that something can be checked against. */
export const jsonSchema = jsonObject.check(
  rules(function* (schema) {
    const fault = schemaFault(schema);
    if (fault) yield fault;
  }),
);

/** Whose host may be reached is for those to say who reach it. */
export const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** Any text in place of a list of blocks. */
const anyText = z.string("Invalid input: expected a string or a list of blocks");

export const base64 = z
  .string()
  .min(1)
  .refine(isBase64, "must be base64, padded, without line breaks")
  .meta({ contentEncoding: "base64" });

export const cacheControl = fields({
  type: z.literal("ephemeral"),
  ttl: z.enum(["5m", "1h"]).optional(),
});

const cached = { cache_control: cacheControl.optional() };

export const textBlock = fields({
  type: z.literal("text"),
  text: z.string().min(1, "text content blocks must be non-empty"),
  citations: z.array(z.unknown()).optional(),
  ...cached,
});
export type TextBlock = z.output<typeof textBlock>;

const urlSource = fields({ type: z.literal("url"), url: httpUrl });
const fileSource = fields({ type: z.literal("file"), file_id: name });

const imageBlock = fields({
  type: z.literal("image"),
  source: z.discriminatedUnion("type", [
    fields({
      type: z.literal("base64"),
      media_type: z.enum(["image/png", "image/jpeg", "image/gif", "image/webp"]),
      data: base64,
    }),
    urlSource,
    fileSource,
  ]),
  ...cached,
});

/** Whether to cite a source: `{enabled}`; PrivateGPT has the list of what was cited in its place. */
const citationsWish = choice(
  [z.array(z.unknown()), fields({ enabled: z.boolean().optional() })],
  (value, [made, wish]) => (Array.isArray(value) ? made : wish),
);

const documentBlock = fields({
  type: z.literal("document"),
  source: z.discriminatedUnion("type", [
    fields({ type: z.literal("base64"), media_type: name, data: base64 }),
    fields({
      type: z.literal("text"),
      media_type: z.literal("text/plain").default("text/plain"),
      data: z.string().min(1),
    }),
    fields({
      type: z.literal("content"),
      content: textOr(
        anyText.min(1),
        list(z.discriminatedUnion("type", [textBlock, imageBlock]), MAX_BLOCKS),
      ),
    }),
    urlSource,
    fileSource,
  ]),
  title: z.string().optional(),
  context: z.string().optional(),
  citations: citationsWish.optional(),
  ...cached,
});

const searchResultBlock = fields({
  type: z.literal("search_result"),
  source: z.string(),
  title: z.string(),
  content: list(textBlock, MAX_BLOCKS),
  citations: citationsWish.optional(),
  ...cached,
});

const toolReferenceBlock = fields({
  type: z.literal("tool_reference"),
  tool_name: name,
  ...cached,
});

const thinkingBlock = fields({
  type: z.literal("thinking"),
  thinking: z.string(),
  // Anthropic demands one; reasoning that came from an OpenAI-compatible upstream has none.
  signature: z.string().optional(),
});

const redactedThinkingBlock = fields({ type: z.literal("redacted_thinking"), data: z.string() });

// No pattern for ids: each vendor makes its own, and a caller must be able to send them back.
const call = { id: name, name, input: jsonObject, ...cached };

const toolUseBlock = fields({ type: z.literal("tool_use"), ...call });
const serverToolUseBlock = fields({ type: z.literal("server_tool_use"), ...call });
const mcpToolUseBlock = fields({ type: z.literal("mcp_tool_use"), server_name: name, ...call });

/** What stands inside the result of a tool. */
const resultContent = textOr(
  anyText,
  list(
    knownOr([textBlock, imageBlock, documentBlock, searchResultBlock, toolReferenceBlock]),
    MAX_BLOCKS,
  ),
);

const result = { tool_use_id: name, is_error: z.boolean().optional(), ...cached };

const toolResultBlock = fields({
  type: z.literal("tool_result"),
  content: resultContent.optional(),
  ...result,
});

const mcpToolResultBlock = fields({
  type: z.literal("mcp_tool_result"),
  content: resultContent.optional(),
  ...result,
});

/** The results of tools that ran on a server: what is in them is between that server and the model. */
const serverToolResultBlock = fields({
  type: z.literal([
    "server_tool_result",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "advisor_tool_result",
  ]),
  content: z.unknown().optional(),
  ...result,
});

const containerUploadBlock = fields({
  type: z.literal("container_upload"),
  file_id: name,
  ...cached,
});

export const contentBlock = knownOr([
  textBlock,
  imageBlock,
  documentBlock,
  searchResultBlock,
  thinkingBlock,
  redactedThinkingBlock,
  toolUseBlock,
  toolResultBlock,
  serverToolUseBlock,
  serverToolResultBlock,
  mcpToolUseBlock,
  mcpToolResultBlock,
  containerUploadBlock,
]);
export type InputBlock = z.output<typeof contentBlock>;

export const content = textOr(anyText.min(1), list(contentBlock, MAX_BLOCKS).min(1));

/** One of `known` where the `type` says so; else an object with a `type` of which we know no more. */
function knownOr<const Known extends readonly [Block, ...Block[]]>(known: Known) {
  // Branded, so that a comparison of `type` with a literal still tells the known blocks apart.
  const unknown = fields({ type: name.brand<"unknown block">() });
  const union = z.discriminatedUnion("type", known);
  const types = new Set<unknown>(known.flatMap(({ shape }) => [...shape.type.values]));
  return choice([union, unknown], (value) =>
    isRecord(value) && types.has(value.type) ? union : unknown,
  );
}

type Block = z.ZodObject<{ type: z.ZodLiteral<string> }, z.core.$loose>;

/** Looks for what must not be there, which takes no stack however long the text is. */
function isBase64(text: string): boolean {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return text.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(text.slice(0, text.length - padding));
}
