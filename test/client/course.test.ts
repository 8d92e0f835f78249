// What follows when a line has ended: the whole policy as a table.

import { describe, expect, test } from "vitest";
import { type Course, type Ending, embark, next, type Yield } from "../../src/client/course.ts";
import { broken } from "../../src/client/line.ts";
import { AsyncMessagesError, toConnectionError } from "../../src/client/problem.ts";
import { closed } from "../../src/client/socket.ts";

const NOTHING: Yield = { heard: false, told: false };
const HEARD: Yield = { heard: true, told: false };
const TOLD: Yield = { heard: true, told: true };

const over: Ending = { kind: "over" };
const cut: Ending = broken("reset");
const unsupported: Ending = { kind: "unsupported", problem: toConnectionError("none") };
const refused = (status: number, retryAfterMs?: number): Ending => ({
  kind: "refused",
  problem: new AsyncMessagesError("no", { status, type: "api_error", retryAfterMs }),
});
const byCode = (code: number): Ending => closed(code, "");

test.for([
  ["auto", { transport: "sse", mayChange: true, failures: 0 }],
  ["sse", { transport: "sse", mayChange: false, failures: 0 }],
  ["websocket", { transport: "websocket", mayChange: false, failures: 0 }],
] as const)("embarking on %s", ([transport, course]) => expect(embark(transport)).toEqual(course));

describe("for good", () => {
  test.for<[Ending, Yield, "stop" | "fail"]>([
    [over, NOTHING, "stop"],
    [over, TOLD, "stop"],
    [byCode(1000), NOTHING, "stop"],
    [byCode(1000), HEARD, "stop"],
    ...[400, 401, 403, 404, 405, 409, 413, 422].map((status): [Ending, Yield, "fail"] => [
      refused(status),
      NOTHING,
      "fail",
    ]),
    ...[4400, 4401, 4403, 4404].map((code): [Ending, Yield, "fail"] => [
      byCode(code),
      TOLD,
      "fail",
    ]),
  ])("%j %j: %s", ([ending, brought, action]) => {
    for (const transport of ["auto", "sse", "websocket"] as const) {
      expect(next(embark(transport), ending, brought, 0.5).action).toBe(action);
    }
  });

  test("a close code says what HTTP would have said", () => {
    for (const [code, status] of [
      [4400, 400],
      [4401, 401],
      [4404, 404],
    ] as const) {
      expect(next(embark("auto"), byCode(code), TOLD, 0)).toMatchObject({ problem: { status } });
    }
  });

  test("a transport that is not to be had, where it was asked for", () => {
    expect(next(embark("websocket"), unsupported, NOTHING, 0)).toMatchObject({ action: "fail" });
  });
});

describe("once more", () => {
  const sse = embark("sse");
  const failed = (course: Course, failures: number): Course => ({ ...course, failures });

  test.for<[Course, Ending, Yield, waitMs: number, Course]>([
    // Half of 500 ms, doubling up to half of 8 s, and from the beginning after something new.
    [sse, cut, NOTHING, 250, failed(sse, 1)],
    [failed(sse, 1), cut, NOTHING, 500, failed(sse, 2)],
    [failed(sse, 3), cut, HEARD, 2000, failed(sse, 4)],
    [failed(sse, 9), cut, HEARD, 4000, failed(sse, 10)],
    [failed(sse, 9), cut, TOLD, 250, failed(sse, 1)],
    // As long as the service asks, and then as everybody else does.
    [sse, refused(429, 5000), NOTHING, 5250, failed(sse, 1)],
    [failed(sse, 1), refused(503, 1000), NOTHING, 1500, failed(sse, 2)],
    ...[408, 429, 500, 502, 503, 504, 529].map(
      (status): [Course, Ending, Yield, number, Course] => [
        sse,
        refused(status),
        NOTHING,
        250,
        failed(sse, 1),
      ],
    ),
    [sse, byCode(1000), TOLD, 250, failed(sse, 1)],
    ...[1001, 1005, 1006, 1011, 1012, 4408].map((code): [Course, Ending, Yield, number, Course] => [
      failed(sse, 2),
      byCode(code),
      TOLD,
      250,
      failed(sse, 1),
    ]),
  ])("%j %j %j: after %i ms, %j", ([course, ending, brought, waitMs, following]) => {
    const { problem } = ending as Exclude<Ending, { kind: "over" }>;
    const expected = { action: "connect", waitMs, problem, course: following };
    expect(next(course, ending, brought, 0.5)).toEqual(expected);
  });

  test("the wait is anything from nothing to the ceiling", () => {
    const waits = [0, 0.5, 0.999].map((random) => next(sse, cut, NOTHING, random));
    expect(waits).toMatchObject([{ waitMs: 0 }, { waitMs: 250 }, { waitMs: 499 }]);
  });
});

describe("over which transport", () => {
  const sse = embark("auto");
  const websocket: Course = { ...sse, transport: "websocket" };

  test.for<[Course, Ending, Yield, "sse" | "websocket"]>([
    // Where nothing got through, the other may.
    [sse, cut, NOTHING, "websocket"],
    [websocket, cut, NOTHING, "sse"],
    [websocket, unsupported, NOTHING, "sse"],
    [websocket, byCode(1006), NOTHING, "sse"],
    // Where something did, the transport works.
    [sse, cut, HEARD, "sse"],
    [sse, cut, TOLD, "sse"],
    [sse, refused(503), NOTHING, "sse"],
    [websocket, refused(503), NOTHING, "websocket"],
    [websocket, byCode(1006), TOLD, "websocket"],
    // No choice.
    [embark("sse"), cut, NOTHING, "sse"],
    [embark("websocket"), cut, NOTHING, "websocket"],
  ])("%j %j %j: %s", ([course, ending, brought, transport]) => {
    expect(next(course, ending, brought, 0)).toMatchObject({ course: { transport } });
  });

  test("one that is not to be had is no reason to wait", () => {
    expect(next(websocket, unsupported, NOTHING, 0.5)).toMatchObject({ waitMs: 0 });
  });
});
