// Which tables there are, told so that a model can write queries on them. Pure.

import type { Column } from "./csv.ts";
import { quoteName } from "./names.ts";
import type { Catalogue } from "./object.ts";
import type { Table } from "./store.ts";

/** In UTF-16 units, of each table: a share of what can be told at once. */
const MAX_LENGTH = 24_000;

export function tellCatalogue({ tables, faults }: Catalogue): string {
  const share = Math.floor(MAX_LENGTH / Math.max(1, tables.length));
  const told = tables.map((table) => cut(tell(table), share));
  const none = tables.length === 0 ? ["There are no tables."] : [];
  return [...none, ...told, ...faults.map((fault) => cut(fault, share))].join("\n\n");
}

function tell({ name, source, columns, rows, sample }: Table): string {
  const count = rows === 1 ? "1 row" : `${rows} rows`;
  const examples = sample.map((row) => `  ${JSON.stringify(row)}`);
  return [
    `Table ${quoteName(name)}: ${count}, from ${source}`,
    `  ${columns.map(tellColumn).join(", ")}`,
    rows > sample.length ? "  The first rows:" : "  All rows:",
    ...examples,
  ].join("\n");
}

function tellColumn({ name, type, header }: Column): string {
  const called = header === name ? "" : ` (called ${JSON.stringify(header)})`;
  return `${quoteName(name)} ${type}${called}`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}
