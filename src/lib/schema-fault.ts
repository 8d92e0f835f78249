// Whether a JSON Schema is one that values can be checked against: not all that the standard asks for,
// but all that is relied on here. Takes time in proportion to its length: it may be anybody's.

import { dereference, type Schema } from "@cfworker/json-schema";
import { APPLICATORS, heldBy, isSchemaObject, type Part, partsOf, pathTo } from "./schema-parts.ts";

export interface SchemaFault {
  path: (string | number)[];
  message: string;
}

type Lookup = Record<string, Schema | boolean>;

/** Schemas that lead to one another for one and the same value: nobody needs more. */
const MAX_HOPS = 64;

/** Keywords whose schemas are for the same value, not for one within it. */
const IN_PLACE = new Set("allOf anyOf oneOf not if then else dependentSchemas".split(" "));

/** Without them nothing in a schema refers to anything. */
const REFERRING = ["$ref", "$id", "id", "$anchor"];

const TYPES = "array boolean integer null number object string".split(" ");

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isType = (value: unknown) => TYPES.includes(value as string);

/** What keywords have to be, but for those that hold schemas. */
const SHAPES: [words: string, told: string, fits: (value: unknown) => boolean][] = [
  ["$id $ref $anchor pattern format", "a string", isText],
  ["type", `one or a list of ${TYPES.join(", ")}`, (value) => [value].flat().every(isType)],
  ["enum", "a list", Array.isArray],
  ["required", "a list of strings", isTexts],
  [
    "dependentRequired",
    "an object of lists of strings",
    (value) => isSchemaObject(value) && Object.values(value).every(isTexts),
  ],
  ["minimum maximum exclusiveMinimum exclusiveMaximum", "a number", isNumber],
  ["multipleOf", "a number above 0", (value) => isNumber(value) && Number(value) > 0],
  [
    "minLength maxLength minItems maxItems minContains maxContains minProperties maxProperties",
    "a whole number from 0",
    (value) => Number.isInteger(value) && Number(value) >= 0,
  ],
  ["properties patternProperties dependentSchemas $defs definitions", "an object", isSchemaObject],
  ["allOf anyOf oneOf prefixItems", "a list", Array.isArray],
];

const RULES = new Map(
  SHAPES.flatMap(([words, told, fits]) => words.split(" ").map((word) => [word, { told, fits }])),
);

/** The first fault of a schema. */
export function schemaFault(root: Record<string, unknown>): SchemaFault | undefined {
  let refers = false;
  for (const part of partsOf(root)) {
    const { schema } = part;
    if (typeof schema === "boolean") continue;
    if (!isSchemaObject(schema)) {
      return { path: pathTo(part), message: "must be an object or a boolean" };
    }
    for (const [keyword, value] of Object.entries(schema)) {
      const rule = RULES.get(keyword);
      if (!rule || rule.fits(value)) continue;
      return { path: [...pathTo(part), keyword], message: `must be ${rule.told}` };
    }
    refers ||= REFERRING.some((keyword) => schema[keyword] !== undefined);
  }
  return refers ? referenceFault(root) : undefined;
}

function referenceFault(root: Record<string, unknown>): SchemaFault | undefined {
  try {
    const schema: Schema = structuredClone(root); // the library marks it
    return circleOrGap(schema, dereference(schema));
  } catch (error) {
    const message =
      error instanceof RangeError
        ? "is nested too deeply"
        : "has an address that is none ($id, $ref, $anchor), or one twice";
    return { path: [], message };
  }
}

/** A reference that leads nowhere, or round and round. */
function circleOrGap(root: Schema, lookup: Lookup): SchemaFault | undefined {
  const seen = new Set<object>();
  const parts: Part[] = [{ schema: root }];

  /** `hops` are the schemas that lead here for the same value. */
  function visit(part: Part, hops: Set<object>): SchemaFault | undefined {
    const { schema } = part;
    if (!isSchemaObject(schema)) return undefined;
    if (hops.has(schema) || hops.size === MAX_HOPS) {
      return { path: pathTo(part), message: "leads back to itself, or on and on" };
    }
    if (seen.has(schema)) return undefined;
    seen.add(schema);
    hops.add(schema);
    for (const [keyword, value] of Object.entries(schema)) {
      if (!APPLICATORS.has(keyword)) continue;
      for (const child of heldBy(part, keyword, value)) {
        const fault = IN_PLACE.has(keyword) ? visit(child, hops) : void parts.push(child);
        if (fault) return fault;
      }
    }
    const fault = schema.$ref === undefined ? undefined : follow(part, schema, hops);
    hops.delete(schema);
    return fault;
  }

  function follow(parent: Part, schema: Schema, hops: Set<object>): SchemaFault | undefined {
    const target = lookup[schema.__absolute_ref__ ?? ""];
    const part: Part = { schema: target, parent, step: "$ref" };
    if (target !== undefined) return visit(part, hops);
    return { path: pathTo(part), message: "leads to nothing that is part of the schema" };
  }

  for (const part of parts) {
    const fault = visit(part, new Set());
    if (fault) return fault;
  }
  return undefined;
}
