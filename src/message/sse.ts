// Watching over Server-Sent Events.

import { concat } from "../lib/bytes.ts";
import { whenAborted } from "../lib/when-aborted.ts";
import { SSE_PING, SSE_PREAMBLE } from "../protocol/frame.ts";
import type { Grant } from "../protocol/token.ts";
import type { Batch } from "./batch.ts";
import type { Farewell, Observer, Reader } from "./observers.ts";

const encoder = new TextEncoder();
const NOTHING = new Uint8Array();

/** Of every answer that is an event stream. */
export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no", // nginx would otherwise keep events until a buffer is full
};

/** How a log is told over an event stream. */
export interface Dialect {
  headers: Record<string, string>;
  /** First bytes, sent at once. May be none. */
  preamble: Uint8Array;
  /** A sign of life. */
  ping: Uint8Array;
  /** Undefined where there is nothing to tell of a batch. */
  encode(batch: Batch): Uint8Array | undefined;
  /** What follows the last event. */
  farewell?(): Uint8Array | undefined;
}

/** What one reader is told: from where, in what words, and where what it missed is read. */
export interface View {
  after: number;
  dialect: Dialect;
  source?: Reader | undefined;
}

/** The events as they are. */
export const EVENTS: Dialect = {
  headers: SSE_HEADERS,
  preamble: encoder.encode(SSE_PREAMBLE),
  ping: encoder.encode(SSE_PING),
  encode: (batch) => batch.bytes,
};

/**
 * An observer and the response whose body it writes. Each write to an identity stream waits for
 * the storage writes before it to be confirmed, and resolves when the reader has taken it.
 */
export class SseObserver implements Observer {
  after: number;
  readonly source: Reader | undefined;
  readonly response: Response;
  readonly #dialect: Dialect;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  /** What goes before all else; empty once it went. */
  #preamble: Uint8Array;

  constructor({ after, dialect, source }: View) {
    this.after = after;
    this.source = source;
    this.#dialect = dialect;
    this.#preamble = dialect.preamble;
    const { readable, writable } = new IdentityTransformStream();
    this.#writer = writable.getWriter();
    this.response = new Response(readable, { headers: dialect.headers });
    // The client learns that it is connected before there is any event; where there is one, by it.
    queueMicrotask(() => this.#write(NOTHING));
  }

  write(batch: Batch): Promise<void> | undefined {
    return this.#write(this.#dialect.encode(batch));
  }

  ping(): void {
    this.#write(this.#dialect.ping);
  }

  close(_farewell: Farewell, complete: boolean): void {
    if (complete) this.#write(this.#dialect.farewell?.() ?? NOTHING);
    // A reader that was not told everything must not take this for the end of the stream.
    const closed = complete ? this.#writer.close() : this.#writer.abort();
    closed.catch(() => {}); // the peer has gone: there is nobody left to tell
  }

  #write(bytes: Uint8Array | undefined): Promise<void> | undefined {
    if (bytes === undefined) return undefined;
    const whole = this.#preamble.length > 0 ? concat([this.#preamble, bytes]) : bytes;
    this.#preamble = NOTHING;
    if (whole.length === 0) return undefined;
    const written = this.#writer.write(whole);
    written.catch(() => {}); // whoever awaits it learns; a preamble or ping nobody waits for
    return written;
  }
}

/** A log, as far as observers come to it and go. */
interface Watched {
  join(observer: Observer, grant?: Grant): void;
  leave(observer: Observer): void;
}

/** Answers with what `log` tells, for as long as both last. */
export function watch(log: Watched, { signal }: Request, view: View, grant?: Grant): Response {
  const observer = new SseObserver(view);
  log.join(observer, grant);
  whenAborted(signal, () => log.leave(observer));
  return observer.response;
}
