// Passages of a table: a few rows each, every value under the name of its column, so that a row can be
// understood without the first.

import { dsvFormat } from "d3-dsv";
import { sniffDelimiter } from "../../lib/delimiter.ts";
import { cutText, ENOUGH_LENGTH, MAX_LENGTH, type Passage } from "./passage.ts";

/** Characters of a column's name that are repeated in every row. */
const MAX_NAME_LENGTH = 80;

/** Rows are counted from the one after the names of the columns. */
export function* tablePassages(text: string): Generator<Passage> {
  const delimiter = sniffDelimiter(text) ?? (text.includes("\t") ? "\t" : ",");
  const [head = [], ...rows] = dsvFormat(delimiter).parseRows(text);
  const names = head.map((name) => name.trim().slice(0, MAX_NAME_LENGTH));
  let lines: string[] = [];
  let length = 0;
  let first = 1;
  for (const [at, row] of rows.entries()) {
    const line = formatRow(names, row);
    if (lines.length > 0 && (length >= ENOUGH_LENGTH || length + line.length > MAX_LENGTH)) {
      yield* toPassages(lines, first, at);
      lines = [];
      length = 0;
    }
    if (lines.length === 0) first = at + 1;
    lines.push(line);
    length += line.length + 1;
  }
  yield* toPassages(lines, first, rows.length);
}

function formatRow(names: string[], row: string[]): string {
  return row
    .flatMap((value, at) => {
      const text = value.trim().replace(/\s+/g, " ");
      if (text === "") return [];
      return names[at] ? `${names[at]}: ${text}` : text;
    })
    .join("; ");
}

function* toPassages(lines: string[], first: number, last: number): Generator<Passage> {
  for (const text of cutText(lines.join("\n").trim())) {
    yield { heading: "", place: { unit: "row", first: `${first}`, last: `${last}` }, text };
  }
}
