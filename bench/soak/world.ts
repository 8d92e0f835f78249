// The service, killed and started again on the same folder, and the emulator that is its upstream.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { createFolder, type Service, startService } from "../../test/e2e/support/service.ts";
import { startEmulator } from "../../test/support/node/emulator.ts";

/** Silence of an upstream is given up after so long; far above what this load makes anybody wait. */
export const STALL_SECONDS = 5;
/** What a kill broke may be noticed so much after the restart. */
const AFTERMATH_MS = 1_000;

type Emulator = Awaited<ReturnType<typeof startEmulator>>;

/** A time in which nobody can expect an answer. */
interface Outage {
  from: number;
  to: number;
}

export class World {
  readonly #folder: string;
  readonly #emulator: Emulator;
  readonly #outages: Outage[] = [];
  #service: Service;
  #starting: Promise<void> = Promise.resolve();
  #stopped = false;

  static async start(): Promise<World> {
    const [folder, emulator] = await Promise.all([createFolder(), startEmulator()]);
    // Whatever a killed process leaves behind goes with this folder.
    process.env.TMPDIR = folder;
    process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    return new World(folder, emulator, await serve(folder, emulator));
  }

  private constructor(folder: string, emulator: Emulator, service: Service) {
    this.#folder = folder;
    this.#emulator = emulator;
    this.#service = service;
  }

  get emulator(): string {
    return this.#emulator.url;
  }

  /** Where the service is, as soon as it is. */
  async url(): Promise<string> {
    await this.#starting;
    return this.#service.url;
  }

  get kills(): number {
    return this.#outages.length;
  }

  get lastRestart(): number {
    return this.#outages.at(-1)?.to ?? 0;
  }

  /** SIGKILL, and a new life on the same folder. */
  kill(): Promise<void> {
    const outage = { from: Date.now(), to: Number.POSITIVE_INFINITY };
    this.#outages.push(outage);
    this.#starting = (async () => {
      await this.#service.stop("SIGKILL");
      if (this.#stopped) return;
      this.#service = await serve(this.#folder, this.#emulator);
      outage.to = Date.now() + AFTERMATH_MS;
    })();
    this.#starting.catch(() => {}); // whoever awaits it learns
    return this.#starting;
  }

  /** How many kills fell into the time since `since`. */
  killsSince(since: number): number {
    return this.#outages.filter(({ to }) => to >= since).length;
  }

  /** True where what began at `since` may have been broken by a kill. */
  disturbed(since: number): boolean {
    return this.killsSince(since) > 0;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#starting.catch(() => {});
    await Promise.all([this.#service.stop(), this.#emulator.stop()]);
  }
}

function serve(folder: string, { url }: Emulator): Promise<Service> {
  const MODELS = {
    "script-anthropic": { provider: "anthropic", base_url: `${url}/anthropic` },
    "script-openai": { provider: "openai", base_url: `${url}/openai/v1` },
    "script-prefill": {
      provider: "anthropic",
      base_url: `${url}/prefill`,
      options: { continues: "prefill" },
    },
    "simulated*": { provider: "simulated" },
  };
  const vars = { MODELS, STALL_TIMEOUT_SECONDS: STALL_SECONDS, RUN_DEADLINE_SECONDS: 60 };
  return startService({ persistTo: join(folder, "state"), vars });
}
