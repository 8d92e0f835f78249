// Rows that a query gave, as a model reads them: how many, how long, in what form. Pure.

import type { Outcome } from "./tool.ts";

export type Value = string | number | boolean | null;

export interface Column {
  name: string;
  type: string;
}

export interface RowLimits {
  rows: number;
  /** Of all rows as JSON, in UTF-16 units. */
  characters: number;
}

/** What one query gave, as far as it was read. */
export interface Rows {
  columns: Column[];
  rows: Value[][];
  /** Which limit kept the rest out. */
  cut?: keyof RowLimits | undefined;
}

/** A longer text is shortened: it would leave no room for other rows. In UTF-16 units. */
const MAX_TEXT_LENGTH = 2_000;

/** Takes rows until a limit is reached. */
export class RowTaker {
  readonly rows: Value[][] = [];
  cut: keyof RowLimits | undefined;
  readonly #limits: RowLimits;
  #characters = 0;

  constructor(limits: RowLimits) {
    this.#limits = limits;
  }

  /** False when the row did not fit, and none will any more. */
  take(row: readonly Value[]): boolean {
    const short = row.map(shorten);
    this.#characters += JSON.stringify(short).length;
    if (this.rows.length >= this.#limits.rows) this.cut = "rows";
    else if (this.#characters > this.#limits.characters) this.cut = "characters";
    else this.rows.push(short);
    return this.cut === undefined;
  }
}

/** A sentence and a table to read, and the same as JSON for programs. */
export function toOutcome({ columns, rows, cut }: Rows): Outcome {
  const table = [columns.map(({ name, type }) => `${name} (${type})`), columns.map(() => "---")];
  const lines = [...table, ...rows].map((row) => `| ${row.map(toCell).join(" | ")} |`);
  const text = [tell(rows.length, cut), ...(columns.length > 0 ? ["", ...lines] : [])].join("\n");
  const json = JSON.stringify({ columns, rows, truncated: cut !== undefined });
  return {
    content: [
      { type: "text", text },
      { type: "text", text: json },
    ],
    isError: false,
  };
}

function tell(count: number, cut: keyof RowLimits | undefined): string {
  const rows = count === 1 ? "1 row" : `${count} rows`;
  if (cut === undefined) return `${rows}.`;
  if (count === 0)
    return "The first row alone is too long. Select fewer columns, or parts of them.";
  const why = cut === "rows" ? "the query has more" : "more would be too long to show";
  return `The first ${rows}; ${why}. Filter, aggregate, or select fewer columns.`;
}

function toCell(value: Value): string {
  if (value === null) return "";
  return String(value)
    .replace(/[|\\]/g, "\\$&")
    .replace(/\r\n?|\n/g, " ");
}

function shorten(value: Value): Value {
  if (typeof value !== "string" || value.length <= MAX_TEXT_LENGTH) return value;
  return `${value.slice(0, MAX_TEXT_LENGTH).toWellFormed()}… (${value.length} characters)`;
}
