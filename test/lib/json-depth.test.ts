import { expect, test } from "vitest";
import { exceedsDepth } from "../../src/lib/json-depth.ts";

test.for<[json: string, max: number, path: (string | number)[] | undefined]>([
  ["5", 0, undefined],
  ["null", 0, undefined],
  ['"[[]]"', 0, undefined],
  ["{}", 0, []],
  ["[]", 1, undefined],
  ["[1,[]]", 1, [1]],
  ["[1,[]]", 2, undefined],
  ['{"a":null,"b":{"c":[0]}}', 2, ["b", "c"]],
  ['{"a":[[]],"b":{"c":[0]}}', 2, ["a", 0]],
  ['{"a":[1],"b":[[2],{"c":{}}]}', 3, ["b", 1, "c"]],
  ['{"__proto__":{"a":{}}}', 2, ["__proto__", "a"]],
])("%s in %d levels: too deep at %j", ([json, max, path]) => {
  expect(exceedsDepth(JSON.parse(json), max)).toEqual(path);
});

test("depth costs no stack, and width no keys", () => {
  const levels = 1_000_000;
  let value: unknown = Array(1_000_000).fill(0);
  for (let level = 1; level < levels; level += 1) value = [value];
  expect(exceedsDepth(value, levels)).toBeUndefined();
  expect(exceedsDepth(value, levels - 1)).toHaveLength(levels - 1);
});
