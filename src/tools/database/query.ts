// A query of a model's on a database: checked, run, and read as far as the limits go.

import type { SqlStatement } from "../../lib/sql-statement.ts";
import { type Column, type RowLimits, type Rows, RowTaker } from "../rows.ts";
import { Refusal } from "./fault.ts";
import type { Answer, Ask } from "./session.ts";
import { toLiteral, toTexts, toValue } from "./value.ts";

/**
 * Whatever begins with this can be nothing but rows that are asked for: the grammar of the server
 * knows no other, and it refuses writing within them (`WITH … DELETE`) and `INTO`.
 */
const DECLARE = "declare answer no scroll cursor for\n";

/** Rows asked for at first: few, in case they are long. */
const FIRST_ROWS = 30;

/**
 * Functions that the server counts as having effects beyond their value, and that have none that
 * matters; the two of `TABLESAMPLE` share their names with columns.
 */
const HARMLESS = new Set(
  (
    "random random_normal clock_timestamp timeofday gen_random_uuid uuid_generate_v4 " +
    "system bernoulli current_query pg_is_in_recovery pg_relation_size pg_table_size " +
    "pg_indexes_size pg_total_relation_size pg_database_size"
  ).split(" "),
);

/** Functions of extensions that run a text as a query, and do not say so: it would go unchecked. */
const RUNS_TEXT = /^(?:crosstab\w*|connectby|xpath_table)$/;

export async function runQuery(
  ask: Ask,
  statement: SqlStatement,
  limits: RowLimits,
): Promise<Rows> {
  // Declared is not run yet.
  const [called] = await Promise.all([
    ask(toLookup(statement.words)),
    ask(DECLARE + statement.text).catch(shiftPosition),
  ]);
  for (const [name] of called.rows.map(toTexts)) if (name && !HARMLESS.has(name)) refuse(name);
  for (const word of statement.words) if (RUNS_TEXT.test(word)) refuse(word);
  const taker = new RowTaker(limits);
  for (let count = FIRST_ROWS; ; count = limits.rows + 1 - taker.rows.length) {
    const { columns, rows } = await ask(`fetch ${count} from answer`);
    const isFull = rows.map(toTexts).some((texts) => {
      return !taker.take(texts.map((text, at) => toValue(text, columns[at]?.type ?? 0)));
    });
    if (isFull || rows.length < count) {
      return { columns: await nameTypes(ask, columns), rows: taker.rows, cut: taker.cut };
    }
  }
}

/**
 * Of the words of a statement, those that are functions of the server's own or of an extension and
 * do more than compute: they write files, take locks, end sessions, run other statements, change
 * settings, and no transaction takes that back. Not only words before a parenthesis: `(x).f` calls
 * as well. A function of the database's own may be called; what it writes is refused or taken back.
 */
function toLookup(words: ReadonlySet<string>): string {
  return `select distinct p.proname from pg_catalog.pg_proc p
    where p.provolatile = 'v' and p.proname in (${[...words].map(toLiteral).join(",")})
      and (p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace or exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
          and d.objid = p.oid and d.deptype = 'e'))`;
}

function refuse(name: string): never {
  throw new Refusal(`Refused: ${name} is a function that does more than read.`);
}

/** The server counts from the beginning of what it was sent. */
function shiftPosition(error: { position?: string }): never {
  if (error.position !== undefined) error.position = `${Number(error.position) - DECLARE.length}`;
  throw error;
}

async function nameTypes(ask: Ask, columns: Answer["columns"]): Promise<Column[]> {
  const oids = [...new Set(columns.map(({ type }) => type))];
  if (oids.length === 0) return [];
  const { rows } = await ask(
    `select oid, pg_catalog.format_type(oid, null) from pg_catalog.pg_type where oid in (${oids})`,
  );
  const names = new Map(rows.map(toTexts).map(([oid, name]) => [oid, name]));
  return columns.map(({ name, type }) => ({ name, type: names.get(`${type}`) ?? "unknown" }));
}
