// Somebody who watches a message: joins anywhere, reads at a pace of its own, leaves and comes back to
// where it was, and at the end has seen everything from there on, each event once and in order.

import { setTimeout as delay } from "node:timers/promises";
import { type Connection, type Ended, readSocket, readSse } from "./connection.ts";
import type { Dice } from "./dice.ts";
import type { Stage } from "./stage.ts";
import type { Truth } from "./truth.ts";
import { Late, within } from "./within.ts";

/** No message of the soak takes as long as this, a kill or two included. */
const MAX_WATCH_MS = 75_000;
/** For a connection to notice that its time is over. */
const GRACE_MS = 2_000;
const COME_BACK_MS = 50;
/** Of a slow reader: it is to be slow, not late. */
const MAX_PAUSES = 150;

/** How one visit ended: the observer is done with the message, or comes back. */
type Next = "done" | "again";

export class Observer {
  readonly #stage: Stage;
  readonly #truth: Truth;
  readonly #dice: Dice;
  readonly #deadline = AbortSignal.timeout(MAX_WATCH_MS);
  readonly #transport: "sse" | "websocket";
  readonly #isSlow: boolean;
  #leavesLeft: number;
  #pausesLeft = MAX_PAUSES;
  #visitedAt = 0;
  #connectedAt: number | undefined;
  /** The last id it has seen; before it has seen any, where it joins. */
  #after: number | "now";

  /** `calmly`: over SSE, from the first event to the last, without leaving. */
  constructor(stage: Stage, truth: Truth, dice: Dice, calmly = false) {
    this.#stage = stage;
    this.#truth = truth;
    this.#dice = dice;
    this.#transport = calmly || dice.chance(0.5) ? "sse" : "websocket";
    this.#isSlow = !calmly && this.#transport === "sse" && dice.chance(0.15);
    this.#leavesLeft = calmly ? 0 : dice.pick([0, 0, 1, 2, 4]);
    this.#after = calmly ? 0 : dice.pick([0, 0, 0, "now", dice.int(0, truth.last)]);
  }

  /** Watches to the end of the message, or until it has been deleted. */
  async watch(onFirst = (): void => {}): Promise<void> {
    await within(MAX_WATCH_MS + GRACE_MS, () => this.#watch(onFirst)).catch((error: unknown) => {
      if (error instanceof Late) return this.#tellHang();
      throw error;
    });
  }

  async #watch(onFirst: () => void): Promise<void> {
    let first: (() => void) | undefined = onFirst;
    this.#stage.figures.count(`observers ${this.#transport}${this.#isSlow ? " slow" : ""}`);
    for (let visit = 0; ; visit += 1) {
      const url = await this.#stage.world.url();
      if (visit > 0 && this.#truth.isDeleting) return; // the id may be another message by now
      if (visit > 0) this.#stage.figures.count("reconnects");
      const next = await this.#visit(url, () => {
        first?.();
        first = undefined;
      });
      if (next === "done") return;
      if (this.#deadline.aborted) {
        await this.#tellHang();
        return;
      }
      await delay(COME_BACK_MS);
    }
  }

  async #visit(url: string, onEvent: () => void): Promise<Next> {
    const startedAt = Date.now();
    this.#visitedAt = startedAt;
    this.#connectedAt = undefined;
    const connection = this.#connect(url);
    const leavesAfter = this.#leavesLeft > 0 ? this.#dice.int(0, 30) : Number.POSITIVE_INFINITY;
    let told = 0;
    for (;;) {
      const { done, value } = await connection.next();
      if (done) return this.#judgeEnd(value, startedAt);
      if (!value) {
        this.#connectedAt = Date.now();
        // Connected only after somebody began to delete: to this message, or to the next of its name.
        if (this.#truth.isDeleting) return this.#leave(connection, "done");
        continue;
      }
      this.#check(value.seq);
      this.#truth.see(value);
      this.#after = value.seq;
      this.#stage.figures.count("events");
      onEvent();
      told += 1;
      if (told > leavesAfter) {
        this.#leavesLeft -= 1;
        return this.#leave(connection, "again");
      }
      if (this.#isSlow && told % 8 === 0 && this.#pausesLeft > 0) {
        this.#pausesLeft -= 1;
        await delay(this.#dice.int(20, 200));
      }
    }
  }

  /** With what helps to find out who is to blame: the service, or a line that nobody cut. */
  async #tellHang(): Promise<void> {
    const { world, caller } = this.#stage;
    const { id } = this.#truth;
    const path = `/v1/messages/async/${id}/status`;
    const answer = await caller.try({ path, expect: [200, 404], messageId: id });
    const visit = Date.now() - this.#visitedAt;
    const what = [
      `no end after ${MAX_WATCH_MS} ms of watching over ${this.#transport}, seen ${this.#after}`,
      `last visit ${visit} ms ago, ${this.#connectedAt ? "connected" : "never connected"}`,
      `${world.killsSince(this.#visitedAt)} kills since; status ${answer?.text}`,
    ];
    this.#truth.broken("nothing hangs", what.join("; "), this.#truth.log.slice(-2));
  }

  async #leave(connection: Connection, next: Next): Promise<Next> {
    await connection.return({ kind: "broken" });
    return next;
  }

  #connect(url: string): Connection {
    const stream = `${url}/v1/messages/async/${this.#truth.id}/stream`;
    const after = this.#after;
    const query = after === "now" ? "?from=now" : after === 0 ? "" : `?starting_after=${after}`;
    if (this.#transport === "websocket") return readSocket(stream + query, this.#deadline);
    const byHeader = after !== "now" && this.#dice.chance(0.5);
    return byHeader
      ? readSse(stream, { "last-event-id": `${after}` }, this.#deadline)
      : readSse(stream + query, {}, this.#deadline);
  }

  #check(seq: number): void {
    if (this.#after === "now" ? seq >= 1 : seq === this.#after + 1) return;
    this.#truth.broken("1 order", `${seq} came after ${this.#after} over ${this.#transport}`);
  }

  #judgeEnd(ended: Ended, startedAt: number): Next {
    const { world, figures } = this.#stage;
    const truth = this.#truth;
    const isExcused = world.disturbed(startedAt) || truth.isDeleting || this.#deadline.aborted;
    const at = `after ${this.#after} over ${this.#transport}`;
    switch (ended.kind) {
      case "complete":
        if (this.#after === "now" ? truth.hasEnded : truth.isEnd(this.#after)) return "done";
        if (this.#after === "now" || truth.isDeleting) return "done"; // its end is not seen here
        truth.broken("3 one end", `the stream ended ${at}, which is no end`);
        return "done";
      case "broken":
        if (!isExcused) truth.broken("answers as expected", `the connection broke ${at}`);
        return "again";
      case "closed":
        figures.count(`closed ${ended.code}`);
        if (ended.code === 4404 && truth.isDeleting) return "done";
        if (ended.code === 4408) return "again";
        if (!isExcused) truth.broken("answers as expected", `closed with ${ended.code} ${at}`);
        return "again";
      case "refused":
        return this.#judgeRefusal(ended.status, ended.text, isExcused, at);
    }
  }

  #judgeRefusal(status: number, text: string, isExcused: boolean, at: string): Next {
    const truth = this.#truth;
    if (status === 204) {
      if (this.#after !== "now" && !truth.isEnd(this.#after)) {
        truth.broken("3 one end", `nothing more is said to follow ${at}`);
      }
      return "done";
    }
    if (status === 404 && truth.isDeleting) return "done";
    if (isExcused && (status === 0 || status >= 500)) return "again";
    const law = status === 404 || status === 422 ? "2 written, then shown" : "answers as expected";
    truth.broken(law, `refused ${at}: ${status} ${text.slice(0, 300)}`);
    return status === 0 ? "again" : "done";
  }
}
