import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSql } from "../../src/lib/sql-statement.ts";

function words(text: string): string[] {
  const parsed = parseSql(text);
  return parsed.ok ? [...parsed.statement.words] : [parsed.fault];
}

test.for<[text: string, words: string]>([
  ["select 1", "select"],
  ["SELECT a.B FROM t", "select a b from t"],
  ["  \n\t(select 1) union (select 2)", "select union"],
  ["with x as (values (1)) table x", "with x as values table"],
  ['select "A b", "say ""x""" from t', 'select|A b|say "x"|from|t'],
  ["select 'drop table t; --' /* ; drop */ -- ; drop\n from t", "select from t"],
  ["select 'it''s', '', 'a\\b', E'\\n' as x", "select e as x"],
  ["select e1$a, größe, 日本 from t", "select e1$a größe 日本 from t"],
  ["select 1.5e3+2where x", "select e3 where x"],
  ["select a->>'$[0]', b[1], c::text, d @> '{}', e ? 'f'", "select a b c text d e"],
  ["select U&'\\0061'", "select u"],
  ["select 1 /* a * / ** */ + 2", "select"],
])("%j is a statement, and its words are %j", ([text, said]) => {
  expect(words(text)).toEqual(said.split(said.includes("|") ? "|" : " "));
});

test.for<[text: string, run: string]>([
  ["select 1;", "select 1"],
  ["select 1; -- that is all\n /* really */ ", "select 1"],
  ["select\r\n1\r-- a", "select\n1\n-- a"],
  ["select ';'", "select ';'"],
])("%j is run as %j", ([text, run]) => {
  expect(parseSql(text)).toMatchObject({ ok: true, statement: { text: run } });
});

const OPENING = /begin with/;
const ONE = /only one statement/;
const CLOSED = /not closed/;
const OUTSIDE = /but in a string/;

test.for<[text: string, fault: RegExp]>([
  ["", OPENING],
  ["-- select", OPENING],
  ["'select' 1", OPENING],
  ['"select" 1', OPENING],
  ["explain select 1", OPENING],
  ["explain analyze insert into t values (1)", OPENING],
  ["insert into t values (1)", OPENING],
  ["update t set a = 1", OPENING],
  ["delete from t", OPENING],
  ["merge into t using s on true when matched then delete", OPENING],
  ["set transaction read write", OPENING],
  ["SET default_transaction_read_only = off", OPENING],
  ["reset all", OPENING],
  ["begin", OPENING],
  ["start transaction", OPENING],
  ["commit", OPENING],
  ["rollback", OPENING],
  ["copy t to program 'id'", OPENING],
  ["do 'begin end'", OPENING],
  ["call p()", OPENING],
  ["listen x", OPENING],
  ["notify x", OPENING],
  ["lock table t", OPENING],
  ["prepare p as select 1", OPENING],
  ["execute p", OPENING],
  ["declare c cursor for select 1", OPENING],
  ["create temp table t (a int)", OPENING],
  ["pragma table_info(t)", OPENING],
  ["/* select */ delete from t", OPENING],
  ["select 1; select 2", ONE],
  ["select 1;;", ONE],
  ["select 1; /* x */ drop table t", ONE],
  ["; select 1", ONE],
  ["select 'a", CLOSED],
  ["select 'a''", CLOSED],
  ['select "a', CLOSED],
  ['select ""', CLOSED],
  ["select /* a", CLOSED],
  ["select /* /* */ */ 1", CLOSED],
  ["select /* /* */ ; delete from t; -- */", CLOSED],
  ["select E'\\'; delete from t; --'", CLOSED],
  ["select 'a'\n'\\'; delete from t; --'", CLOSED],
  ["select 'a\\''; delete from t; --'", CLOSED],
  ["select '\\\\'", CLOSED],
  ["select $$a$$", OUTSIDE],
  ["select $a$; delete from t; $a$", OUTSIDE],
  ["select $1", OUTSIDE],
  ["select 1 as `; delete from t`", OUTSIDE],
  ["select \\ 1", OUTSIDE],
  ['select U&"\\0061"', /plainly/],
  ["select u&\"a\" uescape '!'", /plainly/],
  ["select 1\0", /NUL/],
  ["select '\0'", /NUL/],
  [`select '${"x".repeat(30_000)}'`, /longer/],
])("%j is refused", ([text, fault]) => {
  const parsed = parseSql(text);
  expect(parsed).toEqual({ ok: false, fault: expect.stringMatching(fault) });
});

describe("whatever it is made of", () => {
  const piece = fc.constantFrom(
    ..."select|x|'|''|\"|\"\"|;|--|/*|*/|\n|\r|$$|$a$|\\|e'|u&\"|[|]|`|(|)| ".split("|"),
  );
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => `select ${pieces.join("")}`);

  /** As the documents of each have them, for the pieces above: what counts comes with a name. */
  const TOKENS = {
    postgres: [
      /^--[^\n\r]*/,
      /^[eE]'(?:[^'\\]|\\.|''|'[ \n\r]*\n[ \n\r]*')*(?:'|$)/s,
      /^'(?:[^']|'')*(?:'|$)/,
      /^[uU]&"(?<word>(?:[^"]|"")*)(?:"|$)/,
      /^"(?<word>(?:[^"]|"")*)(?:"|$)/,
      /^(?<tag>\$[a-z]*\$).*?(?:\k<tag>|$)/s,
      /^(?<word>[a-zA-Z_][\w$]*)/,
      /^(?<end>;)/,
    ],
    sqlite: [
      /^--[^\n]*/,
      /^\/\*.*?(?:\*\/|$)/s,
      /^'(?:[^']|'')*(?:'|$)/,
      /^"(?<word>(?:[^"]|"")*)(?:"|$)/,
      /^`(?<word>(?:[^`]|``)*)(?:`|$)/,
      /^\[(?<word>[^\]]*)(?:\]|$)/,
      /^(?<word>[a-zA-Z_][\w$]*)/,
      /^(?<end>;)/,
    ],
  };

  /** Comments within comments are no regular language. */
  function skipNested(text: string): string {
    let depth = 0;
    let rest = text;
    do {
      if (rest.startsWith("/*")) depth += 1;
      else if (rest.startsWith("*/")) depth -= 1;
      rest = rest.slice(/^(?:\/\*|\*\/)/.test(rest) ? 2 : 1);
    } while (depth > 0 && rest !== "");
    return rest;
  }

  function read(text: string, dialect: keyof typeof TOKENS): string[] {
    const found: string[] = [];
    for (let rest = text; rest !== ""; ) {
      if (dialect === "postgres" && rest.startsWith("/*")) {
        rest = skipNested(rest);
        continue;
      }
      const match = TOKENS[dialect].map((token) => token.exec(rest)).find(Boolean);
      const { end, word } = match?.groups ?? {};
      if (end) found.push(end);
      if (word) found.push(word.replaceAll('""', '"'));
      rest = rest.slice(match?.[0].length || 1);
    }
    return found;
  }

  test.for(["postgres", "sqlite"] as const)("nothing of what is run is hidden to %s", (dialect) => {
    let passed = 0;
    fc.assert(
      fc.property(text, (text) => {
        const parsed = parseSql(text);
        if (!parsed.ok || (dialect === "sqlite" && parsed.statement.symbols.has("["))) return;
        passed += 1;
        const { words } = parsed.statement;
        const hidden = read(parsed.statement.text, dialect).filter((word) => !words.has(word));
        expect([text, hidden]).toEqual([text, []]);
      }),
      { numRuns: 10_000 },
    );
    expect(passed).toBeGreaterThan(200);
  });
});
