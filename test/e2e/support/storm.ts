// The storm: messages run and are watched, while the runtime is killed under them again and again. Here
// is what happens; what must hold of it is said by the test.

import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { LLMock } from "@copilotkit/aimock";
import type { Dice } from "../../../bench/soak/dice.ts";
import { Api } from "./api.ts";
import { prepareBundle, type Runtime } from "./bundle.ts";
import type { Service } from "./service.ts";
import { createTales, TALES } from "./tales.ts";
import { type Watched, watch } from "./watcher.ts";

/** Running at any time, each watched over both transports. */
const MESSAGES = 20;
/** Beside those, one in so many of all that begin is left alone. */
const LEFT_ALONE = 6;
/** From a restart to the next kill at most, in ms: at once, soon, or when much has been said. */
const GAPS = [60, 1_000, 1_500, 2_500] as const;
const COME_BACK_MS = 20;
const LOOK_EVERY_MS = 100;
/** For a call to get through between two kills. */
const MAX_CALL_MS = 20_000;
/** After the last kill, for the end of every message. */
export const MAX_ENDING_MS = 60_000;

export const SIMULATED = [
  "simulated-1@0",
  "simulated-400@0",
  "simulated-20@20",
  "simulated-80@40",
  "simulated-200@200+500ms",
] as const;
const TRANSPORTS = ["sse", "websocket"] as const;
const ON_INTERRUPT = ["continue", "restart", "fail"] as const;

export interface Run {
  id: string;
  model: string;
  onInterrupt: (typeof ON_INTERRUPT)[number];
  /** By those who watched it through the storm; none where it was left alone. */
  watched: Watched[];
}

export class Storm {
  readonly runs: Run[] = [];
  readonly api: Api;
  lastKilledAt = 0;
  /** What was running at the last kill, left alone before and after; and what of it has ended since. */
  lost: string[] = [];
  found: string[] = [];
  readonly #dice: Dice;
  readonly #tales: LLMock;
  readonly #runtime: Runtime;
  #service: Service;
  #isOver = false;
  readonly #deadline = new AbortController();

  static async prepare(dice: Dice): Promise<Storm> {
    const tales = createTales();
    const runtime = await prepareBundle({
      LOCAL_ACCESS: "open",
      MODELS: {
        "simulated-*": { provider: "simulated" },
        "tale-*": {
          provider: "anthropic",
          base_url: await tales.start(),
          options: { continues: "prefill" },
        },
      },
    });
    return new Storm(dice, tales, runtime, await runtime.start());
  }

  private constructor(dice: Dice, tales: LLMock, runtime: Runtime, service: Service) {
    this.#dice = dice;
    this.#tales = tales;
    this.#runtime = runtime;
    this.#service = service;
    this.api = new Api(service.url);
    setMaxListeners(0, this.#deadline.signal); // every observer listens
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#deadline.abort();
    await Promise.all([this.#service.stop(), this.#tales.stop()]);
    await this.#runtime.remove();
  }

  /** What there is of a message, to its end. */
  replay(id: string): Promise<Watched> {
    return watch(this.api.streamOf(id), "sse", AbortSignal.timeout(MAX_ENDING_MS));
  }

  /** Until the last message that is watched has ended, and what nobody asks for has been found. */
  async rage(kills: number): Promise<void> {
    const lanes = Array.from({ length: MESSAGES }, (_, n) => this.#keepRunning(this.#dice.fork(n)));
    await Promise.all([...lanes, this.#strike(kills)]);
  }

  async #strike(kills: number): Promise<void> {
    for (let kill = 1; kill < kills; kill += 1) {
      await this.#kill(this.#dice.int(0, this.#dice.pick(GAPS)));
    }
    const alone = await Promise.all(
      ON_INTERRUPT.flatMap((onInterrupt) =>
        ["simulated-80@40", "tale-slow"].map((model) => this.#start(model, onInterrupt)),
      ),
    );
    const { output } = this.#service;
    await this.#kill(this.#dice.int(0, GAPS[0]));
    this.#isOver = true;
    setTimeout(() => this.#deadline.abort(), MAX_ENDING_MS).unref();
    this.lost = alone.map(({ id }) => id).filter((id) => !tellsEnd(output, id));
    this.found = await this.#untilFound(this.lost);
  }

  /** One message after the other. */
  async #keepRunning(dice: Dice): Promise<void> {
    while (!this.#isOver) {
      const model = dice.pick(dice.chance(0.5) ? SIMULATED : TALES);
      const run = await this.#start(model, dice.pick(ON_INTERRUPT));
      if (dice.int(1, LEFT_ALONE) === 1) continue;
      const stream = this.api.streamOf(run.id);
      run.watched = await Promise.all(
        TRANSPORTS.map((transport) => watch(stream, transport, this.#deadline.signal)),
      );
    }
  }

  /** Asks until it is answered: whoever is not may ask again. */
  async #start(model: string, onInterrupt: Run["onInterrupt"]): Promise<Run> {
    const run: Run = { id: crypto.randomUUID(), model, onInterrupt, watched: [] };
    const deadline = Date.now() + MAX_CALL_MS;
    for (;;) {
      try {
        await this.api.start(model, run.id, { on_interrupt: onInterrupt });
        this.runs.push(run);
        return run;
      } catch (error) {
        const isCut = error instanceof TypeError; // of `fetch`, when there is nobody at the other end
        if (!isCut || Date.now() > deadline) throw error;
        await delay(COME_BACK_MS);
      }
    }
  }

  async #kill(afterMs: number): Promise<void> {
    await delay(afterMs);
    this.lastKilledAt = Date.now();
    await this.#service.stop("SIGKILL");
    this.#service = await this.#runtime.start();
  }

  /** The runtime logs the end of each message; to ask for one would wake it. */
  async #untilFound(lost: string[]): Promise<string[]> {
    const { output } = this.#service;
    const deadline = this.lastKilledAt + MAX_ENDING_MS;
    for (;;) {
      const found = lost.filter((id) => tellsEnd(output, id));
      if (found.length === lost.length || Date.now() > deadline) return found;
      await delay(LOOK_EVERY_MS);
    }
  }
}

function tellsEnd({ stdout }: Service["output"], id: string): boolean {
  return stdout.includes(`{"event":"run","message_id":"${id}"`);
}
