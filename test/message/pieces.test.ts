// Long texts in pieces that fit a row.

import fc from "fast-check";
import { expect, test } from "vitest";
import { splitText } from "../../src/message/pieces.ts";

test.for<[string, number, string[]]>([
  ["", 4, [""]],
  ["abc", 4, ["abc"]],
  ["abcd", 4, ["abcd"]],
  ["abcde", 4, ["abcd", "e"]],
  ["abcdefgh", 4, ["abcd", "efgh"]],
  ["abc😀", 4, ["abc", "😀"]],
  ["ab😀c", 4, ["ab😀", "c"]],
  ["😀😀😀", 3, ["😀", "😀", "😀"]],
  ["a😀", 2, ["a", "😀"]],
])("%j by %i is %j", ([text, length, pieces]) => {
  // As JSON, so that half a character can be told of, should there be one.
  expect(JSON.stringify(splitText(text, length))).toBe(JSON.stringify(pieces));
});

test("any text is the sum of its pieces, none too long, none cut within a character", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "語", "😀"), maxLength: 200 });
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 20 }), (text, length) => {
      const pieces = splitText(text, length);
      const fits = (piece: string) => piece.length <= length && piece.isWellFormed();
      return pieces.join("") === text && pieces.every(fits);
    }),
  );
});

test.for(["x", "é", "語", "😀"])("%s: a piece always fits the 2 MB of a value", (character) => {
  for (const piece of splitText(character.repeat(2_000_000))) {
    expect(new TextEncoder().encode(piece).byteLength).toBeLessThanOrEqual(2_000_000);
  }
});
