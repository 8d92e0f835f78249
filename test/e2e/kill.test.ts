// The runtime killed with SIGKILL at random moments while messages run and are watched, and started
// again on the same state each time. KILLS says how often, SEED repeats the choices of a run.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { Told } from "../../bench/soak/connection.ts";
import { Dice } from "../../bench/soak/dice.ts";
import { accountOf, faultsOf } from "../../bench/soak/log-laws.ts";
import type { Status } from "./support/api.ts";
import { MAX_ENDING_MS, type Run, SIMULATED, Storm } from "./support/storm.ts";
import { TALES } from "./support/tales.ts";
import type { Watched } from "./support/watcher.ts";

const KILLS = Number(process.env.KILLS ?? 50);
const SEED = Number(process.env.SEED ?? randomInt(2 ** 31));
/** Three minutes for fifty. */
const LIMIT_MS = 90_000 + KILLS * 1_800;
/** At once, after the storm. */
const LOOKING = 10;
/** A run that was lost so often is given up. */
const MAX_ATTEMPTS = 3;

interface Outcome extends Run {
  replay: Watched;
  status: Status;
}

describe(`killed ${KILLS} times (SEED=${SEED})`, () => {
  let storm: Storm;
  const outcomes: Outcome[] = [];
  /** What each model says to somebody whom nothing disturbs. */
  const answers = new Map<string, string>();

  before(
    async () => {
      storm = await Storm.prepare(new Dice(SEED));
      await Promise.all([...SIMULATED, ...TALES].map(listen));
      await storm.rage(KILLS);
      const left = storm.runs.values();
      await Promise.all(Array.from({ length: LOOKING }, () => look(left)));
    },
    { timeout: LIMIT_MS },
  );
  after(() => storm.stop());

  test("no observer missed anything, or saw what is not there afterwards", (t) => {
    for (const { id, watched, replay } of outcomes) {
      for (const { fault, told } of [...watched, replay]) {
        assert.equal(fault, undefined, id);
        assert.equal(told.length, replay.told.length, id);
        const changed = told.find((event, at) => !isDeepStrictEqual(event, replay.told[at]));
        assert.equal(changed, undefined, id);
      }
    }
    t.diagnostic(JSON.stringify(figuresOf(outcomes)));
  });

  test("every message has one end, in time, and its status tells of it", () => {
    for (const { id, replay, status } of outcomes) {
      const [fault] = faultsOf(id, replay.told);
      assert.equal(fault, undefined, id);
      const account = accountOf(replay.told);
      assert.deepEqual(
        [status.status, status.error_message, status.metadata.last_event_id],
        [account.status, account.error, replay.told.length],
        id,
      );
      assert(Date.parse(status.completed_at ?? "") < storm.lastKilledAt + MAX_ENDING_MS, id);
    }
  });

  test("what went on, or began anew, came to the whole answer; what could not, to a part of it", () => {
    for (const outcome of outcomes) {
      const { id, model, replay, status } = outcome;
      const answer = answerOf(replay.told);
      const whole = answers.get(model) ?? "";
      if (status.status === "completed") {
        assert.equal(answer, whole, id);
        continue;
      }
      assert.equal(answer, whole.slice(0, answer.length), id);
      const [, attempt] = /by a restart .*\(attempt (\d)\)/.exec(status.error_message ?? "") ?? [];
      assert(Number(attempt) >= (goesOn(outcome) ? MAX_ATTEMPTS : 1), `${id}: attempt ${attempt}`);
    }
  });

  test("a message that nobody asks for is found by itself", () => {
    assert(storm.lost.length > 0);
    assert.deepEqual(storm.found, storm.lost);
  });

  async function listen(model: string): Promise<void> {
    const { id } = await storm.api.start(model);
    const { told } = await storm.replay(id);
    assert.equal(accountOf(told).status, "completed");
    answers.set(model, answerOf(told));
  }

  /** Several who look take turns: what is looked at stays in memory for a while. */
  async function look(left: IterableIterator<Run>): Promise<void> {
    for (const run of left) {
      const replay = await storm.replay(run.id);
      outcomes.push({ ...run, replay, status: await storm.api.status(run.id) });
    }
  }
});

/** The text of the answer that counts: of one that was begun anew, what came then. */
function answerOf(told: readonly Told[]): string {
  const anew = told.findLastIndex(({ data }) => modeOf(data) === "restart");
  return told
    .slice(anew + 1)
    .map(({ data }) => JSON.parse(data).delta?.text ?? "")
    .join("");
}

/** How a run goes on, where that is what an event tells. */
function modeOf(data: string): string | undefined {
  const { type, mode } = JSON.parse(data);
  return type === "recovery" ? mode : undefined;
}

/** The simulated model's route does not say that it could continue. */
function goesOn({ model, onInterrupt }: Run): boolean {
  return onInterrupt === "restart" || (onInterrupt === "continue" && model.startsWith("tale-"));
}

function figuresOf(outcomes: readonly Outcome[]) {
  const watched = outcomes.flatMap((outcome) => outcome.watched);
  const words = outcomes.flatMap(({ status, replay }) => {
    const modes = replay.told.map(({ data }) => modeOf(data)).filter((mode) => mode !== undefined);
    const unseen = Math.max(0, status.metadata.attempts - 1 - modes.length);
    return [status.status, ...modes, ...Array.from({ length: unseen }, () => "again")];
  });
  const counts = Object.groupBy(words, (word) => word);
  return {
    messages: outcomes.length,
    leftAlone: outcomes.filter((outcome) => outcome.watched.length === 0).length,
    events: [...watched, ...outcomes.map(({ replay }) => replay)].reduce(
      (sum, { told }) => sum + told.length,
      0,
    ),
    reconnects: watched.reduce((sum, { visits }) => sum + visits - 1, 0),
    ...Object.fromEntries(Object.entries(counts).map(([word, all]) => [word, all?.length])),
  };
}
