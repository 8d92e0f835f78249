// The whole of it: lives one after the other on as many tracks as may be alive at once, kills in
// between, and at the end a second look at everything that is there.

import { setTimeout as delay } from "node:timers/promises";
import { Caller } from "./caller.ts";
import { Dice } from "./dice.ts";
import type { Figures } from "./figures.ts";
import type { Findings } from "./findings.ts";
import { begin, find, type Ghost } from "./ghost.ts";
import { live } from "./life.ts";
import { misuse } from "./misuse.ts";
import type { Options } from "./options.ts";
import { Seats, type Stage } from "./stage.ts";
import { call } from "./synchronous.ts";
import { judgeAgain, type Kept } from "./verdict.ts";
import type { World } from "./world.ts";

/** Kills come before this part of the time is over: what they leave behind takes a while to be found. */
const KILLING_PART = 0.6;
/** Tracks do not all begin in the same moment. */
const MAX_LATE_MS = 2_000;
/** Messages looked at again, and unwatched ones begun. */
const MAX_AGAIN = 400;
const MAX_GHOSTS = 200;
const AT_ONCE = 12;

export class Soak {
  readonly #options: Options;
  readonly #stage: Stage;
  readonly #dice: Dice;
  readonly #kept: Kept[] = [];
  readonly #ghosts: Ghost[] = [];
  readonly #stopping = new AbortController();
  #lives = 0;
  readonly #alive = new Set<string>();

  constructor(options: Options, world: World, findings: Findings, figures: Figures) {
    this.#options = options;
    this.#dice = new Dice(options.seed);
    const caller = new Caller(world, findings, figures);
    this.#stage = { world, caller, findings, figures, seats: new Seats(options.observers) };
  }

  /** Nothing new is begun; what has begun is brought to its end. */
  stop(): void {
    this.#stopping.abort();
  }

  /** What has begun and not ended. */
  get alive(): string[] {
    return [...this.#alive];
  }

  async run(): Promise<void> {
    const { seconds, messages } = this.#options;
    const timer = setTimeout(() => this.stop(), seconds * 1_000);
    const tracks = Array.from({ length: messages }, (_, n) => this.#track(this.#dice.fork(-1 - n)));
    await Promise.all([...tracks, this.#as("kills", this.#kill())]);
    clearTimeout(timer);
    const findGhost = async (ghost: Ghost, n: number) =>
      this.#keep(await find(this.#stage, ghost, this.#dice.fork(n)));
    await inTurn(
      this.#ghosts.map((ghost, n) => () => this.#as(`unwatched ${n}`, findGhost(ghost, n))),
    );
    // The newest and the oldest: those have seen the kills.
    const half = MAX_AGAIN / 2;
    const again = new Set([...this.#kept.slice(0, half), ...this.#kept.slice(-half)]);
    const look = (kept: Kept) => this.#as(kept.id, judgeAgain(this.#stage, kept, this.#dice));
    await inTurn([...again].map((kept) => () => look(kept)));
  }

  /** Its failures are findings: the rest goes on. */
  async #as(name: string, doing: Promise<void>): Promise<void> {
    this.#alive.add(name);
    await doing.catch((error: unknown) => {
      this.#stage.findings.add("soak itself", name, toStack(error));
    });
    this.#alive.delete(name);
  }

  async #track(dice: Dice): Promise<void> {
    await this.#pause(dice.int(0, MAX_LATE_MS));
    while (!this.#stopping.signal.aborted) {
      this.#lives += 1;
      await this.#as(`life ${this.#lives}`, this.#live(this.#lives));
    }
  }

  async #live(n: number): Promise<void> {
    const dice = this.#dice.fork(n);
    const id = `soak-${this.#options.seed}-${n}`;
    const chance = dice.roll();
    if (chance < 0.1) return misuse(this.#stage, dice);
    if (chance < 0.3) return this.#keep(await call(this.#stage, id, dice));
    if (chance < 0.38 && this.#ghosts.length < MAX_GHOSTS) {
      const ghost = await begin(this.#stage, id, dice);
      if (ghost) this.#ghosts.push(ghost);
      return;
    }
    this.#keep(await live(this.#stage, id, dice));
  }

  #keep(kept: Kept | undefined): void {
    if (kept) this.#kept.push(kept);
  }

  async #kill(): Promise<void> {
    const { kills, seconds } = this.#options;
    const everyMs = (seconds * 1_000 * KILLING_PART) / kills;
    const startedAt = Date.now();
    for (let n = 1; n <= kills; n += 1) {
      await this.#pause(startedAt + n * everyMs - Date.now());
      if (this.#stopping.signal.aborted) return;
      this.#stage.figures.count("kills");
      await this.#stage.world.kill();
    }
  }

  /** Shorter where the soak is stopped. */
  async #pause(ms: number): Promise<void> {
    await delay(Math.max(0, ms), undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}

async function inTurn(tasks: (() => Promise<void>)[]): Promise<void> {
  const left = tasks.values();
  const worker = async () => {
    for (const task of left) await task();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function toStack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : `${error}`;
}
