// When what is recorded becomes a row: which events share one, and how long they wait for it. Logs
// are words here (support/alphabet.ts), rows are `<ms> <word>`.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { spell } from "../support/alphabet.ts";
import { play, Trial } from "../support/trial.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

test.for<[string, Record<number, string>, string[]]>([
  ["the first event does not wait", { 0: "M" }, ["0 M"]],
  ["what arrives together is written together", { 0: "MBdd" }, ["0 MBdd"]],
  ["the first text does not wait", { 0: "MB", 5: "d" }, ["0 MB", "5 d"]],
  ["nor does one after it", { 0: "MBd", 5: "d" }, ["0 MBd", "5 d"]],
  [
    "other text waits for the floor",
    { 0: "MBd", 1: "d", 6: "d", 19: "d" },
    ["0 MBd", "1 d", "20 dd"],
  ],
  [
    "by as much as one came late the next may come early",
    { 0: "MBd", 1: "d", 30: "d", 35: "d", 41: "d" },
    ["0 MBd", "1 d", "30 d", "40 d", "60 d"],
  ],
  [
    "but only the next",
    { 0: "MBd", 90: "d", 95: "d", 96: "d" },
    ["0 MBd", "90 d", "95 d", "110 d"],
  ],
  [
    "the end of a block does not wait",
    { 0: "MBd", 1: "d", 5: "d", 6: "E" },
    ["0 MBd", "1 d", "6 dE"],
  ],
  [
    "nor does the first text of the next",
    { 0: "MBd", 1: "dE", 5: "B", 6: "d" },
    ["0 MBd", "1 dE", "6 Bd"],
  ],
  ["after that the floor holds again", { 0: "MB", 9: "d", 10: "d" }, ["0 MB", "9 d", "20 d"]],
  ["the last word is kept for the end", { 0: "MBdE", 50: "CS" }, ["0 MBdE", "50 C"]],
  ["open blocks are ended before the message is", { 0: "MBdC" }, ["0 MBdEC"]],
])("%s: %j", async ([, timeline, rows]) => {
  expect((await play(1, timeline)).spelt).toEqual(rows);
});

test.for<[Record<number, string>, string[]]>([
  [{ 0: "M", 10: "B", 20: "d", 30: "d" }, ["0 M", "100 Bdd"]],
  [{ 0: "MBd", 10: "dE", 20: "Bd" }, ["0 MBd", "100 dEBd"]],
])("while a write is on its way everything gathers for the next: %j", async ([timeline, rows]) => {
  expect((await play(100, timeline)).spelt).toEqual(rows);
});

test.for<[string, { latencyMs: number; floorMs: number }, string[]]>([
  ["the floor", { latencyMs: 1, floorMs: 1_000 }, ["0 MBd", "1 d", "10 d", "1010 d"]],
  ["the write that is on its way", { latencyMs: 30, floorMs: 1_000 }, ["0 MBd", "30 dd", "1000 d"]],
])("in a hurry, what is there waits for no more than %s", async ([, options, rows]) => {
  const trial = new Trial(options);
  trial.recorder.hurry(); // for nothing: it is not remembered
  trial.record("MBd");
  trial.record("d");
  await vi.advanceTimersByTimeAsync(10);
  trial.record("d");
  trial.recorder.hurry();
  await vi.advanceTimersByTimeAsync(30);
  trial.record("d");
  await vi.runAllTimersAsync();
  expect(trial.spelt).toEqual(rows);
});

test("numbers follow one another, from wherever the log stands", () => {
  for (const seq of [0, 40]) {
    const trial = new Trial({ seq });
    trial.record("MBd");
    expect(trial.written.map((event) => event.seq)).toEqual([seq + 1, seq + 2, seq + 3]);
  }
});

test.for([
  ["a delta for no block", "MBdE", "d", "MBdE", /not open/],
  ["but what came with it before it is kept", "MBd", "dEd", "MBddE", /not open/],
  ["a second beginning", "M", "M", "M", /second/],
] as const)("what cannot come is refused: %s", async ([, before, piece, kept, why]) => {
  const trial = new Trial();
  trial.record(before);
  expect(() => trial.record(piece)).toThrow(why);
  await vi.runAllTimersAsync();
  expect(spell(trial.written)).toBe(kept);
});

test("it has begun with the first event, and is complete with the last word", () => {
  const trial = new Trial();
  const states = ["", "M", "BdE", "C", "S", "d"].map((word) => {
    trial.record(word);
    return [trial.recorder.begun, trial.recorder.isComplete];
  });
  const [waiting, running, complete] = [
    [false, false],
    [true, false],
    [true, true],
  ];
  expect(states).toEqual([waiting, running, running, running, complete, complete]);
});

describe("sealing", () => {
  test.for([
    ["the upstream's own end", "MBdECS", "", "S"],
    ["an end before the upstream's own", "MBdECS", "!", "!"],
    ["nothing came", "", "!", "!"],
    ["nothing is open", "MBdE", "!", "!"],
    ["a block is open", "MBd", "!", "E!"],
  ] as const)("%s", ([, word, ending, sealed]) => {
    const trial = new Trial();
    trial.record(word);
    const last = trial.seal(ending);
    expect(spell(last)).toBe(sealed);
    const seqs = [...trial.written, ...last].map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, at) => at + 1));
  });

  test.for([
    ["a write on its way", 100, "dddE!", ["0 MBd"]],
    ["the floor", 1, "ddE!", ["0 MBd", "2 d"]],
  ] as const)(
    "what waits for %s comes with it, and nothing comes after",
    async ([, latencyMs, sealed, rows]) => {
      const trial = new Trial({ latencyMs });
      trial.record("MBd");
      for (const word of ["d", "dd"]) {
        await vi.advanceTimersByTimeAsync(2);
        trial.record(word);
      }
      expect(spell(trial.seal("!"))).toBe(sealed);
      expect(trial.record("d")).toBeUndefined();
      await vi.runAllTimersAsync();
      expect(trial.spelt).toEqual(rows);
    },
  );
});

describe("too much at once", () => {
  const LONG = "x".repeat(1024 ** 2);

  test("holds the run up until a write is confirmed", async () => {
    const trial = new Trial({ latencyMs: 100 });
    trial.record("MBd");
    expect(trial.record("d", LONG)).toBeUndefined();
    const room = trial.record("d", LONG);
    expect(room).toBeDefined();
    const then = vi.fn();
    room?.then(then);
    await vi.advanceTimersByTimeAsync(99);
    expect(then).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(then).toHaveBeenCalled();
  });

  test("does not gather while it waits for the floor", async () => {
    const trial = new Trial({ floorMs: 1_000 });
    trial.record("MBd");
    await vi.advanceTimersByTimeAsync(10);
    for (let n = 0; n < 20; n += 1) {
      const room = trial.record("d", LONG);
      await vi.advanceTimersByTimeAsync(1);
      await room;
    }
    const longest = Math.max(...trial.rows.map(({ events }) => events.length));
    expect(longest).toBeLessThanOrEqual(3);
    expect(trial.rows.length).toBeGreaterThan(5);
  });
});
