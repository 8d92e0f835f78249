// What is a table and what only looks like one.

import { expect, test } from "vitest";
import { sniffDelimiter } from "../../src/lib/delimiter.ts";

const long = (row: string) => `a,b,c\n${`${row}\n`.repeat(5_000)}`;

test.for<[string, string, string | undefined]>([
  ["commas", "name,age,city\nAda,36,London\n", ","],
  ["tabs", "name\tage\tcity\nAda\t36\tLondon", "\t"],
  ["semicolons and commas", "name;price;tax\nTea;1,20;0,2\nMilk;0,90;0,1", ";"],
  ["quotes", 'name,note,n\nAda,"a, b\nc",1\n"Bo ""B""",,2\n', ","],
  ["two columns", "name,age\nAda,36\nBo,7\n", ","],
  ["a long one", long("1,2,3"), ","],
  ["CRLF", "a,b,c\r\n1,2,3\r\n4,5,6\r\n", ","],
  ["a long one with a cell that the sample cuts", long(`1,"${"x\n".repeat(15)}",3`), ","],
  ["two columns of one row", "Dear Ada,how\nare you,today", undefined],
  ["a letter", "Dear Ada, thanks,\nI came, saw,\nand, well, won", undefined],
  ["rows of different lengths", "a,b,c\n1,2\n3,4,5", undefined],
  ["columns without names", "a,,c\n1,2,3\n4,5,6", undefined],
  ["a list", "one\ntwo\nthree", undefined],
  ["markdown", "| a | b |\n| --- | --- |\n| 1 | 2 |", undefined],
  ["one long line", "a,b,c,".repeat(10_000), undefined],
  ["nothing", "", undefined],
  ["quotes that never end", `a,b,c\n"${"x,y\n".repeat(9_000)}`, undefined],
])("%s", ([, text, delimiter]) => {
  expect(sniffDelimiter(text)).toBe(delimiter);
});
