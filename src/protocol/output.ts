// How an answer is to be thought out and what form it is to have. PrivateGPT's older ways of saying
// so (`thinking.enabled`, `response_format`) are read here and become the Messages API's.

import * as z from "zod";
import { schemaFault } from "../lib/schema-fault.ts";
import { choice, type Fault, fields, isRecord, rules } from "../lib/zod-kinds.ts";
import { jsonObject, jsonSchema } from "./content.ts";

/** The Messages API takes no smaller thinking budget. */
const MIN_BUDGET_TOKENS = 1_024;

const budget = z.int().min(MIN_BUDGET_TOKENS);

const effort = z.enum(["low", "medium", "high", "xhigh", "max"]);

const typedThinking = z.discriminatedUnion("type", [
  fields({ type: z.literal("enabled"), budget_tokens: budget, effort: effort.optional() }),
  fields({ type: z.literal("adaptive"), effort: effort.optional() }),
  fields({ type: z.literal("disabled"), effort: effort.optional() }),
]);

const untypedThinking = fields({ enabled: z.boolean().optional(), effort: effort.optional() });

export const thinking = choice(
  [typedThinking, untypedThinking.transform(toTyped)],
  (value, [typed, untyped]) => (isRecord(value) && value.type != null ? typed : untyped),
);

/** JSON Schema has no keyword `schema`, so one that is an object is OpenAI's wrapping. */
const wrappedSchema = jsonObject.check(
  rules(function* (given) {
    const { schema } = given;
    const isWrapped = isRecord(schema);
    const fault = schemaFault(isWrapped ? schema : given);
    if (fault) yield { ...fault, path: [...(isWrapped ? ["schema"] : []), ...fault.path] };
  }),
);

export const outputConfig = fields({
  effort: effort.optional(),
  format: fields(
    { type: z.literal("json_schema"), schema: jsonSchema },
    { json_schema: "schema" },
  ).optional(),
});

export const responseFormat = fields({
  type: z.enum(["text", "json_schema"]).default("text"),
  json_schema: wrappedSchema.optional().describe("The schema, or OpenAI's `{name, schema}`."),
}).refine(({ type, json_schema }) => type === "text" || json_schema !== undefined, {
  path: ["json_schema"],
  error: "type json_schema needs a schema",
});

function toTyped({ enabled, effort }: z.output<typeof untypedThinking>) {
  const isWanted = enabled ?? effort !== undefined;
  return { type: isWanted ? ("adaptive" as const) : ("disabled" as const), effort };
}

interface Given {
  thinking?: z.output<typeof thinking> | undefined;
  output_config?: z.output<typeof outputConfig> | undefined;
  response_format?: z.output<typeof responseFormat> | undefined;
}

/** The two fields of the Messages API that say what the three fields of a request say. */
export function toOutputFields({ thinking, output_config, response_format }: Given) {
  const {
    effort = thinking?.effort,
    format = formatOf(response_format),
    ...others
  } = output_config ?? {};
  const output = { ...others, ...(effort && { effort }), ...(format && { format }) };
  return {
    ...(thinking && { thinking: withoutEffort(thinking) }),
    ...(Object.keys(output).length > 0 && { output_config: output }),
  };
}

function withoutEffort({ effort: _, ...plain }: z.output<typeof thinking>) {
  return plain;
}

function formatOf(given: Given["response_format"]) {
  if (given?.type !== "json_schema" || given.json_schema === undefined) return undefined;
  const { schema } = given.json_schema;
  return { type: "json_schema" as const, schema: isRecord(schema) ? schema : given.json_schema };
}

/** The budget is part of `max_tokens`. What has the wrong shape is passed over. */
export function* budgetFaults({ thinking, max_tokens }: Record<string, unknown>): Generator<Fault> {
  if (!isRecord(thinking) || thinking.type !== "enabled") return;
  const { budget_tokens } = thinking;
  if (typeof budget_tokens !== "number" || typeof max_tokens !== "number") return;
  if (budget_tokens < max_tokens) return;
  const message = `must be less than max_tokens, which is ${max_tokens}`;
  yield { path: ["thinking", "budget_tokens"], message };
}
