// JSON Schema, draft 2020-12: whether a value fits a schema and where not, and whether a schema can
// be checked against at all. Told in sentences, for people and for models that are to mend it. All
// of a schema counts but `pattern` and `patternProperties`, which are not run.

import { dereference, type OutputUnit, type Schema, validate } from "@cfworker/json-schema";
import {
  APPLICATORS,
  findFault,
  type Lookup,
  removePatterns,
  type SchemaFault,
} from "./schema-graph.ts";

/** Says where in a JSON value something does not fit, and what; undefined where all of it fits. */
export type Check = (value: unknown) => string | undefined;

/** Characters. */
const MAX_SENTENCE_LENGTH = 500;

/** Places told at once: each alternative of a union has its own. */
const MAX_PLACES = 3;

const DRAFT = "2020-12";

/** Applicators whose errors say something beside the errors that they lead to. */
const TELLING = new Set(["not", "contains", "oneOf"]);

const text = { type: "string" };
const texts = { type: "array", items: text };
const count = { type: "integer", minimum: 0 };
const number = { type: "number" };
const types = { enum: "array boolean integer null number object string".split(" ") };

const schema = { $ref: "#/$defs/schema" };
const held = {
  one: schema,
  list: { type: "array", items: schema },
  map: { type: "object", additionalProperties: schema },
};

/** What a schema looks like: not all that the standard asks for, but all that is relied on here. */
const META: Schema = {
  ...schema,
  $defs: {
    schema: {
      type: ["object", "boolean"],
      properties: {
        ...Object.fromEntries(Array.from(APPLICATORS, ([word, holding]) => [word, held[holding]])),
        items: { type: ["object", "boolean", "array"], anyOf: [held.one, held.list] },
        ...{ $id: text, $ref: text, $anchor: text, pattern: text, format: text },
        type: { anyOf: [types, { type: "array", items: types }] },
        ...{ enum: { type: "array" }, required: texts },
        dependentRequired: { type: "object", additionalProperties: texts },
        ...{ minimum: number, maximum: number, exclusiveMinimum: number, exclusiveMaximum: number },
        multipleOf: { ...number, exclusiveMinimum: 0 },
        ...{ minLength: count, maxLength: count, minItems: count, maxItems: count },
        ...{ minContains: count, maxContains: count, minProperties: count, maxProperties: count },
      },
    },
  },
};
const META_LOOKUP = dereference(META);

/** A check that never throws. Where the schema has a fault it lets everything pass. */
export function createCheck(schema: Record<string, unknown>): Check {
  const compiled = compile(schema);
  if ("message" in compiled) return () => undefined;
  return (value) => {
    try {
      const { valid, errors } = validate(value, compiled.schema, DRAFT, compiled.lookup);
      return valid ? undefined : toSentence(errors);
    } catch {
      return "It is nested too deeply to be checked, or a name in it is no well-formed text.";
    }
  };
}

/** What is wrong with a schema so that nothing can be checked against it. */
export function schemaFault(schema: Record<string, unknown>): SchemaFault | undefined {
  const compiled = compile(schema);
  return "message" in compiled ? compiled : undefined;
}

interface Compiled {
  schema: Schema;
  lookup: Lookup;
}

function compile(given: Record<string, unknown>): Compiled | SchemaFault {
  try {
    const { valid, errors } = validate(given, META, DRAFT, META_LOOKUP);
    if (!valid) return toFault(errors, given);
    const schema: Schema = structuredClone(given); // the library marks it
    const lookup = dereference(schema);
    const fault = findFault(schema, lookup);
    if (fault) return fault;
    removePatterns(schema);
    return { schema, lookup };
  } catch (error) {
    const message =
      error instanceof RangeError
        ? "is nested too deeply"
        : "has an address that is none ($id, $ref, $anchor), or one twice";
    return { path: [], message };
  }
}

function toSentence(errors: OutputUnit[]): string {
  const sentences = tellingOf(errors).map(({ instanceLocation, keyword, error }) => {
    const place = stepsOf(instanceLocation).join(".");
    const message = keyword === "false" ? "This is not allowed." : error;
    return place === "" ? message : `${place}: ${message}`;
  });
  return sentences.slice(0, MAX_PLACES).join(" ").slice(0, MAX_SENTENCE_LENGTH);
}

function toFault(errors: OutputUnit[], schema: unknown): SchemaFault {
  const [first] = tellingOf(errors);
  const path: SchemaFault["path"] = [];
  let place = schema;
  for (const step of stepsOf(first?.instanceLocation ?? "")) {
    path.push(Array.isArray(place) ? Number(step) : step);
    place = (place as Record<string, unknown> | undefined)?.[step];
  }
  return { path, message: (first?.error ?? "is no schema").slice(0, MAX_SENTENCE_LENGTH) };
}

/** The errors that do not just lead to another. */
function tellingOf(errors: OutputUnit[]): OutputUnit[] {
  return errors.filter(({ keyword }) => {
    return TELLING.has(keyword) || !(keyword === "$ref" || APPLICATORS.has(keyword));
  });
}

/** The names and numbers in a pointer such as `#/a/0`: https://www.rfc-editor.org/rfc/rfc6901 */
function stepsOf(pointer: string): string[] {
  const steps = pointer.split("/").slice(1);
  return steps.map((step) => decodeURIComponent(step).replace(/~1/g, "/").replace(/~0/g, "~"));
}
