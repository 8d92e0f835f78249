// Watching over Server-Sent Events.

import { SSE_PING, SSE_PREAMBLE } from "../protocol/frame.ts";
import type { Batch } from "./batch.ts";
import type { Farewell, Observer, Reader } from "./observers.ts";

const encoder = new TextEncoder();
const PREAMBLE = encoder.encode(SSE_PREAMBLE);
const PING = encoder.encode(SSE_PING);

/** Of every answer that is an event stream. */
export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no", // nginx would otherwise keep events until a buffer is full
};

/**
 * An observer and the response whose body it writes. Each write to an identity stream waits for
 * the storage writes before it to be confirmed, and resolves when the reader has taken it.
 */
export class SseObserver implements Observer {
  after: number;
  readonly source: Reader | undefined;
  readonly response: Response;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(after: number, source?: Reader) {
    this.after = after;
    this.source = source;
    const { readable, writable } = new IdentityTransformStream();
    this.#writer = writable.getWriter();
    this.response = new Response(readable, { headers: SSE_HEADERS });
    // First bytes at once: the client learns that it is connected before there is any event.
    this.#write(PREAMBLE);
  }

  write(batch: Batch): Promise<void> {
    return this.#write(batch.bytes);
  }

  ping(): void {
    this.#write(PING);
  }

  close(_farewell: Farewell, complete: boolean): void {
    // A reader that was not told everything must not take this for the end of the stream.
    const closed = complete ? this.#writer.close() : this.#writer.abort();
    closed.catch(() => {}); // the peer has gone: there is nobody left to tell
  }

  #write(bytes: Uint8Array): Promise<void> {
    const written = this.#writer.write(bytes);
    written.catch(() => {}); // whoever awaits it learns; a preamble or ping nobody waits for
    return written;
  }
}
