// Tokens as texts: what they look like, and that no other text is taken for one.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PARTS } from "../../src/protocol/hiding.ts";
import {
  decodeToken,
  encodeToken,
  permits,
  SCOPES,
  TOKEN_PREFIX,
  type Token,
} from "../../src/protocol/token.ts";

const SECRET = "a secret of at least thirty-two characters";

const TOKEN: Token = {
  tenant: "acme",
  messageId: "msg_1",
  grant: { scope: "observe", hide: ["thinking"], expiresAt: 1_790_000_000_000, epoch: 7 },
};
const GOOD = await encodeToken(TOKEN, SECRET);

const anyToken: fc.Arbitrary<Token> = fc.record({
  tenant: fc.stringMatching(/^[\w.-]{1,64}$/),
  messageId: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,128}$/),
  grant: fc.record({
    scope: fc.constantFrom(...SCOPES),
    hide: fc.subarray([...PARTS]),
    expiresAt: fc.nat(2 ** 45),
    epoch: fc.nat(2 ** 48),
  }),
});

test("what is signed comes back, and needs no escape in a header, an address or a subprotocol", async () => {
  await fc.assert(
    fc.asyncProperty(anyToken, async (token) => {
      const text = await encodeToken(token, SECRET);
      expect(text).toMatch(/^obs1\.[\w-]+\.[\w-]{43}$/);
      expect(await decodeToken(text, SECRET)).toEqual(token);
    }),
  );
});

test("the longest of tenants, ids and wishes makes a token that is taken", async () => {
  const longest: Token = {
    tenant: "t".repeat(64),
    messageId: ":".repeat(128),
    grant: { scope: "control", hide: PARTS, expiresAt: 8.64e15, epoch: 2 ** 53 - 1 },
  };
  expect(await decodeToken(await encodeToken(longest, SECRET), SECRET)).toEqual(longest);
});

test("a token says nothing to another secret", async () => {
  for (const secret of [`${SECRET} `, SECRET.toUpperCase(), SECRET.slice(1)]) {
    expect(await decodeToken(GOOD, secret)).toBeUndefined();
  }
});

async function refuse(text: string): Promise<void> {
  expect(await decodeToken(text, SECRET)).toBeUndefined();
}

describe("refused:", () => {
  test("a token with any bit of it flipped", async () => {
    for (let at = 0; at < GOOD.length; at += 1) {
      for (let bit = 1; bit <= 0x80; bit <<= 1) {
        const flipped = String.fromCharCode(GOOD.charCodeAt(at) ^ bit);
        await refuse(GOOD.slice(0, at) + flipped + GOOD.slice(at + 1));
      }
    }
  });

  test("a token cut off, taken apart, or with more before, behind or in it", async () => {
    for (let at = 0; at < GOOD.length; at += 1) {
      await refuse(GOOD.slice(0, at));
      await refuse(GOOD.slice(0, at) + GOOD.slice(at + 1));
    }
    for (let at = 0; at <= GOOD.length; at += 1) {
      for (const more of ["A", "=", ".", " ", "\n", "\0"]) {
        await refuse(GOOD.slice(0, at) + more + GOOD.slice(at));
      }
    }
  });

  test("other claims under the signature of good ones", async () => {
    const [, , signature] = GOOD.split(".");
    await fc.assert(
      fc.asyncProperty(anyToken, async (token) => {
        const [prefix, claims] = (await encodeToken(token, SECRET)).split(".");
        await refuse(`${prefix}.${claims}.${signature}`);
      }),
    );
  });

  test.for<[name: string, text: string]>([
    ["nothing", ""],
    ["only a prefix", TOKEN_PREFIX],
    ["only dots", "......"],
    ["nothing between dots", "obs1.."],
    ["claims without a signature", GOOD.slice(0, GOOD.lastIndexOf("."))],
    ["claims and an empty signature", GOOD.slice(0, GOOD.lastIndexOf(".") + 1)],
    ["another version", GOOD.replace("obs1", "obs2")],
    ["a JSON Web Token without a signature", `${btoa('{"alg":"none"}')}.${btoa("{}")}.`],
    ["a long one", `${TOKEN_PREFIX}${"A".repeat(1_000_000)}.${"A".repeat(43)}`],
    ["a long one of dots", TOKEN_PREFIX + ".".repeat(1_000_000)],
    ["letters that are none", "obs1.\ud800.\udfff"],
  ])("%s", ([, text]) => refuse(text));

  test("any text at all, none of which throws", async () => {
    const part = fc.oneof(fc.string({ unit: "binary" }), fc.base64String());
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 4 }), (parts) =>
        refuse(TOKEN_PREFIX + parts.join(".")),
      ),
    );
  });
});

test.for([
  ["observe", "observe", true],
  ["observe", "control", false],
  ["control", "observe", true],
  ["control", "control", true],
] as const)("a token of scope %s, where %s is needed: %s", ([scope, needed, permitted]) => {
  expect(permits({ ...TOKEN.grant, scope }, needed)).toBe(permitted);
});
