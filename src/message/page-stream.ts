// Pages over an event stream, by the Durable Streams protocol (section 5.8): each followed by a
// control event that says where the reader stands.

import { toOffset } from "../protocol/durable-streams.ts";
import type { Form, PagedLog } from "./paged-log.ts";
import type { Dialect } from "./sse.ts";

const encoder = new TextEncoder();
/** A comment: the protocol has no event for it. */
const PING = encoder.encode(":\n\n");

/** For a reader that has everything up to and including `after`. */
export function createPageDialect(
  log: Pick<PagedLog, "last" | "isEnded">,
  form: Form,
  after: number,
  cursor: () => string,
): Omit<Dialect, "headers"> {
  let told = after;
  let closed = false;

  function control(seq: number): string {
    told = seq;
    const isLast = seq === log.last;
    closed = isLast && log.isEnded;
    const standing = {
      streamNextOffset: toOffset(seq),
      ...(closed ? { streamClosed: true } : { streamCursor: cursor() }),
      ...(isLast && { upToDate: true }),
    };
    return `event: control\ndata:${JSON.stringify(standing)}\n\n`;
  }

  return {
    // Who has nothing to read yet learns that it is connected, and where it stands.
    preamble: encoder.encode(after === log.last && !log.isEnded ? control(after) : ""),
    ping: PING,
    encode(batch) {
      const data = `event: data\ndata:${form.line(batch)}\n\n`;
      return encoder.encode(data + control(batch.last));
    },
    farewell: () => (closed ? undefined : encoder.encode(control(told))),
  };
}
