// JSON that stops in the middle: case by case, and against the parser in the official SDK.

import { partialParse } from "@anthropic-ai/sdk/_vendor/partial-json-parser/parser";
import { partialParse as partialParse0 } from "anthropic-sdk-0/_vendor/partial-json-parser/parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePartialJson } from "../../src/lib/partial-json.ts";

test.for<[string, unknown]>([
  ["", undefined],
  [" \n", undefined],
  ["{", {}],
  ["[", []],
  ['{"a', {}],
  ['{"a"', {}],
  ['{"a":', {}],
  ['{"a": "b', {}],
  ['{"a": "b"', { a: "b" }],
  ['{"a": "b",', { a: "b" }],
  ['{"a": "b", "c', { a: "b" }],
  ['{"a": "b", "c":', { a: "b" }],
  ['{"a": "b\\', {}],
  ['{"a": "b\\"', {}],
  ['{"a": "b\\\\"', { a: "b\\" }],
  ['{"a": "\\ud83d', {}],
  ['{"a": "}"', { a: "}" }],
  ['{"a": 1', {}],
  ['{"a": 1 ', { a: 1 }],
  ['{"a": 12,', { a: 12 }],
  ['{"a": -', {}],
  ['{"a": 1.', {}],
  ['{"a": 1e', {}],
  ['{"a": 1e-9}', { a: 1e-9 }],
  ['{"a": tru', {}],
  ['{"a": true', { a: true }],
  ['{"a": null', { a: null }],
  ['{"a": [1, 2', { a: [1] }],
  ['{"a": ["b", "c', { a: ["b"] }],
  ['{"a": ["b"', { a: ["b"] }],
  ['{"a": {"b": [{}', { a: { b: [{}] } }],
  ['{"a": {"b": 1}', { a: { b: 1 } }],
  ['{"a": {"b": 1}, ', { a: { b: 1 } }],
  ['{"a": 1, "a": 2, ', { a: 2 }],
  ['{"__proto__": 1, "b', JSON.parse('{"__proto__": 1}')],
  ["null", null],
  ['"a"', "a"],
  ['"a', undefined],
  ['{"a": 1, "b" 2', { a: 1 }], // nothing is read past the last value that is whole
])("%j says %j so far", ([text, value]) => {
  expect(parsePartialJson(text)).toEqual(value);
});

test.for([
  "}",
  "]",
  "{]",
  "[}",
  '{"a"}',
  "{a: 1}",
  '{"a": tru }',
  '{"a": 01 ',
  "nul ",
  '{"a" 1, "b": 2,',
  ",,",
])("%j is not the beginning of JSON", (text) => {
  expect(parsePartialJson(text)).toBeUndefined();
});

/** An object as JSON, as a model may write it. */
const jsonObject = fc
  .tuple(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), fc.nat(2))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

describe.for([
  ["1", partialParse],
  ["0", partialParse0],
] as const)("like the official SDK, major version %s", ([, parse]) => {
  test("every beginning of an object is read the same", () => {
    fc.assert(
      fc.property(jsonObject, (text) => {
        for (let length = 1; length <= text.length; length += 1) {
          const beginning = text.slice(0, length);
          const [ours, theirs] = [parsePartialJson(beginning), parse(beginning)];
          if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
            expect(ours, beginning).toEqual(theirs);
          }
        }
      }),
    );
  });
});

test("whole JSON is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(2), (value, indent) => {
      // A number at the very end might go on: a line break says that it does not.
      const text = `${JSON.stringify(value, null, indent)}\n`;
      expect(parsePartialJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

/** Text of the characters that JSON is made of, more often than not in a wrong order. */
const nearlyJson = fc.string({
  unit: fc.constantFrom(...'{}[]",:\\ \n-+.01eE', "true", "nul", "u00", '"a":', "\u0000", "😀"),
});

test("nothing makes it throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), nearlyJson), (text) => {
      parsePartialJson(text);
    }),
    { numRuns: 1_000 },
  );
});

test("a model that opens brackets for ever costs no more than their number", () => {
  const levels = 200_000;
  let value = parsePartialJson("[".repeat(levels));
  let depth = 0;
  for (; Array.isArray(value); value = value[0]) depth += 1;
  expect(depth).toBe(levels);
});
