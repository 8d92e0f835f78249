// What an event means, by where an observation is: as tables.

import { describe, expect, test } from "vitest";
import { advance, type From, type Place, placeOf, toQuery } from "../../src/client/place.ts";

const after = (last: number): Place => ({ last, merged: false });
const merged = (last: number): Place => ({ last, merged: true });
const now: Place = { last: undefined, merged: false };

const start = (id: number) => ({ id, event: { type: "message_stop" } as const });
const delta = (id: number) => {
  const delta = { type: "text_delta", text: "a" } as const;
  return { id, event: { type: "content_block_delta", index: 0, delta } as const };
};

test.for<[From, Place, string]>([
  ["start", after(0), "starting_after=0"],
  [0, after(0), "starting_after=0"],
  [12, after(12), "starting_after=12"],
  ["now", now, "from=now"],
  ["snapshot", merged(0), "starting_after=0&from=snapshot"],
])("from %s", ([from, place, query]) => {
  expect(placeOf(from)).toEqual(place);
  expect(toQuery(place)).toBe(query);
});

test("a line that broke within a snapshot is followed by one for the rest of it", () => {
  expect(toQuery(merged(9))).toBe("starting_after=9&from=snapshot");
});

describe.each([
  ["a delta", delta],
  ["another event", start],
])("%s", (_, event) => {
  test.for<[Place, number, Place]>([
    [after(0), 1, after(1)],
    [after(4), 5, after(5)],
    [now, 1, after(1)],
    [now, 9, after(9)],
    [merged(0), 1, merged(1)],
    [merged(4), 5, merged(5)],
  ])("at %j with %i is told: %j", ([place, id, next]) => {
    expect(advance(place, event(id))).toEqual({ action: "tell", place: next });
  });

  test.for<[Place, number]>([
    [after(4), 4],
    [after(4), 1],
    [merged(4), 4],
    [merged(4), 1],
  ])("at %j with %i has been told before", ([place, id]) => {
    expect(advance(place, event(id))).toEqual({ action: "skip" });
  });

  test.for<[Place, number, number]>([
    [after(0), 2, 1],
    [after(4), 9, 5],
  ])("at %j with %i leaves a gap: %i was due", ([place, id, due]) => {
    expect(advance(place, event(id))).toEqual({ action: "gap", due });
  });
});

describe("where deltas come merged", () => {
  test("one stands for those before it", () => {
    expect(advance(merged(4), delta(9))).toEqual({ action: "tell", place: merged(9) });
  });

  test("nothing else does", () => {
    expect(advance(merged(4), start(6))).toEqual({ action: "gap", due: 5 });
  });
});
