// What a message does after its end: it tells its webhook, attempt after attempt, each written down
// before it is made, and expires. When attempts are made, and what their answers mean, is decided in
// webhooks/.

import { type Env, settingsOf } from "../env.ts";
import { judgeKind } from "../protocol/addresses.ts";
import type { Message } from "../protocol/event.ts";
import { isTerminal, type Terminal } from "../protocol/state.ts";
import { deliver } from "../webhooks/delivery.ts";
import { toPayload } from "../webhooks/payload.ts";
import {
  type Answer,
  ATTEMPT_TIMEOUT_MS,
  begin,
  conclude,
  type Delivery,
  type Moment,
} from "../webhooks/schedule.ts";
import type { MessageRecord } from "./record.ts";

export interface Life {
  ctx: DurableObjectState;
  env: Env;
  record: MessageRecord;
  message(): Message;
}

export class Afterlife {
  readonly #life: Life;
  readonly #stopped = new AbortController();

  constructor(life: Life) {
    this.#life = life;
  }

  /** What is due at the end and when the alarm rings: `expired` when the time of the message has passed. */
  look(): "expired" | "watched" {
    if (Date.now() >= this.#expiresAt) return "expired";
    if (Date.now() >= this.#attemptAt) this.#tell();
    this.#setAlarm();
    return "watched";
  }

  /** Ends an attempt under way; no other follows. */
  stop(): void {
    this.#stopped.abort();
  }

  get #expiresAt(): number {
    const { opening, account } = this.#life.record;
    return (account.endedAt ?? Date.now()) + opening.retentionSeconds * 1000;
  }

  /** When the next attempt is due; never, where there is none. */
  get #attemptAt(): number {
    return this.#life.record.account.webhook?.nextAttemptAt ?? Number.POSITIVE_INFINITY;
  }

  #setAlarm(): void {
    this.#life.ctx.storage.setAlarm(Math.min(this.#expiresAt, this.#attemptAt));
  }

  /** Nothing waits for the attempt: neither the expiry nor a deletion. */
  #tell(): void {
    const { state, account } = this.#life.record;
    if (this.#stopped.signal.aborted || !account.webhook || !isTerminal(state)) return;
    const delivery = begin(account.webhook, moment());
    this.#save(delivery);
    if (delivery.state === "pending") this.#life.ctx.waitUntil(this.#attempt(delivery, state));
    else this.#report(delivery);
  }

  async #attempt(delivery: Delivery, state: Terminal): Promise<void> {
    // Neither an end nor a count that a crash could take back.
    await this.#life.ctx.storage.sync();
    const answer = await this.#ask(delivery, state);
    if (this.#stopped.signal.aborted) return; // what is stored now may be another message's
    const concluded = conclude(delivery, answer, moment());
    this.#save(concluded);
    this.#setAlarm();
    this.#report(concluded);
  }

  async #ask({ id, url }: Delivery, state: Terminal): Promise<Answer> {
    try {
      const { ALLOWED_HOSTS, WEBHOOK_SECRET: secrets } = settingsOf(this.#life.env);
      const isOpen = url !== null && judgeKind("webhook", url, ALLOWED_HOSTS) === undefined;
      if (!isOpen) return "forbidden";
      if (secrets.length === 0) return "unreachable"; // never unsigned; it may be set again
      const { signal } = this.#stopped;
      const body = this.#toBody(state);
      return await deliver({ url, id, body, secrets, timeoutMs: ATTEMPT_TIMEOUT_MS, signal });
    } catch (error) {
      console.error("a webhook could not be delivered", error);
      return "unreachable";
    }
  }

  #toBody(state: Terminal): string {
    const { opening, account } = this.#life.record;
    return toPayload({
      messageId: opening.messageId,
      state,
      endedAt: account.endedAt ?? account.updatedAt,
      stopReason: account.stopReason,
      usage: account.usage,
      correlationId: opening.correlationId,
      metadata: opening.requestMetadata,
      message: this.#life.message(),
    });
  }

  #save(webhook: Delivery): void {
    const { record } = this.#life;
    record.account = { ...record.account, webhook };
    record.save();
  }

  /** One line for each attempt. Nothing of the address is in it. */
  #report({ id, state, attempts, lastStatus }: Delivery): void {
    const { messageId, tenant, correlationId } = this.#life.record.opening;
    console.log(
      JSON.stringify({
        event: "webhook",
        message_id: messageId,
        tenant,
        correlation_id: correlationId,
        webhook_id: id,
        state,
        attempts,
        status: lastStatus,
      }),
    );
  }
}

function moment(): Moment {
  return { random: Math.random(), now: Date.now() };
}
