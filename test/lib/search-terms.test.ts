// Questions that are no queries, and text that has no spaces: what the index gets of them.

import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toQuery, toTerms } from "../../src/lib/search-terms.ts";
import { objectOf, uniqueId } from "../support/client.ts";

test.for<[question: string, query: string | undefined]>([
  ["payments", '"payments" OR "pai0"'],
  ["What is the Payment?", '"payment" OR "pai0"'],
  ["what is it", '"what" OR "is" OR "it" OR "what0" OR "id0" OR "it0"'],
  ["pay, paid, PAY", '"pay" OR "paid" OR "pai0"'],
  ["e-mail", '"e" OR "mail" OR "email" OR "mail0" OR "email0"'],
  ["maxRetries", '"maxretries" OR "max" OR "retries" OR "maxretr0" OR "max0" OR "retri0"'],
  ["1,250 vitamin C", '"1250" OR "vitamin" OR "c" OR "vitamin0"'],
  ["東京都", '"東 京" OR "京 都"'],
  ["東", '"東"'],
  ["naïve", '"naïve" OR "naiv0"'],
  ["", undefined],
  ["?!… \"'*", undefined],
])("%j asks for %j", ([question, query]) => {
  expect(toQuery(question)).toBe(query);
});

test("text is indexed in the same words", () => {
  expect(toTerms("The e-mail costs 1,250; see maxRetries in 東京.")).toEqual({
    words: expect.stringMatching(/ 1250; see maxRetries in {2}東 {2}京 \. email max Retries$/),
    forms: "mail0 cost0 se0 maxretr0 email0 max0 retri0",
  });
});

test("no question is a syntax error, and whatever is indexed is found by its own words", () =>
  runInDurableObject(objectOf(uniqueId()), (_, { storage: { sql } }) => {
    sql.exec("CREATE VIRTUAL TABLE t USING fts5(words, forms, tokenize = 'porter unicode61')");
    const operators = fc.constantFrom(
      '"',
      "*",
      "AND",
      "NOT",
      "NEAR(",
      "^",
      ":",
      "-",
      "(",
      "{a}",
      "\0",
    );
    const question = fc
      .array(
        fc.oneof(operators, fc.string({ unit: "grapheme" }), fc.constantFrom("ä", "words", "東")),
      )
      .map((parts) => parts.join(" "));
    fc.assert(
      fc.property(question, (text) => {
        const query = toQuery(text);
        if (query === undefined) return;
        const { words, forms } = toTerms(text);
        sql.exec("DELETE FROM t");
        sql.exec("INSERT INTO t VALUES (?, ?)", words, forms);
        expect(
          sql.exec("SELECT rowid FROM t WHERE t MATCH ?", query).toArray(),
          query,
        ).toHaveLength(1);
      }),
    );
  }));

test("a question of any length is one that the index takes", () => {
  expect(toQuery("word ".repeat(1e6))).toBe('"word" OR "word0"');
  const many = Array.from({ length: 10_000 }, (_, n) => `word${n}`).join(" ");
  expect(toQuery(many)?.split(" OR ")).toHaveLength(32);
  expect(toQuery("x".repeat(1e6))?.length).toBeLessThan(3_000);
});

test.for([
  ["one word", "x".repeat(3e5)],
  ["words of 1,200 letters", `${"y".repeat(1_200)} `.repeat(300)],
  ["capitals", "aB".repeat(2e5)],
  ["hyphens", "a-".repeat(2e5)],
  ["digits", "1,000".repeat(1e5)],
  ["grouped digits", "1,000,".repeat(1e5)],
  ["characters of their own", "東".repeat(2e5)],
  ["marks", "a\u0301".repeat(2e5)],
] as const)("text of any shape is indexed in no time: %s", ([, text]) => {
  expect(toTerms(text).words.length).toBeGreaterThanOrEqual(text.length / 2);
});
