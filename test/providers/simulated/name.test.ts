// The names of simulated models, and the options of their routes.

import { expect, test } from "vitest";
import { parseSpeech } from "../../../src/providers/simulated/name.ts";

const usual = { tokens: 120, rate: 40, delay_ms: 0, thinking_tokens: 40 };

test.for<[string, Record<string, unknown>, Record<string, unknown>]>([
  ["default", {}, usual],
  ["simulated", { rate: 0 }, { ...usual, rate: 0 }],
  ["simulated-9", {}, { ...usual, tokens: 9 }],
  ["simulated-9", { tokens: 8, rate: 7 }, { ...usual, tokens: 9, rate: 7 }],
  ["simulated@0.5", { rate: 3 }, { ...usual, rate: 0.5 }],
  ["simulated+250ms", {}, { ...usual, delay_ms: 250 }],
  ["simulated!stall", {}, { ...usual, failure: "stall" }],
  [
    "simulated-1000000@0+5ms!cut",
    {},
    { ...usual, tokens: 1_000_000, rate: 0, delay_ms: 5, failure: "cut" },
  ],
])("%s with %j", ([name, options, speech]) => {
  expect(parseSpeech(name, options)).toEqual(speech);
});

test.for([
  ...["simulated-", "simulated-x", "simulated-0", "simulated-1000001", "simulated-1.5"],
  ...["simulated-1@", "simulated@-1", "simulated@0.0001", "simulated+5", "simulated+1e3ms"],
  ...["simulated!", "simulated!explode", "simulated!cut-5", "simulated-5 "],
])("%s is not found", (name) => {
  const refusal = expect.objectContaining({
    type: "not_found_error",
    message: expect.stringContaining("simulated[-<tokens>]"),
  });
  expect(() => parseSpeech(name, {})).toThrow(refusal);
});

test("options that make no sense are told", () => {
  expect(() => parseSpeech("simulated", { rate: "fast" })).toThrow(/rate: /);
});
