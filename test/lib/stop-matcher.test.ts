// Stop sequences in text that arrives in pieces.

import fc from "fast-check";
import { expect, test } from "vitest";
import { createStopMatcher } from "../../src/lib/stop-matcher.ts";

/** What is shown of `pieces`, and the match that ended it. */
function run(sequences: string[], pieces: string[]) {
  const matcher = createStopMatcher(sequences);
  let shown = "";
  for (const piece of pieces) {
    const { text, match } = matcher.push(piece);
    shown += text;
    if (match !== null) return { shown, match };
  }
  return { shown: shown + matcher.flush(), match: null };
}

/** The same by the definition: look at the whole text after every character. */
function define(sequences: string[], text: string) {
  for (let end = 1; end <= text.length; end += 1) {
    const seen = text.slice(0, end);
    const fitting = sequences.filter((sequence) => seen.endsWith(sequence));
    const longest = fitting.sort((a, b) => b.length - a.length)[0];
    if (longest !== undefined) {
      return { shown: seen.slice(0, end - longest.length), match: longest };
    }
  }
  return { shown: text, match: null };
}

const letters = fc.constantFrom("a", "b", "\n", "😀", "😁");
const text = fc.string({ unit: letters, maxLength: 40 });
const sequence = fc.string({ unit: letters, minLength: 1, maxLength: 5 });

test("any split of a text is shown up to the first match", () => {
  const cases = fc.record({
    pieces: fc.array(text, { maxLength: 12 }),
    sequences: fc.array(sequence, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(cases, ({ pieces, sequences }) => {
      expect(run(sequences, pieces)).toEqual(define(sequences, pieces.join("")));
    }),
    { numRuns: 2_000 },
  );
});

test("holds back no more than what may be the beginning of a sequence", () => {
  const cases = fc.record({ pieces: fc.array(text), sequences: fc.array(sequence) });
  fc.assert(
    fc.property(cases, ({ pieces, sequences }) => {
      const matcher = createStopMatcher(sequences);
      let seen = "";
      let shown = "";
      for (const piece of pieces) {
        const { text, match } = matcher.push(piece);
        if (match !== null) return;
        seen += piece;
        shown += text;
        const held = seen.slice(shown.length);
        expect(held === "" || sequences.some((one) => one.startsWith(held))).toBe(true);
      }
    }),
  );
});

test.for<[string, string[], string[], { shown: string; match: string | null }]>([
  ["no sequences", [], ["a", "b"], { shown: "ab", match: null }],
  ["a match inside a piece", ["END"], ["one END two"], { shown: "one ", match: "END" }],
  ["a match over pieces", ["END"], ["one E", "N", "D two"], { shown: "one ", match: "END" }],
  ["a beginning that was none", ["END"], ["one E", "NT"], { shown: "one ENT", match: null }],
  ["a beginning at the end", ["END"], ["one EN"], { shown: "one EN", match: null }],
  ["a beginning within a beginning", ["aab"], ["aa", "ab"], { shown: "a", match: "aab" }],
  ["what is complete first", ["abcd", "bc"], ["xabcd"], { shown: "xa", match: "bc" }],
  ["the longest of two at once", ["c", "abc"], ["xabc"], { shown: "x", match: "abc" }],
  ["an empty sequence, which is none", [""], ["a"], { shown: "a", match: null }],
])("%s", ([, sequences, pieces, expected]) => {
  expect(run(sequences, pieces)).toEqual(expected);
});

test("is done after a match, and begins anew after a flush", () => {
  const matcher = createStopMatcher(["ab"]);
  expect(matcher.push("xa")).toEqual({ text: "x", match: null });
  expect(matcher.flush()).toBe("a");
  expect(matcher.push("b")).toEqual({ text: "b", match: null });
  expect(matcher.push("ab")).toEqual({ text: "", match: "ab" });
  expect(matcher.push("more")).toEqual({ text: "", match: null });
  expect(matcher.flush()).toBe("");
});
