// Digests and identifiers.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  equalInConstantTime,
  hmacSha256,
  randomId,
  randomNumber,
  sha256Hex,
} from "../../src/lib/digest.ts";

// The first two are vectors of FIPS 180-4; the others come from coreutils' sha256sum.
test.for([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["é😀", "1184d1f608158eea09d297565575892231550c403aaa913008d867a97cfd5c76"],
  ["\ud800", "83d544ccc223c057d2bf80d3f2a32982c32c3c0db8e2674820da5064783fb097"], // as U+FFFD
] as const)("the SHA-256 of %j", async ([text, hex]) => {
  expect(await sha256Hex(text)).toBe(hex);
});

// https://www.rfc-editor.org/rfc/rfc4231#section-4.3 (test case 2), in base64url.
test("the HMAC of a vector", async () => {
  const signature = await hmacSha256("Jefe", "what do ya want for nothing?");
  expect(signature).toBe("W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
});

const text = fc.string({ unit: "grapheme" });

test("texts are equal to themselves and to nothing else", () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(equalInConstantTime(one, one)).toBe(true);
      expect(equalInConstantTime(one, other)).toBe(one === other);
    }),
  );
});

test("a text is not equal to its beginning, nor to one with a character changed", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f]{64}$/), fc.nat(63), (digest, at) => {
      const changed = digest.slice(0, at) + (digest[at] === "0" ? "1" : "0") + digest.slice(at + 1);
      expect(equalInConstantTime(digest, changed)).toBe(false);
      expect(equalInConstantTime(digest, digest.slice(0, at))).toBe(false);
      expect(equalInConstantTime(digest.slice(0, at), digest)).toBe(false);
    }),
  );
});

test("an id is its prefix and 128 bits that nobody has seen before", () => {
  const ids = Array.from({ length: 1_000 }, () => randomId("msg_"));
  for (const id of ids) expect(id).toMatch(/^msg_[0-9a-f]{32}$/);
  expect(new Set(ids).size).toBe(ids.length);
});

test("every bit of an id varies", () => {
  const ids = Array.from({ length: 200 }, () => BigInt(`0x${randomId("")}`));
  const everSet = ids.reduce((bits, id) => bits | id);
  const alwaysSet = ids.reduce((bits, id) => bits & id);
  expect(everSet).toBe(2n ** 128n - 1n);
  expect(alwaysSet).toBe(0n);
});

test("every bit of a random number varies, and it is exact", () => {
  const numbers = Array.from({ length: 200 }, randomNumber);
  for (const number of numbers) expect(Number.isSafeInteger(number)).toBe(true);
  const bits = numbers.map(BigInt);
  expect(bits.reduce((some, number) => some | number)).toBe(2n ** 48n - 1n);
  expect(bits.reduce((all, number) => all & number)).toBe(0n);
});
