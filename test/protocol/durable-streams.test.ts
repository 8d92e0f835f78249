// What a reader of the Durable Streams protocol asks for, and every way to ask for it wrong.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  nextCursor,
  parseReading,
  type Reading,
  toOffset,
} from "../../src/protocol/durable-streams.ts";

const LAST = 12;
const START: Reading = { after: 0, fromNow: false, live: undefined, cursor: undefined };

const parse = (query: string) => parseReading(new URLSearchParams(query), LAST);

test.for<[string, Partial<Reading>]>([
  ["", {}],
  ["offset=-1", {}],
  ["offset=now", { after: 12, fromNow: true }],
  ["offset=0000000000000000", {}],
  ["offset=0000000000000007", { after: 7 }],
  ["offset=0000000000000012", { after: 12 }],
  ["offset=-1&live=long-poll", { live: "long-poll" }],
  ["offset=now&live=sse&cursor=1234", { after: 12, fromNow: true, live: "sse", cursor: 1234 }],
  ["offset=-1&live=sse&cursor=", { live: "sse" }],
  ["offset=-1&live=sse&cursor=-5", { live: "sse" }],
  ["offset=-1&live=sse&cursor=9999999999999999", { live: "sse" }],
  ["unknown=7&offset=-1", {}],
])("?%s", ([query, reading]) => {
  expect(parse(query)).toEqual({ ok: true, reading: { ...START, ...reading } });
});

test.for<[string, string]>([
  ["offset=", "offset"],
  ["offset=7", "offset"],
  ["offset=0000000000000013", "offset"],
  ["offset=00000000000000007", "offset"],
  ["offset=000000000000000a", "offset"],
  ["offset=0000000000000007%0A", "offset"],
  ["offset=%20000000000000007", "offset"],
  ["offset=-2", "offset"],
  ["offset=NOW", "offset"],
  ["offset=9999999999999999", "offset"],
  ["offset=-1&offset=-1", "offset"],
  ["live=sse", "offset"],
  ["live=long-poll", "offset"],
  ["offset=-1&live=", "live"],
  ["offset=-1&live=true", "live"],
])("?%s is wrong at %s", ([query, name]) => {
  const issue = { loc: ["query", name], msg: expect.stringMatching(/./), type: "value_error" };
  expect(parse(query)).toEqual({ ok: false, issue });
});

test("an offset is read as it was given, and sorts as what it stands for", () => {
  const seq = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(seq, seq, (one, other) => {
      expect(toOffset(one)).toMatch(/^\d{16}$/);
      expect(toOffset(one) < toOffset(other)).toBe(one < other);
      const parsed = parseReading(new URLSearchParams({ offset: toOffset(one) }), one);
      expect(parsed).toEqual({ ok: true, reading: { ...START, after: one } });
    }),
  );
});

const EPOCH = Date.parse("2024-10-09T00:00:00Z");

test.for<[given: number | undefined, now: number, random: number, cursor: string]>([
  [undefined, EPOCH, 0, "0"],
  [undefined, EPOCH + 19_999, 0.9, "0"],
  [undefined, EPOCH + 20_000, 0, "1"],
  [0, EPOCH + 20_000, 0, "1"],
  [1, EPOCH + 20_000, 0, "2"],
  [1, EPOCH + 20_000, 0.999, "181"],
  [7_000, EPOCH, 0.5, "7091"],
])("after cursor %j, at %i and with the dice at %f: %s", ([given, now, random, cursor]) => {
  expect(nextCursor(given, now, random)).toBe(cursor);
});
