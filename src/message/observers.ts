// Those who watch a message. The log is their queue: each is told the next events when it is ready
// for them, at its own pace; those who keep up share what was just written.

import type { Grant } from "../protocol/token.ts";
import type { Batch } from "./batch.ts";

/** Why an observer is told nothing more. */
export type Farewell = "ended" | "deleted" | "revoked" | "expired";

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
  /** That of the token it watches with; none with a key. */
  grant: Grant | undefined;
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
  #timer: number | null = null;
  /** When the timer rings, in ms. */
  #wakesAt = Number.POSITIVE_INFINITY;

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
  join(observer: Observer, grant?: Grant): void {
    const watch: Watch = { observer, grant, busy: false, toldAt: Date.now() };
    this.#watches.set(observer, watch);
    this.#feed(watch);
    if (this.#watches.has(observer)) this.#wakeFor([watch]);
  }

  leave(observer: Observer): void {
    this.#watches.delete(observer);
    if (this.#watches.size === 0) this.#sleep();
  }

  /** Lets those go who watch with a token. */
  revoke(): void {
    for (const { observer, grant } of this.#watches.values()) {
      if (grant) this.#release(observer, "revoked", false);
    }
  }

  /** Shows what was just written to all who were waiting for it. */
  publish(batch: Batch): void {
    for (const watch of this.#watches.values()) this.#feed(watch, batch);
  }

  /** Lets everybody go at once, whatever they were told so far. */
  dismiss(farewell: Farewell, last: number): void {
    for (const observer of this.#watches.keys()) observer.close(farewell, observer.after >= last);
    this.#watches.clear();
    this.#sleep();
  }

  #feed(watch: Watch, newest?: Batch): void {
    const { observer, grant } = watch;
    const { source = this.#source } = observer;
    while (!watch.busy) {
      const batch = newest?.first === observer.after + 1 ? newest : source.after(observer.after);
      if (!batch) {
        if (this.#source.ended()) this.#release(observer, "ended", true);
        return;
      }
      observer.after = batch.last;
      watch.toldAt = Date.now();
      const written = observer.write(grant ? batch.without(grant.hide) : batch);
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

  #release(observer: Observer, farewell: Farewell, complete: boolean): void {
    this.leave(observer);
    observer.close(farewell, complete);
  }

  /** One timer for all: it rings when the first of them is due. */
  #wakeFor(watches: Iterable<Watch>): void {
    const dueAt = Math.min(...Array.from(watches, dueOf));
    if (dueAt >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = dueAt;
    this.#timer = setTimeout(() => this.#tend(), Math.max(0, dueAt - Date.now()));
  }

  /**
   * Ends what is at its end, and tells those who were told nothing for long that the line lives. A
   * clock that was set back counts as passed.
   */
  #tend(): void {
    const now = Date.now();
    for (const watch of this.#watches.values()) {
      if (watch.grant && now >= watch.grant.expiresAt) {
        this.#release(watch.observer, "expired", false);
      } else if (now - watch.toldAt >= PING_AFTER_MS || now < watch.toldAt) {
        watch.toldAt = now;
        if (!watch.busy) watch.observer.ping();
      }
    }
    this.#sleep();
    this.#wakeFor(this.#watches.values());
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#wakesAt = Number.POSITIVE_INFINITY;
  }
}

/** When a watch has to be looked after, in ms. */
function dueOf({ toldAt, grant }: Watch): number {
  return Math.min(toldAt + PING_AFTER_MS, grant?.expiresAt ?? Number.POSITIVE_INFINITY);
}
