// The laws of a whole log, and what it says of its message. Pure; knows nothing of the service's code.

import type { Told } from "./connection.ts";
import type { Law } from "./findings.ts";

export interface Fault {
  law: Law;
  what: string;
}

interface Event {
  type: string;
  index?: number;
  message?: { id: string };
  content_block?: { type: string };
  delta?: { type?: string; text?: string; stop_reason?: string };
  error?: { message: string };
}

export function isEnd(event: string): boolean {
  return event === "message_stop" || event === "error";
}

/** What is wrong with a log that has ended. */
export function faultsOf(messageId: string, log: readonly Told[]): Fault[] {
  const faults: Fault[] = [];
  const open = new Set<number>();
  let next = 0;
  log.forEach(({ seq, event, data }, at) => {
    const fault = (law: Law, what: string) =>
      faults.push({ law, what: `event ${at + 1}: ${what}` });
    const { type, index = -1, message } = JSON.parse(data) as Event;
    if (seq !== at + 1) fault("1 order", `has the id ${seq}`);
    if (type !== event) fault("4 one truth", `is announced as ${event}, and says ${type}`);
    if (isEnd(event) !== (at === log.length - 1)) fault("3 one end", `${event} of ${log.length}`);
    if (message && message.id !== messageId) fault("4 one truth", `is of message ${message.id}`);
    if ((type === "message_start") !== (at === 0) && !(at === 0 && type === "error")) {
      fault("5 foldable", `${type} at this place`);
    }
    if (type === "content_block_start") {
      if (index !== next) fault("5 foldable", `block ${index} begins where ${next} is due`);
      open.add(index);
      next = index + 1;
    }
    if (type === "content_block_delta" && !open.has(index)) {
      fault("5 foldable", `a delta for block ${index}, which is not open`);
    }
    if (type === "content_block_stop" && !open.delete(index)) {
      fault("5 foldable", `the end of block ${index}, which is not open`);
    }
  });
  if (open.size > 0) faults.push({ law: "5 foldable", what: `left open: ${[...open]}` });
  return faults;
}

/** What a log amounts to. */
export interface Account {
  status: "completed" | "cancelled" | "error";
  stopReason: string | null;
  error: string | null;
  /** The text of each block; undefined for a block that is not text. */
  texts: (string | undefined)[];
}

export function accountOf(log: readonly Told[]): Account {
  const texts: (string | undefined)[] = [];
  let stopReason: string | null = null;
  let error: string | null = null;
  for (const { data } of log) {
    const event = JSON.parse(data) as Event;
    const { type, index = 0, delta } = event;
    if (type === "content_block_start") {
      texts.push(event.content_block?.type === "text" ? "" : undefined);
    }
    if (delta?.type === "text_delta") texts[index] = `${texts[index] ?? ""}${delta.text}`;
    if (type === "message_delta") stopReason = delta?.stop_reason ?? null;
    if (type === "error") error = event.error?.message ?? "";
  }
  const ended = stopReason === "cancelled" ? "cancelled" : "completed";
  return { status: error === null ? ended : "error", stopReason, error, texts };
}
