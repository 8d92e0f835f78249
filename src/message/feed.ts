// The log of a message and those who watch it: what is written is shown, and nothing else is.

import type { Problem } from "../protocol/errors.ts";
import type { LoggedEvent, StreamEvent } from "../protocol/event.ts";
import { hideParts, type Part } from "../protocol/hiding.ts";
import type { Grant } from "../protocol/token.ts";
import type { Batch } from "./batch.ts";
import { EventLog } from "./log.ts";
import { type Farewell, type Observer, Observers } from "./observers.ts";
import { Snapshots } from "./snapshots.ts";

/** How soon a refused observer may try again, in seconds. */
const RETRY_SECONDS = 5;

export class Feed {
  readonly #log: EventLog;
  readonly #observers: Observers;
  readonly #opened = Promise.withResolvers<void>();
  /** Resolves with the first event. */
  readonly opened = this.#opened.promise;
  /** The log with its deltas merged. */
  readonly snapshots: Snapshots;

  /** `ended` tells whether nothing will follow what is there. */
  constructor(sql: SqlStorage, ended: () => boolean) {
    this.#log = new EventLog(sql);
    this.snapshots = new Snapshots(this.#log);
    this.#observers = new Observers({ after: (seq) => this.after(seq), ended });
    if (this.last > 0) this.#opened.resolve();
  }

  /** The seq of the last event that can be shown. */
  get last(): number {
    return this.#log.last;
  }

  get rowsWritten(): number {
    return this.#log.rowsWritten;
  }

  get observers(): number {
    return this.#observers.size;
  }

  /** Why nobody more may watch; undefined while they are fewer than `limit`. */
  crowded(limit: number): Problem | undefined {
    if (this.observers < limit) return undefined;
    return { reason: "too_many_observers", limit, retryAfterSeconds: RETRY_SECONDS };
  }

  /** True when a message was begun, however it ended. */
  get hasMessage(): boolean {
    return this.after(0)?.events[0]?.type === "message_start";
  }

  /** The next events after `seq`; undefined at the last. */
  after(seq: number): Batch | undefined {
    return this.#log.after(seq);
  }

  /** All events so far, without the `hidden` parts. */
  *events(hidden: readonly Part[] = []): Generator<StreamEvent> {
    for (const { data } of this.#log.events()) yield hideParts(JSON.parse(data), hidden);
  }

  /** Written down; shown when `show` is given what this returns. Throws as `EventLog.append` does. */
  write(events: readonly LoggedEvent[]): Batch[] {
    return this.#log.append(events);
  }

  show(batches: readonly Batch[]): void {
    for (const batch of batches) this.#observers.publish(batch);
    this.#opened.resolve();
  }

  join(observer: Observer, grant?: Grant): void {
    this.#observers.join(observer, grant);
  }

  leave(observer: Observer): void {
    this.#observers.leave(observer);
  }

  /** Ends the connections that were opened with a token. */
  revoke(): void {
    this.#observers.revoke();
  }

  dismiss(farewell: Farewell): void {
    this.#observers.dismiss(farewell, this.last);
  }
}
