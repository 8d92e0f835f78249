// One text for each JSON value.

import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/lib/canonical-json.ts";

test.for<[value: unknown, text: string]>([
  [null, "null"],
  [true, "true"],
  [1.5, "1.5"],
  [1e21, "1e+21"],
  [-0, "0"],
  ['a"\n', '"a\\"\\n"'],
  ["\ud800", '"\\ud800"'],
  [[], "[]"],
  [{}, "{}"],
  [[3, [1, 2]], "[3,[1,2]]"],
  [{ b: 1, a: [{ d: null, c: "" }] }, '{"a":[{"c":"","d":null}],"b":1}'],
  [{ 10: 1, 9: 2 }, '{"10":1,"9":2}'],
  [{ é: 1, z: 2, Z: 3, "": 4 }, '{"":4,"Z":3,"z":2,"é":1}'],
  [JSON.parse('{"__proto__":{"b":1,"a":2}}'), '{"__proto__":{"a":2,"b":1}}'],
  [{ a: undefined, b: [undefined] }, '{"b":[null]}'],
])("%j is %s", ([value, text]) => {
  expect(canonicalJson(value)).toBe(text);
});

test("it says what JSON.stringify says", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

/** The same value with the members of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).toReversed();
  return Object.fromEntries(members.map(([key, member]) => [key, reversed(member)]));
}

test("the order in which keys were written makes no difference", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
    }),
  );
});

test("white space and escapes make no difference", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const escaped = JSON.stringify(value, null, 2).replace(/[^\x20-\x7e\n]/g, toEscape);
      expect(canonicalJson(JSON.parse(escaped))).toBe(canonicalJson(value));
    }),
  );
});

function toEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

test("values that differ have texts that differ, and equal values have the same", () => {
  const few = fc.jsonValue({ maxDepth: 2, stringUnit: fc.constantFrom("a", "b", '"') });
  fc.assert(
    fc.property(few, few, (one, other) => {
      const isSame = canonicalJson(one) === canonicalJson(other);
      expect(isSame).toBe(equals(one, other));
    }),
    { numRuns: 1_000 },
  );
});

/** Equality of JSON values, member by member. */
function equals(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) {
    return one === other;
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const members = Object.entries(one);
  return (
    members.length === Object.keys(other).length &&
    members.every(([key, member]) => {
      return Object.hasOwn(other, key) && equals(member, Reflect.get(other, key));
    })
  );
}
