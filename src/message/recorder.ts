// What a run says, on its way into the log: checked against the grammar of a message, numbered,
// and gathered so that events which arrive together are written together.

import type { LoggedEvent, OutgoingEvent, StreamEvent } from "../protocol/event.ts";
import { toOutgoing } from "../protocol/event.ts";
import { advance, closeBlocks, NOTHING_YET, type Progress } from "../protocol/progress.ts";
import { UpstreamFailure } from "../providers/failure.ts";

/** The floor between writes follows the time a write takes to be confirmed, up to this, in ms. */
const MAX_FLOOR_MS = 1_000;
/** Where commits are slow, they are also what slows everything else down: leave two thirds to that. */
const FLOOR_PER_COMMIT = 3;
/** How much the newest commit counts in the recent commit time. */
const SMOOTHING = 0.2;

/** Unwritten text past this, in UTF-16 units, holds the run up until a write is confirmed. */
const MAX_PENDING_LENGTH = 2 * 1024 * 1024;

export interface Writing {
  /** Writes the events and shows them; must not await in between. */
  commit(events: LoggedEvent[]): void;
  /** Resolves when what was written is confirmed. */
  confirmed(): Promise<void>;
  /** Now, in ms. */
  now(): number;
}

export class Recorder {
  readonly #writing: Writing;
  readonly #intervalMs: () => number;
  #progress: Progress;
  #seq: number;
  #begun = false;
  #pending: LoggedEvent[] = [];
  #pendingLength = 0;
  #urgent = false;
  #lastType: string | undefined;
  #sealed = false;
  #timer: number | null = null;
  #inFlight: Promise<void> | undefined;
  #lastFlushAt = Number.NEGATIVE_INFINITY;
  /** The part of a floor that writes which came late have left over for the next. */
  #spared = 0;
  #commitMs = 0;
  /** The upstream's own `message_stop`, kept back: it goes into the log with the end of the run. */
  #farewell: OutgoingEvent | undefined;

  /** `intervalMs` is the least time between writes; `seq` and `progress` are where the log stands: zero and nothing for a new one. */
  constructor(
    writing: Writing,
    intervalMs: () => number,
    seq = 0,
    progress: Progress = NOTHING_YET,
  ) {
    this.#writing = writing;
    this.#intervalMs = intervalMs;
    this.#seq = seq;
    this.#progress = progress;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** True once the turn has said anything that observers have seen or will see. */
  get begun(): boolean {
    return this.#begun;
  }

  /**
   * Takes what arrived together. Resolves when there is room for more: await it before reading on.
   * Throws `UpstreamFailure` for an event that cannot come here, and what `events` throws; what came
   * before it is kept.
   */
  record(events: Iterable<OutgoingEvent>): Promise<void> | undefined {
    if (this.#sealed) return undefined;
    try {
      for (const event of events) this.#take(event);
    } finally {
      this.#schedule();
    }
    return this.#pendingLength > MAX_PENDING_LENGTH ? this.#inFlight : undefined;
  }

  /** From here on another upstream may be asked, until it says something. */
  beginTurn(): void {
    this.#begun = false;
  }

  /** Writes what waits for its time: at once, or with the write that is on its way. */
  hurry(): void {
    this.#urgent ||= this.#pending.length > 0;
    this.#schedule();
  }

  /** Resolves when the log holds all that was said. */
  async flush(): Promise<void> {
    while (this.#pending.length > 0 && !this.#sealed) {
      if (this.#inFlight) await this.#inFlight;
      else this.#commit();
    }
  }

  /** Names the seam after a run that was lost: what it left open is ended first. */
  resume(mode: "continue" | "restart", attempt: number): void {
    const after = this.#seq;
    for (const event of closeBlocks(this.#progress).map(toOutgoing)) this.#append(event);
    this.#append(toOutgoing({ type: "recovery", mode, after, attempt }));
    this.#schedule();
  }

  /** True when the upstream has said that its message is whole. */
  get isComplete(): boolean {
    return this.#farewell !== undefined;
  }

  /**
   * The last events of the log: open blocks are ended, then comes `ending`, or for a complete
   * message the upstream's own end. Nothing is taken afterwards. Whoever asks writes them.
   */
  seal(ending: readonly OutgoingEvent[]): LoggedEvent[] {
    clearTimeout(this.#timer);
    this.#sealed = true;
    for (const event of closeBlocks(this.#progress).map(toOutgoing)) this.#append(event);
    for (const event of ending) this.#append(event);
    if (ending.length === 0) this.#append(this.#farewell ?? toOutgoing({ type: "message_stop" }));
    return this.#drain();
  }

  #take(outgoing: OutgoingEvent): void {
    if (this.#farewell) return;
    const { event } = outgoing;
    if (this.#isBelated(event)) return;
    if (event.type === "message_delta") {
      for (const stop of closeBlocks(this.#progress).map(toOutgoing)) this.#append(stop);
    }
    if (event.type === "message_stop") {
      this.#step(outgoing);
      this.#farewell = outgoing;
    } else {
      this.#append(outgoing);
    }
    this.#begun = true;
  }

  /** The end of a block that was ended here, as its message was concluded before it. */
  #isBelated(event: StreamEvent): boolean {
    const { concluded, open, nextIndex } = this.#progress;
    if (event.type !== "content_block_stop" || !concluded) return false;
    return event.index < nextIndex && !open.includes(event.index);
  }

  #append(outgoing: OutgoingEvent): void {
    this.#step(outgoing);
    const { event, data } = outgoing;
    this.#seq += 1;
    this.#pending.push({ seq: this.#seq, type: event.type, data });
    this.#pendingLength += data.length;
    const firstOfBlock = this.#lastType === "content_block_start";
    if (this.#seq === 1 || firstOfBlock || event.type === "content_block_stop") this.#urgent = true;
    this.#lastType = event.type;
  }

  #step({ event }: OutgoingEvent): void {
    const progress = advance(this.#progress, event);
    if (typeof progress === "string") {
      throw new UpstreamFailure(
        "api_error",
        `The upstream broke the order of events: ${progress}.`,
      );
    }
    this.#progress = progress;
  }

  /** Flushes now or as soon as the floor allows; at most one write is on its way at a time. */
  #schedule(): void {
    if (this.#pending.length === 0 || this.#inFlight || this.#sealed) return;
    const hurried = this.#urgent || this.#pendingLength > MAX_PENDING_LENGTH;
    if (this.#timer !== null && !hurried) return; // set for the same moment, and dear to set again
    const waitMs = hurried ? 0 : this.#waitMs;
    if (waitMs > 0) this.#timer = setTimeout(() => this.#commit(), waitMs);
    else this.#commit();
  }

  get #floorMs(): number {
    return Math.max(this.#intervalMs(), Math.min(MAX_FLOOR_MS, this.#commitMs * FLOOR_PER_COMMIT));
  }

  /** Until a write has its floor, or what others have spared of theirs. */
  get #waitMs(): number {
    const floorMs = this.#floorMs;
    return Math.ceil((1 - this.#spared - this.#floorsAt(this.#writing.now(), floorMs)) * floorMs);
  }

  /** How often the floor has passed since the last write. A clock that was set back has stood still. */
  #floorsAt(now: number, floorMs: number): number {
    return floorMs > 0 ? Math.max(0, now - this.#lastFlushAt) / floorMs : 1;
  }

  #commit(): void {
    clearTimeout(this.#timer);
    this.#timer = null;
    const startedAt = this.#writing.now();
    // No more than one, as in a bucket of one token: in the long run a write has its whole floor.
    const floors = this.#floorsAt(startedAt, this.#floorMs);
    this.#spared = Math.min(1, Math.max(0, this.#spared + floors - 1));
    this.#lastFlushAt = startedAt;
    this.#writing.commit(this.#drain());
    this.#inFlight = this.#writing.confirmed().then(() => {
      // Within what makes a difference: the clock may have been set meanwhile.
      const tookMs = Math.min(MAX_FLOOR_MS, Math.max(0, this.#writing.now() - startedAt));
      this.#commitMs += (tookMs - this.#commitMs) * SMOOTHING;
      this.#inFlight = undefined;
      this.#schedule();
    });
  }

  #drain(): LoggedEvent[] {
    const events = this.#pending;
    this.#pending = [];
    this.#pendingLength = 0;
    this.#urgent = false;
    return events;
  }
}
