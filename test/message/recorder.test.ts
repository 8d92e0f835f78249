// When what is recorded becomes a row: which events share one, and how long they wait for it. Logs
// are words here (support/alphabet.ts), rows are `<ms> <word>`.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Recorder } from "../../src/message/recorder.ts";
import type { LoggedEvent } from "../../src/protocol/event.ts";
import { Speaker, spell } from "../support/alphabet.ts";

const FLOOR_MS = 20;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A recorder, what is said to it, and the rows that it writes to a disk that takes its time. */
class Trial {
  readonly rows: { at: number; events: LoggedEvent[] }[] = [];
  readonly recorder: Recorder;
  latencyMs: number;
  mostInFlight = 0;
  readonly #speaker = new Speaker();
  #inFlight = 0;

  constructor({ latencyMs = 1, floorMs = FLOOR_MS, seq = 0 } = {}) {
    this.latencyMs = latencyMs;
    const writing = {
      commit: (events: LoggedEvent[]) => void this.rows.push({ at: Date.now(), events }),
      confirmed: () => this.#confirmed(),
      now: () => Date.now(),
    };
    this.recorder = new Recorder(writing, () => floorMs, seq);
  }

  async #confirmed(): Promise<void> {
    this.#inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    await new Promise<void>((resolve) => setTimeout(resolve, this.latencyMs));
    this.#inFlight -= 1;
  }

  record(word: string, text?: string): Promise<void> | undefined {
    return this.recorder.record(this.#speaker.say(word, text));
  }

  seal(ending: string): LoggedEvent[] {
    return this.recorder.seal(this.#speaker.say(ending));
  }

  get written(): LoggedEvent[] {
    return this.rows.flatMap(({ events }) => events);
  }

  get spelt(): string[] {
    return this.rows.map(({ at, events }) => `${at} ${spell(events)}`);
  }

  /** The time between the last full two writes, in ms. */
  get pace(): number {
    const [before = 0, last = 0] = this.rows.slice(-3, -1).map(({ at }) => at);
    return last - before;
  }
}

/** What becomes of a timeline: words by the time they arrive at, in ms. */
async function play(latencyMs: number, timeline: Record<number, string>): Promise<Trial> {
  const trial = new Trial({ latencyMs });
  for (const [at, word] of Object.entries(timeline)) {
    await vi.advanceTimersByTimeAsync(Number(at) - Date.now());
    trial.record(word);
  }
  await vi.runAllTimersAsync();
  expect(trial.mostInFlight).toBe(1);
  return trial;
}

/** A beginning, then a delta every 10 ms. */
function steady(count: number): Record<number, string> {
  const deltas = Array.from({ length: count }, (_, at) => [(at + 1) * 10, "d"]);
  return { 0: "MBd", ...Object.fromEntries(deltas) };
}

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

test.for<[latencyMs: number, everyMs: number]>([
  [1, FLOOR_MS],
  [5, FLOOR_MS],
  [10, 30],
  [100, 300],
  [300, 900],
  [500, 1_000],
  [2_000, 2_000],
])("where a commit takes %i ms, one is made every %i ms", async ([latencyMs, everyMs]) => {
  const { pace } = await play(latencyMs, steady(4_000));
  expect(pace).toBeGreaterThanOrEqual(everyMs * 0.95);
  expect(pace).toBeLessThanOrEqual(everyMs + 10);
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

test("when commits are quick again, the floor falls again", async () => {
  const trial = new Trial({ latencyMs: 300 });
  trial.record("MBd");
  for (let at = 0; at < 20_000; at += 10) {
    if (at === 5_000) expect(trial.pace).toBeGreaterThan(500);
    if (at === 5_000) trial.latencyMs = 1;
    trial.record("d");
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(trial.pace).toBe(FLOOR_MS);
});

test("100 events a second cost no more than a row for two", async () => {
  const { rows, written } = await play(1, steady(1_000));
  expect(written).toHaveLength(1_003);
  expect(rows.length).toBeLessThanOrEqual(0.5 * 1_003 + 3);
});

test("however it comes, a row costs a floor", async () => {
  const trial = new Trial({ floorMs: 50 });
  trial.record("MBd");
  let seed = 7;
  while (Date.now() < 60_000) {
    seed = (seed * 48_271) % 2_147_483_647;
    await vi.advanceTimersByTimeAsync(seed % 120);
    trial.record("d");
  }
  await vi.runAllTimersAsync();
  const at = trial.rows.map((row) => row.at);
  // So many rows in any time at all, and a token that was left over, and the row that begins it.
  const mostIn = (ms: number) =>
    Math.max(...at.map((from) => at.filter((one) => one >= from && one < from + ms).length));
  for (const floors of [1, 2, 10, 100, 1_000])
    expect(mostIn(50 * floors)).toBeLessThanOrEqual(floors + 1);
});

test("text that comes at the pace of the floor does not wait, early or late by a little", async () => {
  const trial = new Trial();
  trial.record("MBd");
  for (let at = 1; at <= 200; at += 1) {
    await vi.advanceTimersByTimeAsync(at * FLOOR_MS + (at % 5) - Date.now());
    trial.record("d");
  }
  expect(trial.rows).toHaveLength(201);
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
