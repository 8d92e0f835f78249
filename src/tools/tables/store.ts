// The tables made of texts, in the SQLite of a Durable Object, and a model's queries on them. The only
// code that writes SQL for them.

import { sniffDelimiter } from "../../lib/delimiter.ts";
import { parseSql, type SqlStatement } from "../../lib/sql-statement.ts";
import { type RowLimits, type Rows, RowTaker, type Value } from "../rows.ts";
import { type Column, eachRow, MAX_COLUMNS, shapeOf, widestDelimiter } from "./csv.ts";
import { quoteName } from "./names.ts";

export interface Source {
  /** Where the text comes from. */
  source: string;
  text: string;
}

export interface Table {
  name: string;
  source: string;
  columns: Column[];
  rows: number;
  /** The first rows, with long texts shortened. */
  sample: Value[][];
}

/** `fault` is what is wrong, without its subject. */
export type Made = { ok: true; table: Table } | { ok: false; fault: string };
export type Answered = { ok: true; rows: Rows } | { ok: false; fault: string };

const DELIMITERS = [",", ";", "\t"];

const SAMPLE_ROWS = 3;
const MAX_SAMPLE_LENGTH = 80;

/** UTF-16 units of JSON that are written at once, and of one row: a value is 2 MB of UTF-8 at most. */
const BATCH_LENGTH = 256 * 1024;
const MAX_ROW_LENGTH = 600_000;

/** Thrown to undo what a statement did; it is no fault. */
const UNDO = new Error("undo");

type Cell = ArrayBuffer | string | number | null;

export class TableStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Makes a table of a text with delimiters. */
  create(name: string, { source, text }: Source, maxRows: number): Made {
    const delimiter = sniffDelimiter(text) ?? widestDelimiter(text, DELIMITERS);
    const { columns, rows } = shapeOf(text, delimiter);
    const fault =
      (rows === 0 && "has no rows under a row of names") ||
      (columns.length > MAX_COLUMNS && `has more than ${MAX_COLUMNS} columns`) ||
      (rows > maxRows && `has ${rows} rows, and there is room for ${maxRows}`);
    if (fault) return { ok: false, fault };
    const table: Table = { name, source, columns, rows, sample: [] };
    try {
      this.#storage.transactionSync(() => this.#fill(table, text, delimiter));
      return { ok: true, table };
    } catch (error) {
      return { ok: false, fault: `could not be made a table: ${toFault(error)}` };
    }
  }

  /** Runs one statement that reads, and takes back whatever it did. */
  query(text: string, limits: RowLimits): Answered {
    const parsed = parseSql(text);
    if (!parsed.ok) return parsed;
    try {
      const fault = this.#judge(parsed.statement);
      if (fault !== undefined) return { ok: false, fault };
      return { ok: true, rows: this.#undoing(() => this.#read(parsed.statement.text, limits)) };
    } catch (error) {
      return { ok: false, fault: toFault(error) };
    }
  }

  #undoing<Result>(work: () => Result): Result {
    const results: Result[] = [];
    try {
      this.#storage.transactionSync(() => {
        results.push(work());
        throw UNDO;
      });
    } catch (error) {
      if (error !== UNDO) throw error;
    }
    return results[0] as Result;
  }

  #fill({ name, columns, sample }: Table, text: string, delimiter: string): void {
    const { sql } = this.#storage;
    const fields = columns.map((column) => `${quoteName(column.name)} ${column.type}`);
    sql.exec(`CREATE TABLE ${quoteName(name)} (${fields}) STRICT`);
    const values = columns.map((_, at) => `value ->> ${at}`);
    const insert = `INSERT INTO ${quoteName(name)} SELECT ${values} FROM json_each(?)`;
    let batch: string[] = [];
    let length = 0;
    const write = (): void => {
      sql.exec(insert, `[${batch}]`);
      [batch, length] = [[], 0];
    };
    eachRow(text, delimiter, columns, (row) => {
      if (sample.length < SAMPLE_ROWS) sample.push(row.map(shorten));
      const json = JSON.stringify(row);
      if (json.length > MAX_ROW_LENGTH) throw new Error("one of its rows is too long");
      if (length + json.length > BATCH_LENGTH) write();
      batch.push(json);
      length += json.length;
    });
    write();
  }

  /**
   * What is wrong with a statement that must read and come to an end. Whether it reads is told by what
   * the engine would do, and so is recursion, the one way of having no end: `LIMIT` somewhere in the
   * text would prove nothing. What many joins would cost nobody can tell beforehand; there the
   * platform's limit of CPU time ends it, and this object's life, and nothing else.
   */
  #judge({ text, symbols }: SqlStatement): string | undefined {
    if (symbols.has("[")) return 'names are written "…", not […]';
    const { sql } = this.#storage;
    const steps = sql.exec<{ opcode: string; p2: number }>(`EXPLAIN ${text}`).toArray();
    const writes = steps.some(({ opcode, p2 }) => opcode === "Transaction" && p2 !== 0);
    if (writes) return "it would change something, and can only read";
    const plan = sql.exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`).toArray();
    const recurs = plan.some(({ detail }) => detail === "RECURSIVE STEP");
    return recurs ? "it is recursive, and might not end" : undefined;
  }

  #read(text: string, limits: RowLimits): Rows {
    const cursor = this.#storage.sql.exec(text);
    const taker = new RowTaker(limits);
    const types = new Array<string | undefined>(cursor.columnNames.length);
    for (const row of cursor.raw<Cell[]>()) {
      for (const [at, cell] of row.entries()) types[at] = widen(types[at], cell);
      if (!taker.take(row.map(toShown))) break;
    }
    const columns = cursor.columnNames.map((name, at) => ({ name, type: types[at] ?? "null" }));
    return { columns, rows: taker.rows, cut: taker.cut };
  }
}

/** The type of a column that has held `type` so far; SQLite has one for each value. */
function widen(type: string | undefined, cell: Cell): string | undefined {
  if (cell === null) return type;
  const own = typeOf(cell);
  if (type === undefined || type === own) return own;
  return [type, own].every((one) => one === "integer" || one === "real") ? "real" : "any";
}

function typeOf(cell: ArrayBuffer | string | number): string {
  if (typeof cell === "number") return Number.isInteger(cell) ? "integer" : "real";
  return typeof cell === "string" ? "text" : "blob";
}

function toShown(cell: Cell): Value {
  if (typeof cell === "number" && !Number.isFinite(cell)) return `${cell}`; // JSON has no such number
  return cell instanceof ArrayBuffer ? `(${cell.byteLength} bytes)` : cell;
}

function shorten(value: Value): Value {
  if (typeof value !== "string" || value.length <= MAX_SAMPLE_LENGTH) return value;
  return `${value.slice(0, MAX_SAMPLE_LENGTH).toWellFormed()}…`;
}

/** Where it is in the text is counted from the wrong place. */
function toFault(error: unknown): string {
  return (error as Error).message.replace(/(?: at offset \d+)?: SQLITE_\w+$/, "");
}
