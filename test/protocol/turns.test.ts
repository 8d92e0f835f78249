// Where a message of several turns stands, event by event. Logs are words: t text, s and m calls of
// tools that run on a server, u a call of the caller's tool, r the result of the first call that has
// none, C the end of a turn, R a restart.

import { expect, test } from "vitest";
import type { ContentBlock, StreamEvent } from "../../src/protocol/event.ts";
import { advanceTurns, FIRST_TURN, isBetween, turnsBegun } from "../../src/protocol/turns.ts";

const USE: Record<string, string> = { s: "server_tool_use", m: "mcp_tool_use", u: "tool_use" };

function play(word: string) {
  let turns = FIRST_TURN;
  let index = 0;
  const unanswered: string[] = [];
  const block = (letter: string): ContentBlock => {
    const id = `${letter}${index}`;
    if (letter === "t") return { type: "text", text: "" };
    if (letter === "r") return { type: "server_tool_result", tool_use_id: unanswered.shift() };
    if (letter !== "u") unanswered.push(id);
    return { type: USE[letter] ?? "", id, name: "look", input: {} };
  };
  for (const letter of word) {
    const event: StreamEvent =
      letter === "C"
        ? { type: "message_delta", delta: { stop_reason: null, stop_sequence: null }, usage: {} }
        : letter === "R"
          ? { type: "recovery", mode: "restart", after: 1, attempt: 2 }
          : { type: "content_block_start", index, content_block: block(letter) };
    if (event.type === "content_block_start") index += 1;
    turns = advanceTurns(turns, event, index);
  }
  const { ended, from, calls, due, asksCaller, abandoned } = turns;
  const ids = (of: typeof due) => of.map(({ id }) => id).join();
  return {
    ended,
    from,
    calls: ids(calls),
    due: ids(due),
    asksCaller,
    abandoned: abandoned.join(),
    between: isBetween(turns, index),
    begun: turnsBegun(turns, index),
  };
}

const NOTHING = { ended: 0, from: 0, calls: "", due: "", asksCaller: false, abandoned: "" };
const MIDST = { between: false, begun: 1 };

test.for<[word: string, stands: object]>([
  ["", { ...NOTHING, between: false, begun: 0 }],
  ["t", { ...NOTHING, ...MIDST }],
  ["tsm", { ...NOTHING, ...MIDST, calls: "s1,m2" }],
  ["tsr", { ...NOTHING, ...MIDST }], // an upstream that runs its own tools answers within the turn
  ["tu", { ...NOTHING, ...MIDST, asksCaller: true }],
  ["tuC", { ...NOTHING, ...MIDST, asksCaller: true }], // nothing runs here: no turn follows
  ["tsmC", { ...NOTHING, ended: 1, from: 3, due: "s1,m2", between: true, begun: 1 }],
  ["tsmCr", { ...NOTHING, ended: 1, from: 4, due: "m2", between: true, begun: 1 }],
  ["tsmCrr", { ...NOTHING, ended: 1, from: 5, between: true, begun: 1 }],
  ["tsmCrrt", { ...NOTHING, ended: 1, from: 5, between: false, begun: 2 }],
  ["tsuCr", { ...NOTHING, ended: 1, from: 4, asksCaller: true, between: true, begun: 1 }],
  ["tsuCrt", { ...NOTHING, ended: 1, from: 4, between: false, begun: 2 }],
  ["sCrtsC", { ...NOTHING, ended: 2, from: 4, due: "s3", between: true, begun: 2 }],
  ["sCrtsCr", { ...NOTHING, ended: 2, from: 5, between: true, begun: 2 }],
  ["tR", { ...NOTHING, from: 1, abandoned: "0", between: false, begun: 0 }],
  ["tsuR", { ...NOTHING, from: 3, abandoned: "0,1,2", between: false, begun: 0 }],
  ["sCrtRt", { ...NOTHING, ended: 1, from: 3, abandoned: "2", between: false, begun: 2 }],
  ["sCrtRtR", { ...NOTHING, ended: 1, from: 4, abandoned: "2,3", between: true, begun: 1 }],
])("%s", ([word, stands]) => {
  expect(play(word)).toEqual(stands);
});
