// Whether text is a table written with delimiters, and with which: by its first rows alone.

import { dsvFormat } from "d3-dsv";

const DELIMITERS = [",", "\t", ";"];

/** Rows looked at, and characters in which they stand. */
const SAMPLE_ROWS = 20;
const SAMPLE_LENGTH = 16 * 1024;

/** Rows that agree: two lines with one comma each may as well be a letter. */
const MIN_ROWS = 3;
const MIN_ROWS_OF_MANY_COLUMNS = 2;
const MANY_COLUMNS = 3;

/** Characters of a column's name. */
const MAX_NAME_LENGTH = 80;

/** Undefined where every row does not have as many cells as the first, named like columns. */
export function sniffDelimiter(text: string): string | undefined {
  return DELIMITERS.find((delimiter) => fits(firstRows(text, delimiter)));
}

function firstRows(text: string, delimiter: string): string[][] {
  const rows = dsvFormat(delimiter).parseRows(text.slice(0, SAMPLE_LENGTH).trimEnd());
  // The last row of a longer text is cut somewhere.
  if (text.length > SAMPLE_LENGTH) rows.pop();
  return rows.slice(0, SAMPLE_ROWS);
}

function fits(rows: string[][]): boolean {
  const [names = []] = rows;
  const minRows = names.length < MANY_COLUMNS ? MIN_ROWS : MIN_ROWS_OF_MANY_COLUMNS;
  return (
    names.length > 1 &&
    rows.length >= minRows &&
    rows.every(({ length }) => length === names.length) &&
    names.every((name) => name.trim() !== "" && name.length <= MAX_NAME_LENGTH) &&
    !isProse(rows)
  );
}

/** In prose a comma is followed by a space. */
function isProse(rows: string[][]): boolean {
  const cells = rows.flatMap(([, ...rest]) => rest);
  return cells.filter((cell) => cell.startsWith(" ")).length > cells.length / 2;
}
