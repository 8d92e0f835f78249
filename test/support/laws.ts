// The laws of a log, as far as one observer can check them by itself.

import { expect } from "vitest";
import type { StreamEvent } from "../../src/protocol/event.ts";
import type { Told } from "./observation.ts";

export function parse(told: readonly Told[]): StreamEvent[] {
  return told.map(({ data }) => JSON.parse(data) as StreamEvent);
}

export function namesOf(told: readonly Told[]): string[] {
  return told.map(({ event }) => event);
}

/** The text that the deltas add up to. */
export function textOf(told: readonly Told[]): string {
  return parse(told)
    .map((event) => ("delta" in event && "text" in event.delta ? event.delta.text : ""))
    .join("");
}

/** In order, each once, no gap; and every event says of itself what it was announced as. */
export function expectInOrder(told: readonly Told[], after = 0): void {
  expect(told.map(({ id }) => id)).toEqual(told.map((_, at) => after + at + 1));
  expect(parse(told).map(({ type }) => type)).toEqual(namesOf(told));
}

/** All that there is after `after`: in order, with every block closed, and one end, the last. */
export function expectWhole(told: readonly Told[], after = 0): void {
  expectInOrder(told, after);
  const isEnd = ({ event }: Told): boolean => event === "message_stop" || event === "error";
  expect(told).not.toEqual([]);
  expect(told.findIndex(isEnd)).toBe(told.length - 1);
  if (after > 0) return;
  const open = new Set<number>();
  for (const event of parse(told)) {
    if (event.type === "content_block_start") open.add(event.index);
    if (event.type === "content_block_stop") open.delete(event.index);
  }
  expect([...open]).toEqual([]);
}
