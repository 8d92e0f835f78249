// The schemas within a JSON Schema, and the way to each.

import type { Schema } from "@cfworker/json-schema";

/** A schema, or what stands where one should. */
export interface Part {
  schema: unknown;
  /** What it is in, and under which name or number; the whole is in nothing. */
  parent?: Part;
  step?: string | number;
}

const WORDS = {
  /** One schema; of `items` a list, before 2020-12. */
  one:
    "not if then else contains items additionalItems unevaluatedItems propertyNames " +
    "additionalProperties unevaluatedProperties",
  list: "allOf anyOf oneOf prefixItems",
  map: "properties patternProperties dependentSchemas $defs definitions",
};

/** The keywords that hold schemas: one, a list of them, or several by name. */
export const APPLICATORS: ReadonlyMap<string, string> = new Map(
  Object.entries(WORDS).flatMap(([holding, words]) =>
    words.split(" ").map((word) => [word, holding] as const),
  ),
);

/** The schemas that `parent` has under `keyword`, an applicator. */
export function* heldBy(parent: Part, keyword: string, value: unknown): Generator<Part> {
  const holder: Part = { schema: value, parent, step: keyword };
  const isMany =
    APPLICATORS.get(keyword) !== "one" || (keyword === "items" && Array.isArray(value));
  if (!isMany) yield holder;
  else if (Array.isArray(value)) {
    for (const [step, schema] of value.entries()) yield { schema, parent: holder, step };
  } else {
    for (const [step, schema] of Object.entries(value ?? {}))
      yield { schema, parent: holder, step };
  }
}

/** The whole, the schemas within it, those within these, and so on. */
export function* partsOf(root: unknown): Generator<Part> {
  const parts: Part[] = [{ schema: root }];
  for (const part of parts) {
    yield part;
    if (!isSchemaObject(part.schema)) continue;
    for (const [keyword, value] of Object.entries(part.schema)) {
      if (!APPLICATORS.has(keyword)) continue;
      for (const child of heldBy(part, keyword, value)) parts.push(child);
    }
  }
}

export function pathTo(part: Part): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Part | undefined = part; at?.step !== undefined; at = at.parent) path.push(at.step);
  return path.reverse();
}

export function isSchemaObject(schema: unknown): schema is Schema {
  return typeof schema === "object" && schema !== null && !Array.isArray(schema);
}
