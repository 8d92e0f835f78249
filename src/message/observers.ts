// Those who watch a message. The log is their queue: each is told the next events when it is ready
// for them, at its own pace; those who keep up share what was just written.

import type { Batch } from "./batch.ts";

/** Why an observer is told nothing more. */
export type Farewell = "ended" | "deleted";

/** Anyone watching a message. SSE and WebSocket each adapt to this and to nothing more. */
export interface Observer {
  /** The seq of the last event handed over. */
  after: number;
  /** Where it reads what it has missed; the log itself, unless said. */
  readonly source?: Reader | undefined;
  /**
   * Hands events over. Undefined: ready for more at once. A promise: ready when it resolves; it
   * rejects when the peer has gone or is let go, and then nothing more is written.
   */
  write(batch: Batch): Promise<void> | undefined;
  /** A sign of life, between events only. */
  ping(): void;
  /** Ends the connection, after what was handed over. `complete`: that was everything. */
  close(farewell: Farewell, complete: boolean): void;
}

/** A silent line is cut by proxies after 30 to 60 s. */
const PING_AFTER_MS = 15_000;

interface Watch {
  observer: Observer;
  /** True while a write is on its way. */
  busy: boolean;
  /** When it was last told anything, in ms. */
  toldAt: number;
}

/** A log, as it is read. */
export interface Reader {
  /** The next events after `seq`, at least one; undefined when there is none yet. */
  after(seq: number): Batch | undefined;
}

/** What observers are fed from. */
export interface Source extends Reader {
  /** True when nothing will follow what is there. */
  ended(): boolean;
}

export class Observers {
  readonly #source: Source;
  readonly #watches = new Map<Observer, Watch>();
  #pinging: number | null = null;

  constructor(source: Source) {
    this.#source = source;
  }

  get size(): number {
    return this.#watches.size;
  }

  /**
   * Replays what is there and goes on live. There is no gap and no repetition, by construction:
   * an observer is only ever told what follows `after`, and nothing is awaited in between.
   */
  join(observer: Observer): void {
    const watch: Watch = { observer, busy: false, toldAt: Date.now() };
    this.#watches.set(observer, watch);
    this.#feed(watch);
    this.#expectSilence();
  }

  leave(observer: Observer): void {
    this.#watches.delete(observer);
    if (this.#watches.size === 0) this.#stopPinging();
  }

  /** Shows what was just written to all who were waiting for it. */
  publish(batch: Batch): void {
    for (const watch of this.#watches.values()) this.#feed(watch, batch);
  }

  /** Lets everybody go at once, whatever they were told so far. */
  dismiss(farewell: Farewell, last: number): void {
    for (const observer of this.#watches.keys()) observer.close(farewell, observer.after >= last);
    this.#watches.clear();
    this.#stopPinging();
  }

  #feed(watch: Watch, newest?: Batch): void {
    const { observer } = watch;
    const { source = this.#source } = observer;
    while (!watch.busy) {
      const batch = newest?.first === observer.after + 1 ? newest : source.after(observer.after);
      if (!batch) {
        if (this.#source.ended()) this.#finish(observer);
        return;
      }
      observer.after = batch.last;
      watch.toldAt = Date.now();
      const written = observer.write(batch);
      if (written) this.#awaitReady(watch, written);
    }
  }

  #awaitReady(watch: Watch, written: Promise<void>): void {
    watch.busy = true;
    written.then(
      () => {
        watch.busy = false;
        if (this.#watches.has(watch.observer)) this.#feed(watch);
      },
      () => this.leave(watch.observer),
    );
  }

  #finish(observer: Observer): void {
    this.leave(observer);
    observer.close("ended", true);
  }

  /** One timer for all: it sleeps until the one that has been told nothing for longest is due. */
  #expectSilence(): void {
    if (this.#pinging !== null || this.#watches.size === 0) return;
    const oldest = Math.min(...Array.from(this.#watches.values(), (watch) => watch.toldAt));
    const dueMs = Math.max(0, oldest + PING_AFTER_MS - Date.now());
    this.#pinging = setTimeout(() => {
      this.#pinging = null;
      this.#pingSilent();
      this.#expectSilence();
    }, dueMs);
  }

  #pingSilent(): void {
    const now = Date.now();
    for (const watch of this.#watches.values()) {
      if (now - watch.toldAt < PING_AFTER_MS) continue;
      watch.toldAt = now;
      if (!watch.busy) watch.observer.ping();
    }
  }

  #stopPinging(): void {
    clearTimeout(this.#pinging);
    this.#pinging = null;
  }
}
