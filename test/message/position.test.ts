// Every way to say where to go on from, and every way to say it wrong.

import { expect, test } from "vitest";
import { parsePosition } from "../../src/message/position.ts";

const LAST = 12;

function parse(header: string | null, query: string) {
  const headers = new Headers(header === null ? {} : { "last-event-id": header });
  return parsePosition(headers, new URLSearchParams(query), LAST);
}

test.for<[string | null, string, number]>([
  [null, "", 0],
  [null, "starting_after=0", 0],
  [null, "starting_after=7", 7],
  [null, "starting_after=12", 12],
  [null, "from=now", 12],
  [null, "from=snapshot", 0],
  [null, "from=snapshot&starting_after=7", 7],
  [null, "from=now&starting_after=7", 7],
  ["0", "", 0],
  ["7", "", 7],
  ["12", "starting_after=3&from=now", 12],
  ["7", "from=snapshot", 7],
  ["", "starting_after=3", 3],
  ["007", "", 7],
])("Last-Event-ID %j, ?%s: after %i", ([header, query, after]) => {
  expect(parse(header, query)).toEqual({ ok: true, after });
});

const HEADER = ["header", "last-event-id"];
const QUERY = ["query", "starting_after"];

test.for<[string | null, string, string[], string]>([
  ["13", "", HEADER, "less_than_equal"],
  ["-1", "", HEADER, "int_parsing"],
  ["1.5", "", HEADER, "int_parsing"],
  ["1e1", "", HEADER, "int_parsing"],
  ["0x1", "", HEADER, "int_parsing"],
  ["seven", "starting_after=7", HEADER, "int_parsing"],
  ["1, 2", "", HEADER, "int_parsing"],
  [null, "starting_after=13", QUERY, "less_than_equal"],
  [null, "starting_after=9007199254740993", QUERY, "int_parsing"],
  [null, "starting_after=", QUERY, "int_parsing"],
  [null, "starting_after=%201", QUERY, "int_parsing"],
  [null, "starting_after=x&from=now", QUERY, "int_parsing"],
  [null, "from=", ["query", "from"], "value_error"],
  [null, "from=7", ["query", "from"], "value_error"],
])("Last-Event-ID %j, ?%s: wrong at %j", ([header, query, loc, type]) => {
  expect(parse(header, query)).toEqual({
    ok: false,
    issue: { loc, msg: expect.stringMatching(/./), type },
  });
});
