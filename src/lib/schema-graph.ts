// The schemas within a JSON Schema: references that lead nowhere or round in circles are found, and
// patterns removed.

import type { Schema } from "@cfworker/json-schema";

export interface SchemaFault {
  path: (string | number)[];
  message: string;
}

/** Schemas by their absolute address. */
export type Lookup = Record<string, Schema | boolean>;

/** Schemas that lead to one another for one and the same value: nobody needs more. */
const MAX_HOPS = 64;

/** How a keyword holds schemas: one, a list of them, or several by name. */
export type Holding = "one" | "list" | "map";

const WORDS: Record<Holding, string> = {
  one:
    "not if then else contains items additionalItems unevaluatedItems propertyNames " +
    "additionalProperties unevaluatedProperties",
  list: "allOf anyOf oneOf prefixItems",
  map: "properties patternProperties dependentSchemas $defs definitions",
};

/** The keywords that hold schemas. */
export const APPLICATORS: ReadonlyMap<string, Holding> = new Map(
  (["one", "list", "map"] as const).flatMap((holding) =>
    WORDS[holding].split(" ").map((keyword) => [keyword, holding] as const),
  ),
);

/** Those of them whose schemas are for the same value, not for one within it. */
const IN_PLACE = new Set("allOf anyOf oneOf not if then else dependentSchemas".split(" "));

interface Place {
  schema: unknown;
  path: SchemaFault["path"];
}

/** What would keep a value from being checked against `root`, whose schemas are in `lookup`. */
export function findFault(root: Schema | boolean, lookup: Lookup): SchemaFault | undefined {
  const seen = new Set<object>();
  const places: Place[] = [{ schema: root, path: [] }];

  /** `hops` are the schemas that lead here for the same value. */
  function visit({ schema, path }: Place, hops: Set<object>): SchemaFault | undefined {
    if (!isObject(schema)) return undefined;
    if (hops.has(schema) || hops.size === MAX_HOPS) {
      return { path, message: "leads back to itself, or on and on" };
    }
    if (seen.has(schema)) return undefined;
    seen.add(schema);
    hops.add(schema);
    for (const [keyword, child] of childrenOf(schema, path)) {
      if (IN_PLACE.has(keyword)) {
        const fault = visit(child, hops);
        if (fault) return fault;
      } else {
        places.push(child);
      }
    }
    const fault = schema.$ref === undefined ? undefined : follow(schema, path, hops);
    hops.delete(schema);
    return fault;
  }

  function follow(schema: Schema, from: Place["path"], hops: Set<object>): SchemaFault | undefined {
    const path = [...from, "$ref"];
    const target = lookup[schema.__absolute_ref__ ?? ""];
    if (target !== undefined) return visit({ schema: target, path }, hops);
    return { path, message: "leads to nothing that is part of the schema" };
  }

  for (const place of places) {
    const fault = visit(place, new Set());
    if (fault) return fault;
  }
  return undefined;
}

/**
 * Takes the patterns out: nothing here could stop an expression that takes for ever, and whoever
 * writes a schema may be anybody. What stands beside patterns for names cannot be judged without.
 */
export function removePatterns(root: Schema | boolean): void {
  const places: Place[] = [{ schema: root, path: [] }];
  for (const { schema, path } of places) {
    if (!isObject(schema)) continue;
    delete schema.pattern;
    if (schema.patternProperties) {
      delete schema.patternProperties;
      delete schema.additionalProperties;
      delete schema.unevaluatedProperties;
    }
    for (const [, child] of childrenOf(schema, path)) places.push(child);
  }
}

function* childrenOf(schema: Schema, path: Place["path"]): Generator<[keyword: string, Place]> {
  for (const [keyword, held] of Object.entries(schema)) {
    const holding = APPLICATORS.get(keyword);
    if (holding === undefined) continue;
    const at = [...path, keyword];
    if (Array.isArray(held)) {
      // So may `items` be, as before 2020-12.
      for (const [index, one] of held.entries()) {
        yield [keyword, { schema: one, path: [...at, index] }];
      }
    } else if (holding === "map") {
      for (const [name, one] of Object.entries(held)) {
        yield [keyword, { schema: one, path: [...at, name] }];
      }
    } else {
      yield [keyword, { schema: held, path: at }];
    }
  }
}

function isObject(schema: unknown): schema is Schema {
  return typeof schema === "object" && schema !== null;
}
