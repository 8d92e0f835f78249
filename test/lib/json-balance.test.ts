// The end of JSON in pieces.

import fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonBalance } from "../../src/lib/json-balance.ts";

test("an object is complete at its last bracket, and not before", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(4), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const balance = createJsonBalance();
      for (const [at, char] of [...text].entries()) {
        expect(balance.complete, `before ${at} of ${text}`).toBe(false);
        balance.push(char);
      }
      expect(balance.complete).toBe(true);
    }),
  );
});

test.for<[string, boolean]>([
  [' \n{"a": 1}', true],
  ["{} \n", true],
  ["[[]]", true],
  ['{"a": "\\"}"', false],
  ['{"a": "\\\\"}', true],
  ['"{}"', false],
  ["null", false],
  ["", false],
])("%j is complete: %s", ([text, complete]) => {
  const balance = createJsonBalance();
  balance.push(text);
  expect(balance.complete).toBe(complete);
});
