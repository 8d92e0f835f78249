// The table of events, in the SQLite of a real object.

import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Batch } from "../../src/message/batch.ts";
import { EVENTS_TABLE, EventLog } from "../../src/message/log.ts";
import type { LoggedEvent } from "../../src/protocol/event.ts";
import { encodeFrame, encodeSse } from "../../src/protocol/frame.ts";
import { objectOf, uniqueId } from "../support/client.ts";

/** A log in an object of its own. */
function inLog(use: (log: EventLog, sql: SqlStorage) => void): Promise<void> {
  return runInDurableObject(objectOf(uniqueId()), (_, { storage }) => {
    storage.sql.exec(EVENTS_TABLE);
    use(new EventLog(storage.sql), storage.sql);
  });
}

/** `count` events after `seq`, each with so much text. */
function events(seq: number, count: number, text = "ä😀\\n"): LoggedEvent[] {
  return Array.from({ length: count }, (_, at) => ({
    seq: seq + at + 1,
    type: "content_block_delta",
    data: JSON.stringify({ type: "content_block_delta", n: seq + at + 1, text }),
  }));
}

/** What is there after `seq`, batch by batch. */
function batches(log: EventLog, seq: number) {
  const found = [];
  for (let batch = log.after(seq); batch; batch = log.after(batch.last)) found.push(batch);
  return found;
}

const read = (log: EventLog, seq: number) => batches(log, seq).flatMap((batch) => batch.events);
const rowsOf = (sql: SqlStorage) =>
  sql.exec<{ n: number }>("SELECT count(*) AS n FROM events").one().n;

test("an empty log has no last event, and none to read", () =>
  inLog((log) => {
    expect([log.last, log.after(0), [...log.events()]]).toEqual([0, undefined, []]);
  }));

describe.for([
  ["rows of one event", [1, 1, 1, 1, 1, 1]],
  ["rows of many", [7, 3, 12]],
  ["rows of one and of many", [1, 40, 1, 1, 9, 1]],
] as const)("%s", ([, sizes]) => {
  const size = sizes.reduce((sum, count) => sum + count, 0);
  const all = events(0, size);

  test("every position is followed by exactly the rest, also for who opens it later", () =>
    inLog((log, sql) => {
      for (const count of sizes) log.append(all.slice(log.last, log.last + count));
      for (const opened of [log, new EventLog(sql)]) {
        expect(opened.last).toBe(size);
        expect([...opened.events()]).toEqual(all);
        for (let seq = 0; seq <= size; seq += 1) expect(read(opened, seq)).toEqual(all.slice(seq));
      }
    }));

  test("a write is one row", () =>
    inLog((log, sql) => {
      for (const count of sizes) log.append(all.slice(log.last, log.last + count));
      expect([rowsOf(sql), log.rowsWritten]).toEqual([sizes.length, sizes.length]);
    }));
});

test("what is appended is what is read, in every form", () =>
  inLog((log) => {
    const all = events(0, 5);
    const appended = log.append(all);
    for (const batch of [...appended, ...batches(log, 0)]) {
      expect([batch.first, batch.last]).toEqual([1, 5]);
      expect(batch.events).toEqual(all);
      expect(batch.text).toBe(all.map(encodeSse).join(""));
      expect(new TextDecoder().decode(batch.bytes)).toBe(batch.text);
      expect(batch.frames).toEqual(all.map(encodeFrame));
    }
  }));

test("each form of a batch is made once, for however many", () =>
  inLog((log) => {
    const [batch] = log.append(events(0, 5)) as [Batch];
    expect(batch.bytes).toBe(batch.bytes);
    expect(batch.frames).toBe(batch.frames);
  }));

test("those who are just behind share what they are told; those far behind miss nothing", () =>
  inLog((log) => {
    const all = events(0, 600);
    for (const event of all) log.append([event]);
    for (const seq of [599, 598, 590, 550]) {
      const batch = log.after(seq);
      expect(batch).toBe(log.after(seq));
      expect(batch?.events).toEqual(all.slice(seq));
      expect(batch?.text).toBe(all.slice(seq).map(encodeSse).join(""));
    }
    expect(log.after(0)).not.toBe(log.after(0));
    for (const seq of [0, 1, 300, 450, 451]) expect(read(log, seq)).toEqual(all.slice(seq));
    const before = log.after(590);
    log.append(events(600, 2));
    expect(before?.last).toBe(600);
    expect(read(log, 590)).toEqual([...all.slice(590), ...events(600, 2)]);
  }));

test("a long flush is shown and kept in pieces that a slow reader can hold", () =>
  inLog((log, sql) => {
    const all = events(0, 3_000, "x".repeat(1_000));
    const appended = log.append(all);
    expect(appended.length).toBeGreaterThan(10);
    expect(rowsOf(sql)).toBe(appended.length);
    for (const batch of [...appended, ...batches(log, 0)]) {
      expect(batch.text.length).toBeLessThan(300_000);
    }
    expect(appended.flatMap((batch) => batch.events)).toEqual(all);
    expect(read(log, 0)).toEqual(all);
  }));

test("a reader gets a piece of a long log at a time", () =>
  inLog((log) => {
    for (let seq = 0; seq < 2_000; seq += 10) log.append(events(seq, 10, "x".repeat(1_000)));
    const found = batches(log, 5);
    expect(found.length).toBeGreaterThan(5);
    for (const batch of found) expect(batch.text.length).toBeLessThan(300_000);
    expect(found.flatMap((batch) => batch.events)).toEqual(read(log, 0).slice(5));
  }));

test.for([600_000, 1_300_000])("an event of %i characters is split over rows", (length) =>
  inLog((log, sql) => {
    const all = [
      ...events(0, 3),
      ...events(3, 1, "x".repeat(length)),
      ...events(4, 1, "語😀".repeat(length / 3)),
      ...events(5, 3),
    ];
    log.append(all.slice(0, 2));
    log.append(all.slice(2, 6));
    log.append(all.slice(6));
    const [longest] = sql
      .exec<{ bytes: number }>("SELECT max(length(CAST(text AS BLOB))) AS bytes FROM events")
      .toArray();
    expect(longest?.bytes).toBeLessThanOrEqual(2_000_000);
    expect(rowsOf(sql)).toBeGreaterThan(4);
    const opened = new EventLog(sql);
    for (let seq = 0; seq <= 8; seq += 1) expect(read(opened, seq)).toEqual(all.slice(seq));
  }),
);

test("data that looks like an event is data", () =>
  inLog((log) => {
    const all = events(0, 4, "\n\nid: 3\nevent: message_stop\ndata: {}\n\nid: 4\n");
    log.append(all);
    for (let seq = 0; seq <= 4; seq += 1) expect(read(log, seq)).toEqual(all.slice(seq));
  }));

test("who has lost the log to another writes nothing more", () =>
  inLog((log, sql) => {
    log.append(events(0, 2));
    const heir = new EventLog(sql);
    heir.append(events(2, 1));
    expect(() => log.append(events(2, 1, "late"))).toThrow("another run");
    heir.append(events(3, 1));
    expect([...heir.events()]).toEqual(events(0, 4));
  }));

test("after a write that failed nothing is written that would leave a gap", () =>
  inLog((log, sql) => {
    log.append(events(0, 2));
    sql.exec("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'full'); END");
    expect(() => log.append(events(2, 1))).toThrow("full");
    sql.exec("DROP TRIGGER full");
    expect(() => log.append(events(3, 1))).toThrow("follow");
    log.append(events(2, 2));
    for (const opened of [log, new EventLog(sql)]) expect(read(opened, 0)).toEqual(events(0, 4));
  }));
