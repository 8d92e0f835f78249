// The passages of one tool's documents in the SQLite of a Durable Object, ranked by FTS5. The only code
// that knows these tables.

import { toQuery, toTerms } from "../../lib/search-terms.ts";
import type { Passage, Place } from "./passage.ts";

const PREFIX = "search_";

/** What a word counts in a heading, in the text, and where only its form is the same. */
const WEIGHTS = "2.0, 1.0, 0.6";

/** A passage that fits a question. Neighbours have neighbouring ids. */
export interface Found extends Passage {
  id: number;
  /** Which document it is of, as `add` was told. */
  document: number;
  /** The greater, the better. */
  score: number;
}

type Row = {
  id: number;
  document: number;
  heading: string;
  unit: Place["unit"];
  first: string;
  last: string;
  text: string;
  score: number;
};

/** Drops the tables of all tools. */
export function forgetSearches(sql: SqlStorage): void {
  const tables = sql
    .exec<{ name: string }>(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '${PREFIX}*'
       ORDER BY sql LIKE 'CREATE VIRTUAL TABLE%' DESC`,
    )
    .toArray();
  // With an index go the tables that it keeps itself in.
  for (const { name } of tables) sql.exec(`DROP TABLE IF EXISTS ${quote(name)}`);
}

export class SearchIndex {
  readonly #sql: SqlStorage;
  readonly #passages: string;
  readonly #index: string;
  #size = 0;

  /** An empty one, whatever is left of another with this name. */
  constructor(sql: SqlStorage, name: string) {
    this.#sql = sql;
    const own = PREFIX + withoutCase(name);
    this.#passages = quote(`${own}_passages`);
    this.#index = quote(`${own}_index`);
    sql.exec(`
      DROP TABLE IF EXISTS ${this.#index};
      DROP TABLE IF EXISTS ${this.#passages};
      CREATE TABLE ${this.#passages} (
        id       INTEGER PRIMARY KEY, -- 1, 2, 3, ... in the order of the documents
        document INTEGER NOT NULL,
        heading  TEXT NOT NULL,
        unit     TEXT NOT NULL,       -- these three: where it stands
        first    TEXT NOT NULL,
        last     TEXT NOT NULL,
        text     TEXT NOT NULL
      ) STRICT;
      CREATE VIRTUAL TABLE ${this.#index} USING fts5(
        heading, text, forms, content = '', tokenize = 'porter unicode61 remove_diacritics 2'
      );
    `);
  }

  /** How many passages there are. */
  get size(): number {
    return this.#size;
  }

  add(document: number, { heading, place, text }: Passage): void {
    this.#size += 1;
    const { unit, first, last } = place;
    this.#sql.exec(
      `INSERT INTO ${this.#passages} VALUES (?, ?, ?, ?, ?, ?, ?)`,
      this.#size,
      document,
      heading,
      unit,
      first,
      last,
      text,
    );
    const above = toTerms(heading);
    const body = toTerms(text);
    this.#sql.exec(
      `INSERT INTO ${this.#index} (rowid, heading, text, forms) VALUES (?, ?, ?, ?)`,
      this.#size,
      above.words,
      body.words,
      `${above.forms} ${body.forms}`,
    );
  }

  /** The best first. Any text is a question. */
  find(question: string, documents: readonly number[], limit: number): Found[] {
    const query = toQuery(question);
    if (query === undefined) return [];
    const rows = this.#sql.exec<Row>(
      `SELECT p.*, -bm25(${this.#index}, ${WEIGHTS}) AS score
       FROM ${this.#index} AS i JOIN ${this.#passages} AS p ON p.id = i.rowid
       WHERE ${this.#index} MATCH ? AND p.document IN (SELECT value FROM json_each(?))
       ORDER BY score DESC, p.id LIMIT ?`,
      query,
      JSON.stringify(documents),
      limit,
    );
    return Array.from(rows, ({ unit, first, last, ...row }) => ({
      ...row,
      place: { unit, first, last },
    }));
  }
}

/** Apart from all others for SQLite too, which takes capital letters for small ones. */
function withoutCase(name: string): string {
  return name.replace(/[A-Z^]/g, "^$&");
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
