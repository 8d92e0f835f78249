// One message that was started: its record, its log, the run that fills it and those who watch.
// Everything durable about an end happens in one synchronous block, so that it is one transaction.

import type { Env } from "../env.ts";
import type { Problem } from "../protocol/errors.ts";
import { type LoggedEvent, type Message, toOutgoing } from "../protocol/event.ts";
import type { Part } from "../protocol/hiding.ts";
import { NOTHING_YET, type Progress, progressOf, usageSoFar } from "../protocol/progress.ts";
import { emptyMessage, fold } from "../protocol/snapshot.ts";
import { isTerminal, next, type Signal, type Status } from "../protocol/state.ts";
import type { Grant } from "../protocol/token.ts";
import { turnsBegun } from "../protocol/turns.ts";
import { toResultEvents, toUnknownResult } from "../tools/blocks.ts";
import type { McpSessions } from "../tools/mcp/mcp.ts";
import { forgetSearches } from "../tools/search/search-index.ts";
import { closeAccount, recovered } from "./account.ts";
import { Afterlife } from "./afterlife.ts";
import type { Batch } from "./batch.ts";
import { endingOf } from "./ending.ts";
import { Feed } from "./feed.ts";
import { flushInterval } from "./flush-interval.ts";
import type { Observer } from "./observers.ts";
import type { MessageRecord, Opening } from "./record.ts";
import { Recorder } from "./recorder.ts";
import { planRecovery, type Recovery } from "./recovery.ts";
import { carryOut, isContinuable } from "./run.ts";
import { type MessageStatus, toReport, toStatus } from "./status.ts";
import { UsedContainer } from "./used-container.ts";

/** How often a run that lives is looked after; a run that died is found so much later at most. */
const WATCHDOG_MS = 30_000;

export class Completion {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #record: MessageRecord;
  readonly #afterlife: Afterlife;
  readonly container: UsedContainer;
  /** What there is to see of it. */
  readonly feed: Feed;
  readonly #cancelled = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  /** Resolves with the last event. */
  readonly ended = this.#ended.promise;
  #recorder: Recorder;
  #erasing = false;
  #recovery: Recovery | undefined;

  constructor(ctx: DurableObjectState, env: Env, record: MessageRecord) {
    this.#ctx = ctx;
    this.#env = env;
    this.#record = record;
    this.feed = new Feed(ctx.storage.sql, () => this.isEnded && !this.#erasing);
    this.#afterlife = new Afterlife({ ctx, env, record, message: () => this.toMessage() });
    this.container = new UsedContainer({ ctx, env, record });
    this.#recorder = this.#createRecorder(NOTHING_YET);
    if (this.isEnded) this.#ended.resolve();
  }

  get opening(): Opening {
    return this.#record.opening;
  }

  get status(): Status {
    return this.#record.state.status;
  }

  get isEnded(): boolean {
    return isTerminal(this.#record.state);
  }

  get isErased(): boolean {
    return this.#erasing;
  }

  /** The seq of the last event that can be shown. */
  get last(): number {
    return this.feed.last;
  }

  /** Another message of the same id has another tag. */
  get tag(): string {
    return this.opening.createdAt.toString(36);
  }

  /** The next events after `seq`; undefined at the last. */
  after(seq: number): Batch | undefined {
    return this.feed.after(seq);
  }

  /** The problem to answer with where nothing of a message was ever said. */
  get problem(): Problem | undefined {
    return this.#record.state.status === "error" ? this.#record.state.problem : undefined;
  }

  /** Starts the run. It goes on without anybody waiting for it. `sessions` are those of the listing. */
  begin(sessions?: McpSessions): void {
    this.#watch();
    this.#ctx.waitUntil(this.#run(sessions));
  }

  /** After the object was away: a run that should be going and is not has died with it. */
  recover(): void {
    const { account, state } = this.#record;
    if (isTerminal(state)) return;
    const message = this.toMessage();
    const progress = progressOf(this.feed.events());
    this.#record.account = recovered(account, message.content, state.attempt);
    this.#recorder = this.#createRecorder(progress);
    const recovery = planRecovery({
      progress,
      message,
      onInterrupt: this.#record.asked().request.on_interrupt ?? "continue",
      continuable: isContinuable({ env: this.#env, record: this.#record }),
    });
    const signal: Signal =
      recovery.mode === "finish"
        ? { type: "completed" }
        : { type: "lost", resumable: recovery.mode !== "give_up", turn: progress.turns.ended };
    const after = next(state, signal);
    if (isTerminal(after)) {
      this.#settle(signal);
      return;
    }
    // Counted before it begins: a run that takes its object down with it must not go on for ever.
    this.#record.state = after;
    this.#record.save();
    this.#recovery = recovery;
    if (recovery.mode === "continue" || recovery.mode === "restart") {
      this.#recorder.resume(recovery.mode, after.attempt);
    } else if (recovery.mode === "proceed") {
      // A tool may have done its work before the end came: it is not asked to do it twice.
      const results = progress.turns.due.map(toUnknownResult);
      this.#recorder.record(toResultEvents(results, progress.nextIndex).map(toOutgoing));
    }
    this.begin();
  }

  /** What a token of this message must name. */
  get epoch(): number {
    return this.#record.epoch;
  }

  /** Whether a token counts still. Who has a key comes without a grant. */
  admits(grant: Grant | undefined): boolean {
    return !grant || (grant.epoch === this.#record.epoch && Date.now() < grant.expiresAt);
  }

  /** Makes every token void and ends the connections that were opened with one. */
  revokeTokens(): void {
    this.#record.beginEpoch();
    this.feed.revoke();
  }

  /** Somebody wants to know: the log is brought up to what has been said. */
  catchUp(): void {
    this.#recorder.hurry();
  }

  join(observer: Observer, grant?: Grant): void {
    this.feed.join(observer, grant);
    this.catchUp();
  }

  leave(observer: Observer): void {
    this.feed.leave(observer);
  }

  toStatus(): MessageStatus {
    const { opening, state, account } = this.#record;
    return toStatus(opening, state, account, {
      lastEventId: this.feed.last,
      observers: this.feed.observers,
      usage: this.isEnded ? account.usage : usageSoFar(this.#recorder.progress),
      turns: this.isEnded ? account.turns : this.#turns,
      now: Date.now(),
    });
  }

  get #turns(): number {
    const { turns, nextIndex } = this.#recorder.progress;
    return turnsBegun(turns, nextIndex);
  }

  /** The message so far, without the `hidden` parts: partial while it runs, final afterwards. */
  toMessage(hidden: readonly Part[] = []): Message {
    const { messageId, model } = this.#record.opening;
    return fold(emptyMessage(messageId, model), this.feed.events(hidden));
  }

  /** Stops the run, upstream included, and keeps what there is. Changes nothing after the end. */
  cancel(): void {
    // The upstream had already said its last word: then the message is whole, not cut short.
    this.#settle({ type: this.#recorder.isComplete ? "completed" : "cancelled" });
  }

  /** Ends everything there is of this message, in memory and in storage. The id is free again. */
  async erase(): Promise<void> {
    this.#erasing = true;
    this.#afterlife.stop();
    this.cancel();
    this.feed.dismiss("deleted");
    await this.#ctx.storage.deleteAll();
  }

  /** What is due when the alarm rings: `expired` when the time of this message has passed. */
  look(): "expired" | "watched" {
    if (this.isEnded) return this.#afterlife.look();
    this.#watch();
    this.container.renew();
    return "watched";
  }

  #watch(): void {
    this.#ctx.storage.setAlarm(Date.now() + WATCHDOG_MS);
  }

  async #run(sessions: McpSessions | undefined): Promise<void> {
    // Whoever started it is answered first: a run does much before it first waits for anything.
    await scheduler.wait(0);
    if (this.isEnded) return sessions?.close();
    const { end, close } = await carryOut({
      env: this.#env,
      sql: this.#ctx.storage.sql,
      record: this.#record,
      recorder: this.#recorder,
      cancelled: this.#cancelled.signal,
      recovery: this.#recovery,
      content: () => this.toMessage().content,
      kept: () => this.container.told,
      sessions,
    });
    this.#settle(end);
    await close();
  }

  #createRecorder(progress: Progress): Recorder {
    const writing = {
      commit: (events: LoggedEvent[]) => this.#commit(events),
      confirmed: () => this.#ctx.storage.sync(),
      now: () => Date.now(),
    };
    const intervalMs = () => flushInterval(this.#env, this.feed.observers > 0);
    return new Recorder(writing, intervalMs, this.feed.last, progress);
  }

  /** Written, then shown: what is sent after the write waits until it is confirmed. */
  #commit(events: LoggedEvent[]): void {
    const { account } = this.#record;
    account.updatedAt = Date.now();
    if (account.firstEventAt === null) {
      account.firstEventAt = Date.now();
      this.#record.save();
    }
    this.feed.show(this.feed.write(events));
  }

  /** The end, if it is one: the last events, the state and the time to expire, in one transaction. */
  #settle(signal: Signal): void {
    const record = this.#record;
    const state = next(record.state, signal);
    if (this.isEnded || !isTerminal(state)) return;
    const { progress } = this.#recorder;
    const account = closeAccount(record.account, state, progress, Date.now());
    const isTold = state.status === "cancelled" && !this.#erasing;
    const container = isTold ? this.container.keep() : undefined;
    const events = this.#recorder.seal(endingOf(state, progress, record.opening, container));
    const batches = this.#writeEnd(() => {
      const written = this.feed.write(events);
      record.conclude(state, account);
      forgetSearches(this.#ctx.storage.sql);
      return written;
    });
    this.#afterlife.look();
    this.feed.show(batches);
    this.#ended.resolve();
    this.#cancelled.abort();
    const log = { events: this.feed.last, rows: this.feed.rowsWritten };
    console.log(JSON.stringify(toReport(record.opening, state, account, log)));
  }

  /** An end that cannot be written is none: what is stored is what the object's next life begins with. */
  #writeEnd<Result>(write: () => Result): Result {
    try {
      return this.#ctx.storage.transactionSync(write);
    } catch (error) {
      console.error("the end of a run could not be written", error);
      this.#ctx.abort("the end of a run could not be written");
      throw error;
    }
  }
}
