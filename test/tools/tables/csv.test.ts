import { csvFormatRows } from "d3-dsv";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Value } from "../../../src/tools/rows.ts";
import { eachRow, shapeOf, widestDelimiter } from "../../../src/tools/tables/csv.ts";

function read(text: string, delimiter = ","): { types: string; rows: Value[][] } {
  const { columns, rows: count } = shapeOf(text, delimiter);
  const rows: Value[][] = [];
  eachRow(text, delimiter, columns, (row) => rows.push(row));
  expect(rows).toHaveLength(count);
  return { types: columns.map(({ type }) => type).join(" "), rows };
}

test.for<[cells: string, type: string, values: Value[]]>([
  ["1 -2 +3 0", "integer", [1, -2, 3, 0]],
  ["999999999999999", "integer", [999_999_999_999_999]],
  ["1 ~ 2", "integer", [1, null, 2]],
  ["1.5 2 -0.5 .5", "real", [1.5, 2, -0.5, 0.5]],
  ["1e3 1.5E-2", "real", [1000, 0.015]],
  ["1 x", "text", ["1", "x"]],
  ["007 1", "text", ["007", "1"]],
  ["00.5", "text", ["00.5"]],
  ["9007199254740993", "text", ["9007199254740993"]],
  ["1234567890123456 1", "text", ["1234567890123456", "1"]],
  ["1234567890123456.25 1", "text", ["1234567890123456.25", "1"]],
  ["1e999", "text", ["1e999"]],
  ["2026-01-02 2026-01-02T03:04:05Z", "text", ["2026-01-02", "2026-01-02T03:04:05Z"]],
  ["true false", "text", ["true", "false"]],
  ["NaN Infinity", "text", ["NaN", "Infinity"]],
  ["0x10 1_000", "text", ["0x10", "1_000"]],
  ["12% 5€", "text", ["12%", "5€"]],
  ["- +", "text", ["-", "+"]],
  [". e5", "text", [".", "e5"]],
  ["~ ~", "text", [null, null]],
])("%s is %s", ([cells, type, values]) => {
  const column = cells.replaceAll("~", "").split(" ");
  const text = `a,b\n${column.map((cell) => `x,${cell}`).join("\n")}`;
  expect(read(text)).toEqual({ types: `text ${type}`, rows: values.map((value) => ["x", value]) });
});

test.for<[text: string, delimiter: string, rows: Value[][]]>([
  [
    'a,b\n"x, y","say ""z"""\n"two\nlines",1',
    ",",
    [
      ["x, y", 'say "z"'],
      ["two\nlines", "1"],
    ],
  ],
  ["a;b\r\n1,5;x\r\n", ";", [["1,5", "x"]]],
  ["a\tb\n1\t2\n", "\t", [[1, 2]]],
  ["\ufeffa,b\n1,2", ",", [[1, 2]]],
  ["\n\na,b\n\n1,2\n,\n\n", ",", [[1, 2]]],
  ["a,b\n 1 , 2.5", ",", [[1, 2.5]]],
  [
    "a,b\n1\n1,2\n1,2,3",
    ",",
    [
      [1, null, null],
      [1, 2, null],
      [1, 2, 3],
    ],
  ],
  ["a\nx\ny", ",", [["x"], ["y"]]],
  ["a,b", ",", []],
  ["", ",", []],
])("%j", ([text, delimiter, rows]) => {
  expect(read(text, delimiter).rows).toEqual(rows);
});

test("columns have safe names, and keep their own", () => {
  const { columns } = shapeOf("\ufeffId,Order Date,,Id\n1,2,3,4,5", ",");
  expect(columns.map(({ name, header }) => [name, header])).toEqual([
    ["Id", "Id"],
    ["Order_Date", "Order Date"],
    ["column_3", ""],
    ["Id_2", "Id"],
    ["column_5", ""],
  ]);
});

test.for<[string, string]>([
  ["names", `${"a,".repeat(30_000)}\n1`],
  ["cells", `a,b\n${"1,".repeat(1_000_000)}`],
])("of a row of too many %s no more is made than tells that there are", ([, text]) => {
  expect(shapeOf(text, ",").columns).toHaveLength(101);
});

test.for([
  ["a,b;c,d", ","],
  ["a;b,c;d", ";"],
  ["a\tb", "\t"],
  ["a", ","],
])("%j is divided by %j", ([text, delimiter]) => {
  expect(widestDelimiter(`${text}\n1`, [",", ";", "\t"])).toBe(delimiter);
});

test("what was text comes back as it was, and numbers as the same numbers", () => {
  const cell = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.constantFrom("", "007", "1e5", ".5", "-", " 1", "a,b", 'a"b', "a\nb", "9".repeat(17)),
  );
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width })));
  fc.assert(
    fc.property(table, (rows) => {
      const filled = rows.filter((row) => row.some((one) => one !== ""));
      const width = rows[0]?.length ?? 1;
      const header = Array.from({ length: width }, (_, at) => `c${at}`);
      const { rows: values } = read(csvFormatRows([header, ...rows]));
      expect(values).toHaveLength(filled.length);
      for (const [at, row] of values.entries()) {
        for (const [place, value] of row.entries()) {
          const given = filled[at]?.[place] ?? "";
          if (typeof value === "number") expect(value).toBe(Number(given));
          else expect(value ?? "").toBe(typeof value === "string" ? given : given.trim());
        }
      }
    }),
    { numRuns: 300 },
  );
});
