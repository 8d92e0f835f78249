// What a caller may ask for: one table of fields, in the words of PrivateGPT's clients and of
// Anthropic's, and the one form in which the rest of the service sees it. No I/O.

import * as z from "zod";
import { exceedsDepth } from "../lib/json-depth.ts";
import {
  choice,
  type Fault,
  fields,
  isRecord,
  list,
  MAX_FAULTS,
  rules,
  textOr,
} from "../lib/zod-kinds.ts";
import { artifacts } from "./artifact.ts";
import {
  cacheControl,
  MAX_BLOCKS,
  MAX_NAME_LENGTH,
  name,
  type TextBlock,
  textBlock,
} from "./content.ts";
import { contextManagement } from "./context-edit.ts";
import { conversationFaults, messages, splitSystem } from "./conversation.ts";
import type { Issue } from "./errors.ts";
import { budgetFaults, outputConfig, responseFormat, thinking, toOutputFields } from "./output.ts";
import { choiceFaults, mcpServers, nameFaults, toolChoice, tools } from "./tool.ts";
import { webhook } from "./webhook.ts";

/** Levels of a body. A tool's schema has perhaps twenty; code that recurses is safe far beyond this. */
export const MAX_DEPTH = 128;

/** Each is looked for in every piece of text that arrives. */
const MAX_STOP_SEQUENCES = 64;

/** Characters of a stop sequence: so much text is held back until it is clear that it is not one. */
const MAX_STOP_LENGTH = 256;

/** Characters. It travels as a header. */
const MAX_CORRELATION_ID_LENGTH = 256;

/** Characters, as at the Messages API. */
const MAX_USER_ID_LENGTH = 512;

/** Characters of `metadata` as JSON: all of it is in every answer about the status. */
const MAX_METADATA_LENGTH = 64 * 1024;

/** Fields that are none of ours. Those that an upstream cannot take are listed in the status. */
const MAX_UNKNOWN_FIELDS = 256;

/** Entries of `container.skills`. */
const MAX_ENTRIES = 64;

/** PrivateGPT's system prompt is an object; of its own fields none but the text means anything here. */
const systemObject = fields({
  text: z.string().optional(),
  cache_control: cacheControl.optional(),
});

const systemItem = choice(
  [
    z
      .string("Invalid input: expected a string, a block, or a list of these")
      .transform((text) => toPrompt(text)),
    textBlock.transform((block) => [block]),
    systemObject.transform(({ text, ...rest }) => toPrompt(text, rest)),
  ],
  (value, [text, block, object]) => {
    if (!isRecord(value)) return text;
    return value.type == null ? object : block;
  },
);

const system = textOr(systemItem, list(systemItem, MAX_BLOCKS)).transform((items) => items.flat());

const fraction = z.number().min(0).max(1);
const penalty = z.number().min(-2).max(2);

const table = fields(
  {
    model: name.default("default"),
    messages,
    max_tokens: z.int().min(1).optional(),
    system: system.optional(),
    tools: tools.optional(),
    thinking: thinking.optional(),
    tool_choice: toolChoice.optional(),
    output_config: outputConfig.optional(),
    response_format: responseFormat.optional().meta({ deprecated: true }),
    cache_control: cacheControl.optional(),
    stream: z.boolean().optional(),
    tool_context: artifacts.optional(),
    mcp_servers: mcpServers.optional(),
    container: choice(
      [
        name,
        fields({
          id: name.optional(),
          skills: list(
            fields({ skill_id: name, version: name.optional() }),
            MAX_ENTRIES,
          ).optional(),
        }),
      ],
      (value, [id, object]) => (isRecord(value) ? object : id),
    ).optional(),
    maximum_loaded_skills: z.int().min(1).optional(),
    context_management: contextManagement.optional(),
    temperature: z.number().min(0).max(2).optional(),
    top_p: fraction.optional(),
    min_p: fraction.optional(),
    top_k: z.int().min(0).optional(),
    seed: z.int().optional(),
    priority: z.int().optional(),
    repetition_penalty: z.number().positive().optional(),
    presence_penalty: penalty.optional(),
    frequency_penalty: penalty.optional(),
    stop_sequences: list(z.string().min(1).max(MAX_STOP_LENGTH), MAX_STOP_SEQUENCES).optional(),
    metadata: fields({ user_id: z.string().max(MAX_USER_ID_LENGTH).optional() }).optional(),
    service_tier: z.enum(["auto", "standard_only"]).optional(),
    inference_geo: name.optional(),
    correlation_id: z
      .string()
      .min(1)
      .max(MAX_CORRELATION_ID_LENGTH)
      .regex(/^[\x20-\x7e]*$/, "must be printable ASCII")
      .optional(),
    on_interrupt: z.enum(["continue", "restart", "fail"]).optional(),
    webhook: webhook.optional(),
    expires_after: z.int().min(1).optional().describe("Seconds."),
  },
  { toolChoice: "tool_choice", outputConfig: "output_config", cacheControl: "cache_control" },
);

/** By their own names. */
export const REQUEST_FIELDS: readonly string[] = Object.keys(table.shape);

export const messageRequest = table
  .check(
    rules(function* (body) {
      yield* conversationFaults(body.messages);
      yield* nameFaults(body.tools);
      yield* choiceFaults(body);
      yield* budgetFaults(body);
      yield* sizeFaults(body);
    }),
  )
  .transform(normalise);
export type MessageRequest = z.output<typeof messageRequest>;

/** What goes into the status is bounded, as it is kept in one row. What has the wrong shape is passed over. */
function* sizeFaults(body: Record<string, unknown>): Generator<Fault> {
  const { metadata } = body;
  if (isRecord(metadata) && JSON.stringify(metadata).length > MAX_METADATA_LENGTH) {
    yield { path: ["metadata"], message: `longer than ${MAX_METADATA_LENGTH} characters of JSON` };
  }
  const unknown = Object.keys(body).filter((key) => !Object.hasOwn(table.shape, key));
  if (unknown.length > MAX_UNKNOWN_FIELDS) {
    yield { path: [], message: `more than ${MAX_UNKNOWN_FIELDS} fields that are unknown` };
  } else if (unknown.some((key) => key.length > MAX_NAME_LENGTH)) {
    yield { path: [], message: `a field's name is longer than ${MAX_NAME_LENGTH} characters` };
  }
}

export type ParsedRequest = { ok: true; request: MessageRequest } | { ok: false; issues: Issue[] };

/** The request that `body` is, or everything that is wrong with it. */
export function parseMessageRequest(body: unknown): ParsedRequest {
  const tooDeep = exceedsDepth(body, MAX_DEPTH);
  if (tooDeep) {
    const msg = `nested more than ${MAX_DEPTH} levels deep`;
    return { ok: false, issues: [{ loc: ["body", ...tooDeep], msg, type: "too_deep" }] };
  }
  const parsed = messageRequest.safeParse(body, { reportInput: true });
  if (parsed.success) return { ok: true, request: parsed.data };
  return { ok: false, issues: parsed.error.issues.slice(0, MAX_FAULTS).map(toIssue) };
}

/** A fault that zod found in a body, with `reportInput`. */
export function toIssue(issue: z.core.$ZodIssue): Issue {
  const loc = ["body", ...issue.path.map((step) => (typeof step === "symbol" ? "" : step))];
  if (issue.code === "custom") return { loc, msg: issue.message, type: "value_error" };
  if (issue.input === undefined && issue.code.startsWith("invalid_")) {
    return { loc, msg: "Field required", type: "missing" };
  }
  if (issue.code === "invalid_union" && "options" in issue && issue.options) {
    const msg = `Invalid option: expected one of ${issue.options.map(String).join(", ")}`;
    return { loc, msg, type: "invalid_value" };
  }
  return { loc, msg: issue.message, type: issue.code };
}

function normalise(body: z.output<typeof table>) {
  const { messages: all, system = [], thinking, output_config, response_format, ...rest } = body;
  const { messages, system: moved } = splitSystem(all);
  const prompt = [...system, ...moved];
  return {
    ...rest,
    messages,
    ...(prompt.length > 0 && { system: prompt }),
    ...toOutputFields({ thinking, output_config, response_format }),
  };
}

/** Nothing, where there is no text: an empty block is one that upstreams refuse. */
function toPrompt(
  text = "",
  { cache_control }: Pick<TextBlock, "cache_control"> = {},
): TextBlock[] {
  return text === "" ? [] : [{ type: "text", text, ...(cache_control && { cache_control }) }];
}
