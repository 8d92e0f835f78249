// Everything that a run measures, and what it measures against: each a process of its own.

import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createFolder,
  DEV_COMMAND,
  findFreePort,
  launch,
  ROOT,
  type Service,
  startService,
} from "../../test/e2e/support/service.ts";
import { AsyncMessages, type Contender, Pipe } from "./contender.ts";

export interface Stage {
  pipe: Pipe;
  /** With its default settings. */
  service: AsyncMessages;
  /** With `FLUSH_INTERVAL_MS=0`. */
  hasty: AsyncMessages;
  /** What is usual elsewhere. Undefined where there is no Redis on this machine. */
  redis: Contender | undefined;
  /** Starts another, with a meter on what the platform charges for. */
  startMetered(vars: Record<string, unknown>): Promise<AsyncMessages>;
  stop(): Promise<void>;
}

const WORKERS = join(ROOT, "bench/speed/workers");
/** Where state is kept: how fast a shared disk is just then is not what is asked. */
const IN_MEMORY = "/dev/shm";
const WARM_UP = { events: 200, perSecond: 0 };

export async function setStage(): Promise<Stage> {
  if (existsSync(IN_MEMORY)) process.env.TMPDIR = IN_MEMORY;
  const folder = await createFolder();
  // Whatever a process leaves behind goes with this folder.
  process.env.TMPDIR = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const upstream = fork(`${import.meta.dirname}/upstream.ts`);
  const [port] = await once(upstream, "message");
  const url = `http://127.0.0.1:${port}`;
  const services: Service[] = [];
  const start = async (vars: Record<string, unknown>, ...args: string[]): Promise<Service> => {
    const service = await startService({ vars, command: [...DEV_COMMAND, ...args] });
    services.push(service);
    return service;
  };
  const MODELS = {
    "bench-anthropic": { provider: "anthropic", base_url: url },
    "bench-openai": { provider: "openai", base_url: url },
    "simulated-*": { provider: "simulated" },
  };
  const pipe = new Pipe(await start({ UPSTREAM: url }, "--config", await writePipeConfig(folder)));
  const service = new AsyncMessages(await start({ MODELS }));
  const hasty = new AsyncMessages(await start({ MODELS, FLUSH_INTERVAL_MS: "0" }));
  const redis = await startRedis(url, folder);
  if (redis) services.push(redis.service);
  for (const contender of [pipe, service, hasty, redis]) await contender?.answer(WARM_UP);
  return {
    pipe,
    service,
    hasty,
    redis,
    startMetered: async (vars) =>
      // After `--var`, which takes all words that follow it, only an option makes this the script.
      new AsyncMessages(await start({ MODELS, ...vars }, "--local", `${WORKERS}/metered.ts`)),
    stop: async () => {
      await Promise.all(services.map((one) => one.stop()));
      upstream.disconnect();
    },
  };
}

/** It has the two paths that are asked for, so that who asks is the same. */
async function startRedis(upstream: string, folder: string): Promise<AsyncMessages | undefined> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) return undefined;
  const port = String(await findFreePort());
  const args = [`${import.meta.dirname}/redis.ts`, port, upstream, folder];
  return new AsyncMessages(await launch("node", args, `http://127.0.0.1:${port}`));
}

/** In a folder of its own: wrangler leaves its own files beside a configuration. */
async function writePipeConfig(folder: string): Promise<string> {
  const config = join(folder, "wrangler.toml");
  const main = JSON.stringify(join(WORKERS, "pipe.ts"));
  await writeFile(config, `name = "pipe"\nmain = ${main}\ncompatibility_date = "2026-11-17"\n`);
  return config;
}
