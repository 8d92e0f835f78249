// Samples of schemas: by hand where the very value matters, and by zod's reading of the schema
// where it only has to fit.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { schemaSample } from "../../src/lib/schema-sample.ts";

const person = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 18 } },
  required: ["name"],
};

describe("values", () => {
  test.for<[unknown, unknown]>([
    [{ type: "string" }, "sample"],
    [{ type: "integer" }, 1],
    [{ type: "number" }, 1],
    [{ type: "boolean" }, true],
    [{ type: "null" }, null],
    [{ type: ["null", "integer"] }, 1],
    [{ type: ["null"] }, null],
    [{ const: { a: [1] } }, { a: [1] }],
    [{ enum: ["red", "green"] }, "red"],
    [{ type: "integer", enum: ["one", 2] }, 2],
    [{ type: "string", default: "grey", examples: ["red"] }, "grey"],
    [{ type: "string", default: null, examples: ["red"] }, "red"],
    [
      { ...person, default: {} },
      { name: "sample", age: 18 },
    ],
    [{ type: "integer", minimum: 7 }, 7],
    [{ type: "integer", maximum: -3 }, -3],
    [{ type: "integer", exclusiveMinimum: 7, exclusiveMaximum: 9 }, 8],
    [{ type: "integer", minimum: 10, multipleOf: 4 }, 12],
    [{ type: "integer", multipleOf: 1.5 }, 3],
    [{ type: "number", minimum: 0.25, multipleOf: 0.1 }, 0.3],
    [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
    [{ type: "number", minimum: 3, maximum: 3 }, 3],
    [{ type: "number", maximum: 0 }, -1],
    [{ minimum: 5 }, 6],
    [{ type: "string", minLength: 16 }, "sample sample sa"],
    [{ type: "string", maxLength: 3 }, "sam"],
    [{ format: "date" }, "2025-01-01"],
    [person, { name: "sample", age: 18 }],
    [{ type: "object", required: ["toString"] }, { toString: "sample" }],
    [{ properties: { a: false, b: true } }, { b: "sample" }],
    [{ type: "array", items: { type: "string" } }, ["sample"]],
    [{ type: "array", items: { type: "integer" }, minItems: 3 }, [1, 2, 3]],
    [{ type: "array", items: { type: "string" }, maxItems: 0 }, []],
    [{ type: "array", prefixItems: [{ const: 1 }, { const: 2 }], items: false }, [1, 2]],
    [{ type: "array", items: [{ const: 1 }, { const: 2 }], additionalItems: false }, [1, 2]],
    [{ items: { type: "string" }, minItems: 2, uniqueItems: true }, ["sample", "2 sample"]],
    [{ items: { type: "string", maxLength: 1 }, minItems: 2, uniqueItems: true }, ["s", "2"]],
    [{ anyOf: [{ type: "null" }, { type: "string" }] }, null],
    [{ anyOf: [false, { type: "string" }] }, "sample"],
    [{ oneOf: [{ const: "a" }, { const: "b" }] }, "a"],
    [
      {
        properties: { a: { const: 1 }, b: { const: 2 } },
        oneOf: [{ required: ["a"] }, { required: ["b"] }],
      },
      { a: 1 },
    ],
    [{ allOf: [{ minimum: 3 }, { minimum: 5 }], type: ["integer", "string"] }, 5],
    [{ allOf: [{ type: "number" }, { type: "integer" }] }, 1],
    [{ allOf: [{ enum: [1, 2] }, { enum: [2, 3] }] }, 2],
    [
      {
        allOf: [
          { properties: { a: { minimum: 2 } }, required: ["a"] },
          { properties: { a: { type: "integer" }, b: { const: "b" } } },
        ],
      },
      { a: 2, b: "b" },
    ],
    [
      { $ref: "#/$defs/p", $defs: { p: person } },
      { name: "sample", age: 18 },
    ],
    [{ $ref: "#/definitions/a~1b%20c", definitions: { "a/b c": { const: 1 } } }, 1],
    [{ $ref: "#/$defs/p", default: { name: "me" }, $defs: { p: person } }, { name: "me" }],
    [{}, "sample"],
    [true, "sample"],
  ])("%j -> %j", ([schema, value]) => {
    expect(schemaSample(schema)).toEqual(value);
  });

  test("of recursive schemas end", () => {
    const child = { anyOf: [{ $ref: "#" }, { type: "null" }] };
    const list = { type: "object", properties: { next: child }, required: ["next"] };
    expect(schemaSample(list)).toEqual({ next: { next: { next: null } } });
    const endless = { properties: { next: { $ref: "#" } }, required: ["next"] };
    expect(JSON.stringify(schemaSample(endless)).length).toBeLessThan(200);
    const tree = { type: "object", properties: { kids: { type: "array", items: { $ref: "#" } } } };
    expect(schemaSample(tree)).toEqual({ kids: [{ kids: [] }] });
  });

  test("may have a property called __proto__", () => {
    const schema = JSON.parse('{"properties":{"__proto__":{"const":1}}}');
    expect(Object.entries(schemaSample(schema) as object)).toEqual([["__proto__", 1]]);
  });
});

describe("whatever the schema", () => {
  const endless = { $ref: "#" };
  const wide = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`p${n}`, { $ref: "#" }]));
  test.for<[string, unknown]>([
    ["nothing", undefined],
    ["false", false],
    ["a reference to itself", endless],
    ["a composition of itself", { allOf: [endless, endless], anyOf: [endless], oneOf: [endless] }],
    ["demands without end", { properties: wide, required: Object.keys(wide) }],
    [
      "references to nowhere",
      { allOf: [{ $ref: "#/a/b" }, { $ref: "http://x/" }, { $ref: "#%" }] },
    ],
    ["too much", { items: { minLength: 1e12 }, minItems: 1e12 }],
    ["contradictions", { type: "integer", minimum: 5, maximum: 1, multipleOf: 0 }],
    ["words for numbers", { type: "string", minLength: "a", maxLength: null, required: 4 }],
    ["lists for schemas", { type: "object", properties: [1], allOf: {}, enum: "a" }],
  ])("it is answered, and the same again: %s", ([, schema]) => {
    const text = JSON.stringify(schemaSample(schema));
    expect(text.length).toBeLessThan(2_000_000);
    expect(JSON.stringify(schemaSample(schema))).toBe(text);
  });

  test("random JSON is answered", () => {
    const keyword = fc.constantFrom(
      ...["type", "enum", "const", "default", "properties", "required", "items", "prefixItems"],
      ...["anyOf", "oneOf", "allOf", "$ref", "minimum", "maxLength", "minItems", "multipleOf"],
    );
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(keyword, fc.oneof(tie("schema"), fc.array(tie("schema")), fc.constant("#"))),
      ),
    }));
    fc.assert(
      fc.property(schema, (any) => {
        expect(JSON.stringify(schemaSample(any))).toBeTypeOf("string");
      }),
    );
  });
});

describe("what zod reads out of the schema", () => {
  const limits = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(20));
  const leaf = fc.oneof(
    limits.map(([minimum, span]) => ({ type: "integer", minimum, maximum: minimum + span })),
    limits.map(([minimum, span]) => ({ type: "number", minimum, maximum: minimum + span })),
    limits.map(([, minLength]) => ({ type: "string", minLength, maxLength: minLength + 2 })),
    fc
      .constantFrom("date", "date-time", "email", "uuid", "uri", "ipv4", "ipv6", "time")
      .map((format) => ({ type: "string", format })),
    fc.constantFrom<unknown>(
      ...[{ type: "boolean" }, { type: "null" }, { enum: ["a", "b"] }, { const: 3 }],
      { type: ["string", "null"] },
    ),
  );
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
      fc.tuple(tie("schema"), fc.nat(3)).map(([items, minItems]) => ({
        type: "array",
        items,
        minItems,
        maxItems: minItems + 1,
      })),
      fc.tuple(tie("schema"), tie("schema"), fc.subarray(["a", "b"])).map(([a, b, required]) => ({
        type: "object",
        properties: { a, b },
        required,
        additionalProperties: false,
      })),
    ),
  }));

  test("fits", () => {
    fc.assert(
      fc.property(schema, (any) => {
        const checker = z.fromJSONSchema(any as Parameters<typeof z.fromJSONSchema>[0]);
        expect(checker.safeParse(schemaSample(any)).error).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
