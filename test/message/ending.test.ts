// The last events of a log, for each end and wherever it comes.

import { expect, test } from "vitest";
import { endingOf } from "../../src/message/ending.ts";
import type { Opening } from "../../src/message/record.ts";
import type { Problem } from "../../src/protocol/errors.ts";
import { advance, NOTHING_YET, type Progress } from "../../src/protocol/progress.ts";
import { emptyMessage } from "../../src/protocol/snapshot.ts";
import type { Terminal } from "../../src/protocol/state.ts";
import { Speaker } from "../support/alphabet.ts";

const opening = { messageId: "m", model: "x", requestId: "req_1" } as Opening;

/** The progress after a word. */
function after(word: string): Progress {
  return new Speaker().say(word).reduce((progress, { event }) => {
    return advance(progress, event) as Progress;
  }, NOTHING_YET);
}

const start = { type: "message_start", message: emptyMessage("m", "x") };
const stop = { type: "message_stop" };
const cancelled = (output_tokens: number) => ({
  type: "message_delta",
  delta: { stop_reason: "cancelled", stop_sequence: null },
  usage: { input_tokens: 0, output_tokens },
});
const container = { id: "box", expires_at: "2026-01-01T00:00:00.000Z" };
const failed = (problem: Problem): Terminal => ({ status: "error", problem });
const error = (type: string, message: string) => ({
  type: "error",
  error: { type, message },
  request_id: "req_1",
});

test.for<[string, Terminal, string, object[]]>([
  ["completed: the upstream's own end", { status: "completed" }, "MBdEC", []],
  ["cancelled before anything", { status: "cancelled" }, "", [start, cancelled(0), stop]],
  ["cancelled in the middle", { status: "cancelled" }, "MBdd", [cancelled(2), stop]],
  [
    "cancelled after the upstream had counted",
    { status: "cancelled" },
    "MBdEC",
    [cancelled(5), stop],
  ],
  [
    "an upstream's error, in its own words",
    failed({ reason: "upstream", error: { type: "overloaded_error", message: "busy" } }),
    "MBd",
    [error("overloaded_error", "busy")],
  ],
  [
    "silence",
    failed({ reason: "stalled", seconds: 3 }),
    "",
    [error("timeout_error", "The upstream sent nothing for 3 seconds.")],
  ],
  [
    "too long",
    failed({ reason: "deadline", seconds: 9 }),
    "M",
    [error("timeout_error", "The run took longer than 9 seconds.")],
  ],
  [
    "a bug of ours, without a word of it",
    failed({ reason: "internal" }),
    "MBd",
    [error("api_error", "An error of this service; it has been logged.")],
  ],
])("%s", ([, state, word, expected]) => {
  const ending = endingOf(state, after(word), opening);
  expect(ending.map(({ event }) => event)).toEqual(expected);
  expect(ending.map(({ data }) => JSON.parse(data))).toEqual(expected);
});

test("a cancelled message names the container that its tools have used", () => {
  const [told] = endingOf({ status: "cancelled" }, after("MBdEC"), opening, container);
  const delta = { stop_reason: "cancelled", stop_sequence: null, container };
  expect(told?.event).toEqual({ ...cancelled(5), delta });
});
