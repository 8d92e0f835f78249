// Answers against the form that was asked for.

import { expect, test } from "vitest";
import { checkOutput } from "../../src/message/output.ts";

const schema = {
  type: "object",
  properties: { cities: { type: "array", items: { type: "string" } } },
  required: ["cities"],
  additionalProperties: false,
};

test.for<[text: string, sentence?: string]>([
  ['{"cities": ["Paris", "Rome"]}'],
  [' \n{"cities":[]}\n'],
  ["", "It has no text."],
  [" \n", "It has no text."],
  ["Paris and Rome", "It is not JSON."],
  ['{"cities": ["Par', "It is not JSON."],
  ['{"cities": []} as you wished', "It is not JSON."],
  ['```json\n{"cities": []}\n```', "It is not JSON."],
  ["null", 'Instance type "null" is invalid. Expected "object".'],
  ["{}", 'Instance does not have required property "cities".'],
  ['{"cities": ["Paris", 5]}', 'cities.1: Instance type "number" is invalid. Expected "string".'],
  ['{"cities": [], "more": 1}', "more: This is not allowed."],
])("%j: %s", ([text, sentence]) => {
  expect(checkOutput({ type: "json_schema", schema }, text)).toBe(sentence);
});

test("any text will do where no form was asked for, and any JSON where the schema says nothing", () => {
  expect(checkOutput(undefined, "Paris")).toBeUndefined();
  expect(checkOutput({ type: "json_schema", schema: {} }, "5")).toBeUndefined();
});
