// Text with delimiters as a table: which columns it has, of which types, and its rows as values. Rows
// are read one by one, and twice: never are all of them held at once.

import { dsvFormat } from "d3-dsv";
import type { Value } from "../rows.ts";
import { toNames } from "./names.ts";

export interface Column {
  name: string;
  /** What it is called in the text. */
  header: string;
  type: "integer" | "real" | "text";
}

export interface Shape {
  columns: Column[];
  rows: number;
}

/** https://developers.cloudflare.com/durable-objects/platform/limits/ */
export const MAX_COLUMNS = 100;

/** More digits do not all survive in a number; with zeros before it, it is a code. */
const INTEGER = /^[+-]?(?:0|[1-9]\d{0,14})$/;
const REAL = /^[+-]?(?:0|[1-9]\d{0,14})?(?:\.\d+(?:[eE][+-]?\d+)?|(?<=\d)[eE][+-]?\d+)$/;

/** Of more columns than a table can have it shows one more, whatever their number. */
export function shapeOf(text: string, delimiter: string): Shape {
  const headers = headersOf(text, delimiter);
  const types: (Column["type"] | undefined)[] = [];
  let rows = 0;
  let widest = headers.length;
  eachCells(text, delimiter, (cells) => {
    rows += 1;
    widest = Math.max(widest, cells.length);
    for (const [at, cell] of cells.entries()) {
      if (at > MAX_COLUMNS) break;
      types[at] = widen(types[at], cell);
    }
  });
  const width = Math.min(widest, MAX_COLUMNS + 1);
  const all = Array.from({ length: width }, (_, at) => headers[at] ?? "");
  const columns = toNames(all, "column").map((name, at) => {
    return { name, header: all[at] ?? "", type: types[at] ?? "text" };
  });
  return { columns, rows };
}

/** Hands over each row below the first: a value for every column. */
export function eachRow(
  text: string,
  delimiter: string,
  columns: readonly Column[],
  take: (row: Value[]) => void,
): void {
  eachCells(text, delimiter, (cells) => {
    take(columns.map(({ type }, at) => toValue(cells[at] ?? "", type)));
  });
}

/** The delimiter that divides the first row into the most columns. */
export function widestDelimiter(text: string, delimiters: readonly string[]): string {
  const widths = delimiters.map((delimiter) => headersOf(text, delimiter).length);
  return delimiters[widths.indexOf(Math.max(...widths))] ?? ",";
}

/** Of the first row that is not empty. */
function headersOf(text: string, delimiter: string): string[] {
  const start = text.slice(0, MAX_HEADER_LENGTH);
  const [first = []] = dsvFormat(delimiter).parseRows(start).filter(isFilled);
  return first.map((header) => header.replace(/^\ufeff/, "").trim());
}

/** UTF-16 units in which the first row ends. */
const MAX_HEADER_LENGTH = 64 * 1024;

function eachCells(text: string, delimiter: string, take: (cells: string[]) => void): void {
  let isHeader = true;
  // Not `parse`, which makes a function of the header: code from strings does not run here.
  dsvFormat(delimiter).parseRows(text, (cells) => {
    if (isFilled(cells)) {
      if (!isHeader) take(cells);
      isHeader = false;
    }
    return null; // nothing is kept
  });
}

function isFilled(cells: string[]): boolean {
  return cells.some((cell) => cell !== "");
}

/** What holds `cell` and all that was in the column before. An empty one says nothing. */
function widen(type: Column["type"] | undefined, cell: string): Column["type"] | undefined {
  const text = cell.trim();
  if (text === "" || type === "text") return type;
  if (INTEGER.test(text)) return type ?? "integer";
  return REAL.test(text) && Number.isFinite(Number(text)) ? "real" : "text";
}

function toValue(cell: string, type: Column["type"]): Value {
  if (type === "text") return cell === "" ? null : cell;
  return cell.trim() === "" ? null : Number(cell);
}
