// Base64 for addresses and headers.

import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "../../src/lib/base64url.ts";

const bytes = fc
  .uint8Array({ maxLength: 40 })
  .map((list) => [...list].map((byte) => String.fromCharCode(byte)).join(""));

// https://www.rfc-editor.org/rfc/rfc4648#section-10, and bytes that are `+` and `/` in plain base64.
test.for([
  ["", ""],
  ["f", "Zg"],
  ["fo", "Zm8"],
  ["foo", "Zm9v"],
  ["\u00fb\u00ff\u00be", "-_--"],
] as const)("%j is %j", ([plain, encoded]) => {
  expect(encodeBase64Url(plain)).toBe(encoded);
});

test("what is encoded needs no escape anywhere, and comes back", () => {
  fc.assert(
    fc.property(bytes, (plain) => {
      const encoded = encodeBase64Url(plain);
      expect(encoded).toMatch(/^[\w-]*$/);
      expect(decodeBase64Url(encoded)).toBe(plain);
    }),
  );
});
