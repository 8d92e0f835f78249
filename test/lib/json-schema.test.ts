// Values against schemas: where they do not fit; and schemas that nothing can be checked against.

import { describe, expect, test } from "vitest";
import { createCheck } from "../../src/lib/json-schema.ts";
import { schemaFault } from "../../src/lib/schema-fault.ts";

type Schema = Record<string, unknown>;

const string = { type: "string" };
const tree = {
  $ref: "#/$defs/node",
  $defs: { node: { properties: { left: { $ref: "#/$defs/node" }, value: { type: "number" } } } },
};

/** The beginning of the sentence, or nothing where the value fits. */
test.for<[schema: Schema, value: unknown, sentence?: string]>([
  [{}, null],
  [{ type: "object" }, {}],
  [{ type: "object" }, [], 'Instance type "array" is invalid. Expected "object".'],
  [{ type: ["integer", "null"] }, null],
  [{ type: "integer" }, 1.5, "Instance type"],
  [{ properties: { a: string } }, { a: 1 }, "a: Instance type"],
  [
    { properties: { a: { items: { properties: { b: string } } } } },
    { a: [{}, { b: 1 }] },
    "a.1.b:",
  ],
  [{ required: ["a"] }, {}, 'Instance does not have required property "a".'],
  [{ additionalProperties: false }, { a: 1 }, "a: This is not allowed."],
  [{ unevaluatedProperties: false, properties: { a: true } }, { a: 1, b: 1 }, "b: This is not"],
  [{ additionalProperties: string }, { "a/b ~c%": 1 }, "a/b ~c%: "],
  [{ prefixItems: [string], items: false }, ["a"]],
  [{ prefixItems: [string], items: false }, ["a", 1], "1: This is not allowed."],
  [{ items: [string], additionalItems: false }, ["a", 1], "1: This is not allowed."], // before 2020
  [
    { anyOf: [string, { type: "null" }] },
    1,
    'Instance type "number" is invalid. Expected "string".',
  ],
  [{ oneOf: [string, { minLength: 1 }] }, "a", "Instance does not match exactly one"],
  [{ not: string }, "a", 'Instance matched "not" schema.'],
  [{ contains: string }, [1], "Array does not contain"],
  [{ if: string, else: { minimum: 3 } }, 1, "1 is less than 3."],
  [{ allOf: [string, { minLength: 2 }] }, "a", "String is too short"],
  [{ const: { a: [1] } }, { a: [1] }],
  [{ enum: ["a", 1, null] }, "b", "Instance does not match any of"],
  [{ multipleOf: 0.1 }, 0.3],
  [{ format: "date-time" }, "now", "String does not match format"],
  [{ format: "of-our-own" }, "now"],
  [tree, { left: { left: { value: "1" } } }, "left.left.value: "],
  [{ $ref: "#/$defs/a%20b", $defs: { "a b": string } }, 1, "Instance type"],
  [{ $ref: "#word", $defs: { a: { $anchor: "word", ...string } } }, 1, "Instance type"],
  [{ $ref: "other", $defs: { a: { $id: "other", ...string } } }, 1, "Instance type"],
  [{ $ref: "#/components/a", components: { a: string } }, 1, "Instance type"],
  [{ examples: [{ $ref: "#/nowhere" }], default: { $ref: "#/nowhere" } }, 1],
])("%j: %j", ([schema, value, sentence]) => {
  expect(schemaFault(schema)).toBeUndefined();
  const told = createCheck(schema)(value);
  expect(told).toEqual(sentence && expect.stringContaining(sentence));
});

/** A chain of as many schemas for the same value. */
function chain(length: number): Schema {
  const steps = Array.from({ length }, (_, n) => [n, { $ref: `#/$defs/${n + 1}` }]);
  return { $ref: "#/$defs/0", $defs: { ...Object.fromEntries(steps), [length]: string } };
}

function nested(depth: number): Schema {
  let schema: Schema = string;
  for (let level = 0; level < depth; level += 1) schema = { items: schema };
  return schema;
}

describe("a schema that is none", () => {
  test.for<[schema: Schema, path: string]>([
    [{ type: "text" }, "type"],
    [{ type: ["string", 5] }, "type"],
    [{ properties: [] }, "properties"],
    [{ properties: { a: { items: { type: "any" } } } }, "properties.a.items.type"],
    [{ anyOf: {} }, "anyOf"],
    [{ not: [{}] }, "not"],
    [{ additionalProperties: "no" }, "additionalProperties"],
    [{ dependentRequired: { a: "b" } }, "dependentRequired"],
    [{ anyOf: [{}, 5] }, "anyOf.1"],
    [{ items: 5 }, "items"],
    [{ required: "a" }, "required"],
    [{ enum: "a" }, "enum"],
    [{ exclusiveMinimum: true, minimum: 5 }, "exclusiveMinimum"], // draft 4
    [{ minLength: -1 }, "minLength"],
    [{ multipleOf: 0 }, "multipleOf"],
    [{ pattern: 5 }, "pattern"],
    [{ $ref: 5 }, "$ref"],
    [{ $ref: "#/$defs/a" }, "$ref"],
    [{ $ref: "https://example.com/schema" }, "$ref"],
    [{ items: { allOf: [{ $ref: "#/$defs/a" }] }, $defs: {} }, "items.allOf.0.$ref"],
    [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" } } }, "$ref.$ref"],
    [{ $ref: "#" }, "$ref"],
    [{ properties: { a: { $ref: "#/properties/a" } } }, "properties.a.$ref"],
    [{ anyOf: [{ not: { $ref: "#" } }] }, "anyOf.0.not.$ref"],
    [{ $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } }, "$defs.a.$ref.$ref"],
    [{ $id: "https://[" }, ""],
    [{ $defs: { a: { $id: "a", items: true }, b: { $id: "a", items: false } } }, ""],
  ])("is told with its place: %j", ([schema, path]) => {
    const fault = schemaFault(schema);
    expect(fault?.path.join(".")).toBe(path);
    expect(fault?.message).toMatch(/^.{1,500}$/);
    expect(createCheck(schema)("anything")).toBeUndefined();
  });

  test.for<[name: string, schema: Schema, length: number]>([
    ["references without number", chain(100), 64],
    ["levels without number", { not: { $ref: "#/$defs/a" }, $defs: { a: nested(5_000) } }, 0],
  ])("is told with its place: %s", ([, schema, length]) => {
    expect(schemaFault(schema)?.path).toHaveLength(length);
  });

  test("counts the places of a list", () => {
    expect(schemaFault({ anyOf: [{}, { type: "text" }] })?.path).toEqual(["anyOf", 1, "type"]);
  });
});

test("patterns are not run, and nothing is judged without them", () => {
  const slow = "^(a|a)*$";
  const schema = { pattern: slow, minLength: 2, items: { $ref: "#/$defs/a" } };
  const names = { patternProperties: { [slow]: false, "^b": string }, additionalProperties: false };
  const check = createCheck({ ...schema, $defs: { a: { pattern: "(", ...names } } });
  const long = `${"a".repeat(100)}b`;
  expect([check(long), check([long]), check([{ [long]: 1 }])]).toEqual(Array(3).fill(undefined));
  expect(check("b")).toContain("String is too short");
});

/** All that the library knows. */
const FORMATS = (
  "date time date-time duration uri uri-reference uri-template url email hostname ipv4 ipv6 regex " +
  "uuid json-pointer json-pointer-uri-fragment relative-json-pointer"
).split(" ");

test.for(FORMATS)("no text is long checked for the format %s", (format) => {
  const check = createCheck({ items: { format } });
  const pieces = "a a. 1 1. { {a} a@ : %41 / a- 1D 0: xn--".split(" ");
  const begun = Date.now();
  for (const piece of pieces) {
    for (const start of ["", "http://", "P", '"']) {
      const text = start + piece.repeat(28).slice(0, 28);
      for (const end of ["", "@", " ", "!"]) check([text + end]);
    }
  }
  expect(Date.now() - begun).toBeLessThan(2_000);
});

test("nothing is checked against a schema that is nested too deeply", () => {
  expect(createCheck(nested(100_000))([[[5]]])).toBeUndefined();
});

test("the schema is left as it was", () => {
  const schema = { $ref: "#/$defs/a", $defs: { a: { pattern: "(?i)" } } };
  const before = JSON.stringify(schema);
  createCheck(Object.freeze(schema))("b");
  expect(JSON.stringify(schema)).toBe(before);
});

/** Two ways at each level, all of which lead to the same. */
const doubling = { items: { anyOf: [{ $ref: "#" }, { $ref: "#" }] }, type: "array" };

describe("a check never throws, and is never long", () => {
  const many = Array.from({ length: 200_000 }, (_, n) => `${n}`);

  test.for<[string, Schema, unknown]>([
    [
      "a value too deep",
      { items: { $ref: "#" } },
      JSON.parse(`${"[".repeat(1e5)}${"]".repeat(1e5)}`),
    ],
    ["ways without number", doubling, JSON.parse(`${"[".repeat(99)}5${"]".repeat(99)}`)],
    ["a name that is no text", { additionalProperties: string }, { "\ud800": 1 }],
    ["a long name", { additionalProperties: string }, { ["a".repeat(1e6)]: 1 }],
    ["a long list of values", { enum: many }, "a"],
    ["long characters", { enum: ["🦀".repeat(1e3)] }, "a"],
    ["long characters, one further", { enum: [`a${"🦀".repeat(1e3)}`] }, "a"],
    ["a long list of names", { required: many }, {}],
    ["more errors than arguments", { anyOf: [{ required: many }, string] }, {}],
  ])("%s", ([, schema, value]) => {
    const told = createCheck(schema)(value);
    expect(told).toMatch(/^.{10,500}$/s);
    expect(told?.isWellFormed()).toBe(true);
  });
});
