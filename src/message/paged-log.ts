// What is to be known of a log to read it page by page, and how its entries are told.

import type { Batch } from "./batch.ts";
import type { Observer, Reader } from "./observers.ts";

export interface PagedLog extends Reader {
  /** Another log that is found at the same address later has another tag. Letters and digits. */
  readonly tag: string;
  readonly last: number;
  /** True when nothing will follow what is there. */
  readonly isEnded: boolean;
  /** True when it has been deleted: there is nothing left to read. */
  readonly isErased: boolean;
  join(observer: Observer): void;
  leave(observer: Observer): void;
}

/** How the entries of a log are told. */
export interface Form {
  contentType: string;
  /** The body of an answer that holds no entry. */
  nothing: string;
  page(batch: Batch): string | Uint8Array<ArrayBuffer>;
  /** The same for an event stream: one line. */
  line(batch: Batch): string;
}

/** An event as a WebSocket gets it, and of these a list. */
export const EVENT_LIST: Form = {
  contentType: "application/json",
  nothing: "[]",
  page: toList,
  line: toList,
};

function toList({ frames }: Batch): string {
  return `[${frames.join(",")}]`;
}
