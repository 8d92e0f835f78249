// Who is told what, and when: scripted observers over a scripted log.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Batch } from "../../src/message/batch.ts";
import { type Farewell, type Observer, Observers } from "../../src/message/observers.ts";
import type { Grant } from "../../src/protocol/token.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A log of numbers, told two at a time at most. */
class Log {
  last = 0;
  isEnded = false;
  readonly observers = new Observers({
    after: (seq) => {
      if (seq >= this.last) return undefined;
      return new Batch(seq + 1, Math.min(seq + 2, this.last), "");
    },
    ended: () => this.isEnded,
  });

  write(count = 1): void {
    const first = this.last + 1;
    this.last += count;
    this.observers.publish(new Batch(first, this.last, ""));
  }

  end(): void {
    this.isEnded = true;
    this.write();
  }
}

/** Notes what it is told. A slow one is ready for more when `read` is called. */
class Note implements Observer {
  after: number;
  readonly told: string[] = [];
  readonly #isSlow: boolean;
  #written: PromiseWithResolvers<void> | undefined;

  constructor({ after = 0, isSlow = false } = {}) {
    this.after = after;
    this.#isSlow = isSlow;
  }

  write({ first, last }: Batch): Promise<void> | undefined {
    this.told.push(first === last ? `${first}` : `${first}-${last}`);
    if (!this.#isSlow) return undefined;
    expect(this.#written).toBeUndefined();
    this.#written = Promise.withResolvers();
    return this.#written.promise;
  }

  /** Takes what was written, or goes away before it did. */
  async read({ gone = false } = {}): Promise<void> {
    const written = this.#written;
    this.#written = undefined;
    if (gone) written?.reject(new Error("gone"));
    else written?.resolve();
    await vi.advanceTimersByTimeAsync(0);
  }

  ping(): void {
    this.told.push("ping");
  }

  close(farewell: Farewell, complete: boolean): void {
    this.told.push(`${farewell}${complete ? "" : ", not all told"}`);
  }
}

interface Manner {
  after?: number;
  isSlow?: boolean;
  /** With a token that ends after so many ms. */
  endsIn?: number;
}

function watch(log: Log, { endsIn, ...manner }: Manner = {}): Note {
  const note = new Note(manner);
  log.observers.join(note, endsIn === undefined ? undefined : grantFor(endsIn));
  return note;
}

function grantFor(ms: number, hide: Grant["hide"] = []): Grant {
  return { scope: "observe", hide, expiresAt: Date.now() + ms, epoch: 1 };
}

test.for([
  [0, ["1-2", "3-4", "5", "6"]],
  [1, ["2-3", "4-5", "6"]],
  [4, ["5", "6"]],
  [5, ["6"]],
] as const)("who joins after %i is told what is there, then what comes", ([after, told]) => {
  const log = new Log();
  log.write(5);
  const note = watch(log, { after });
  log.write();
  expect(note.told).toEqual(told);
});

test("all who keep up are given the very same batch", () => {
  const log = new Log();
  const given: Batch[] = [];
  for (let n = 0; n < 3; n += 1) {
    const note = new Note();
    const write = note.write.bind(note);
    note.write = (batch) => {
      given.push(batch);
      return write(batch);
    };
    log.observers.join(note);
  }
  log.write(7);
  expect(given).toHaveLength(3);
  expect(new Set(given).size).toBe(1);
});

test("one that is not ready is told nothing, and later all it has missed; nobody waits for it", async () => {
  const log = new Log();
  const [quick, slow] = [watch(log), watch(log, { isSlow: true })];
  for (let n = 0; n < 5; n += 1) log.write();
  expect([quick.told, slow.told]).toEqual([["1", "2", "3", "4", "5"], ["1"]]);
  await slow.read();
  await slow.read();
  expect(slow.told).toEqual(["1", "2-3", "4-5"]);
  log.write();
  expect(slow.told).toEqual(["1", "2-3", "4-5"]);
  await slow.read();
  expect(slow.told).toEqual(["1", "2-3", "4-5", "6"]);
});

describe("the end", () => {
  test("comes when everything has been told, to each in its time, once", async () => {
    const log = new Log();
    const [quick, slow] = [watch(log), watch(log, { isSlow: true })];
    log.write();
    log.end();
    expect([quick.told, slow.told]).toEqual([["1", "2", "ended"], ["1"]]);
    expect(log.observers.size).toBe(1);
    for (let n = 0; n < 3; n += 1) await slow.read();
    expect(slow.told).toEqual(["1", "2", "ended"]);
    expect(log.observers.size).toBe(0);
  });

  test("comes at once to who joins at it", () => {
    const log = new Log();
    log.end();
    expect(watch(log, { after: 1 }).told).toEqual(["ended"]);
    expect(watch(log).told).toEqual(["1", "ended"]);
    expect(log.observers.size).toBe(0);
  });
});

test("one that has gone is told no more, whoever noticed it", async () => {
  const log = new Log();
  const [leaving, breaking, staying] = [watch(log), watch(log, { isSlow: true }), watch(log)];
  log.write();
  log.observers.leave(leaving);
  await breaking.read({ gone: true });
  expect(log.observers.size).toBe(1);
  log.end();
  expect([leaving.told, breaking.told]).toEqual([["1"], ["1"]]);
  expect(staying.told).toEqual(["1", "2", "ended"]);
});

test("one that leaves while it is written to is told no more", async () => {
  const log = new Log();
  const slow = watch(log, { isSlow: true });
  log.write();
  log.write();
  log.observers.leave(slow);
  await slow.read();
  expect(slow.told).toEqual(["1"]);
});

test("when all are dismissed, each learns whether it was told everything", () => {
  const log = new Log();
  log.write(2);
  const notes = [watch(log), watch(log, { isSlow: true })];
  log.write();
  log.observers.dismiss("deleted", log.last);
  expect(notes.map(({ told }) => told.at(-1))).toEqual(["deleted", "deleted, not all told"]);
  expect(log.observers.size).toBe(0);
  log.write();
  expect(notes.map(({ told }) => told.at(-1))).toEqual(["deleted", "deleted, not all told"]);
});

test("all who may not see the same are given the very same view, and the others the batch itself", () => {
  const log = new Log();
  const given: Batch[] = [];
  const hidings = [[], [], ["thinking"], ["thinking"], ["tool_input"]] as const;
  for (const hide of hidings) {
    const note = new Note();
    note.write = (batch) => void given.push(batch);
    log.observers.join(note, grantFor(1_000, hide));
  }
  const batch = new Batch(1, 1, 'id: 1\nevent: a\ndata: {"type":"a"}\n\n');
  log.observers.publish(batch);
  const [none, none2, one, one2, other] = given;
  expect([none, none2]).toEqual([batch, batch]);
  expect(none).toBe(batch);
  expect(one).toBe(one2);
  expect(new Set([batch, one, other]).size).toBe(3);
  for (const view of [one, other]) expect(view?.text).toBe(batch.text);
});

describe("a token", () => {
  test.for([[1], [14_999], [15_001], [40_000]])(
    "ends what it opened after %i ms",
    async ([ms = 0]) => {
      const log = new Log();
      const [own, note] = [watch(log), watch(log, { endsIn: ms })];
      await vi.advanceTimersByTimeAsync(ms - 1);
      expect(note.told).not.toContain("expired, not all told");
      await vi.advanceTimersByTimeAsync(1);
      expect(note.told.at(-1)).toBe("expired, not all told");
      log.write();
      expect([note.told.at(-1), own.told.at(-1)]).toEqual(["expired, not all told", "1"]);
      expect([log.observers.size, vi.getTimerCount()]).toEqual([1, 1]);
    },
  );

  test("that ends earlier than all that were there is not waited for in vain", async () => {
    const log = new Log();
    const notes = [500, 300, 100, 200].map((endsIn) => watch(log, { endsIn }));
    expect(vi.getTimerCount()).toBe(1);
    for (const ended of [1, 2, 3]) {
      await vi.advanceTimersByTimeAsync(100);
      expect(notes.filter(({ told }) => told.length > 0)).toHaveLength(ended);
    }
    expect(notes.map(({ told }) => told.length)).toEqual([0, 1, 1, 1]);
    await vi.advanceTimersByTimeAsync(200);
    expect([log.observers.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test("ends what has not taken what it was told", async () => {
    const log = new Log();
    const slow = watch(log, { isSlow: true, endsIn: 1_000 });
    log.write(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(slow.told).toEqual(["1-2", "expired, not all told"]);
    await slow.read();
    log.write();
    expect(slow.told).toHaveLength(2);
  });

  test("that is revoked lets all go who watch with one, and no others", () => {
    const log = new Log();
    const [own, ...others] = [watch(log), ...[1, 2].map(() => watch(log, { endsIn: 1_000 }))];
    log.observers.revoke();
    log.end();
    expect(others.map(({ told }) => told)).toEqual([1, 2].map(() => ["revoked, not all told"]));
    expect(own?.told).toEqual(["1", "ended"]);
    expect([log.observers.size, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe("silence", () => {
  // When it is written, and when pings came, in ms.
  test.for<[number[], number[]]>([
    [[], [15_000, 30_000, 45_000]],
    [[14_999], [29_999, 44_999]],
    [[5_000, 10_000, 24_000, 38_000], []],
    [[16_000], [15_000, 31_000, 46_000]],
  ])("written at %j, told a sign of life at %j", async ([writes, pings]) => {
    const log = new Log();
    const note = watch(log);
    const came: number[] = [];
    const start = Date.now();
    note.ping = () => void came.push(Date.now() - start);
    for (const at of writes) setTimeout(() => log.write(), at);
    await vi.advanceTimersByTimeAsync(50_000);
    expect(came).toEqual(pings);
  });

  test("is heard of by whatever clock: one that is set back counts as passed", async () => {
    const log = new Log();
    const note = watch(log);
    await vi.advanceTimersByTimeAsync(5_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(25_000);
    expect(note.told).toEqual(["ping", "ping"]);
  });

  test("is each one's own: who joined later is told later", async () => {
    const log = new Log();
    const early = watch(log);
    await vi.advanceTimersByTimeAsync(10_000);
    const late = watch(log);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([early.told, late.told]).toEqual([["ping"], []]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([early.told, late.told]).toEqual([["ping"], ["ping"]]);
  });

  test("does not matter to one that has not taken what it was told", async () => {
    const log = new Log();
    const slow = watch(log, { isSlow: true });
    log.write();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(slow.told).toEqual(["1"]);
  });

  test.for<[string, (log: Log, note: Note) => void]>([
    ["left", (log, note) => log.observers.leave(note)],
    ["been told the end", (log) => log.end()],
    ["been dismissed", (log) => log.observers.dismiss("deleted", 0)],
  ])("keeps nothing awake once all have %s", ([, go]) => {
    const log = new Log();
    const note = watch(log);
    expect(vi.getTimerCount()).toBe(1);
    go(log, note);
    expect(vi.getTimerCount()).toBe(0);
  });
});
