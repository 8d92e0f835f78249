// Whether the passage that answers a question is found, where the question has other words than the
// passage: measured on a library made for it.

import { expect, test } from "vitest";
import { makeProse } from "../../../src/lib/words.ts";
import { type Book, FORMS, LIBRARY, QUESTIONS } from "../../support/library.ts";
import { type Ask, withSearch } from "../../support/searching.ts";

/** The answer is to be among so many results. */
const PLACES = 3;
/** So many of the questions are to be answered. */
const SHARE = 0.9;

const books = Object.keys(LIBRARY);
const FILLER = Array.from({ length: 300 }, (_, seed): Book => {
  return { type: "text", text: makeProse([], 150, seed) };
});

/** At which place of the results the answer is, from 0; infinite where it is not. */
async function placeOf(ask: Ask, question: string, book: string, answer: string): Promise<number> {
  const source = `tool_context.${books.indexOf(book)}`;
  const { results } = await ask(question);
  const place = results.findIndex(
    (result) =>
      result.source === source && result.content.some(({ text }) => text.includes(answer)),
  );
  return place < 0 ? Number.POSITIVE_INFINITY : place;
}

test.for([
  ["the library alone", []],
  ["the library and three hundred other documents", FILLER],
] as const)(
  "nine of ten questions have their answer among the first three results: %s",
  ([, others]) =>
    withSearch([...Object.values(LIBRARY), ...others], async (ask) => {
      expect(QUESTIONS.length).toBeGreaterThanOrEqual(20);
      const missed: string[] = [];
      for (const [question, book, answer] of QUESTIONS) {
        if ((await placeOf(ask, question, book, answer)) >= PLACES) missed.push(question);
      }
      expect(missed.length / QUESTIONS.length, `${missed}`).toBeLessThanOrEqual(1 - SHARE);
    }),
);

test("a single word is found in forms that no stemmer knows", () =>
  withSearch(Object.values(LIBRARY), async (ask) => {
    for (const [word, book, answer] of FORMS) {
      expect(await placeOf(ask, word, book, answer), word).toBeLessThan(PLACES);
    }
  }));
