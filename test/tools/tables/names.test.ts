import fc from "fast-check";
import { expect, test } from "vitest";
import { quoteName, toNames } from "../../../src/tools/tables/names.ts";

test.for<[given: string[], names: string[]]>([
  [
    ["id", "Name"],
    ["id", "Name"],
  ],
  [
    ["Order Date", " total (€) "],
    ["Order_Date", "total"],
  ],
  [
    ["größe", "数量", "naïve"],
    ["größe", "数量", "naïve"],
  ],
  [
    ["", "  ", "€", "x"],
    ["column_1", "column_2", "column_3", "x"],
  ],
  [
    ["a", "A", "a ", "b", "a_2"],
    ["a", "A_2", "a_3", "b", "a_2_2"],
  ],
  [
    ["2024", "1st", "_x"],
    ["column_2024", "column_1st", "x"],
  ],
  [
    ["sqlite_master", "_cf_KV", "SQLite x"],
    ["column_sqlite_master", "cf_KV", "column_SQLite_x"],
  ],
  [
    ["order", "select", "rowid"],
    ["order", "select", "rowid"],
  ],
  [
    ['"; drop table t; --', "a\nb"],
    ["drop_table_t", "a_b"],
  ],
  [["x".repeat(100)], ["x".repeat(60)]],
])("%j are called %j", ([given, names]) => {
  expect(toNames(given, "column")).toEqual(names);
});

test("whatever is given, no two are alike and none needs an escape", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("a", "A", "a_2", "column_1"),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (given) => {
      const names = toNames(given, "column");
      expect(names).toHaveLength(given.length);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBeLessThanOrEqual(
        names.length,
      );
      const folded = names.map((name) => name.replace(/[A-Z]/g, (one) => one.toLowerCase()));
      expect(new Set(folded).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^[\p{L}\p{M}_][\p{L}\p{M}\p{N}_]*$/u);
    }),
    { numRuns: 500 },
  );
});

test("a quote in a name is written twice", () => {
  expect(quoteName('a"b')).toBe('"a""b"');
});
