// The service as its users start it: a command in a process group of its own, on a free port of the
// loopback, in the environment of somebody who has just unpacked the project.

import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export const ROOT = resolve(import.meta.dirname, "../../..");

const MAX_START_MS = 60_000;
const MAX_STOP_MS = 10_000;
const POLL_MS = 50;

export interface ServiceOptions {
  /** Settings, as `--var`; what is not text goes as JSON. */
  vars?: Record<string, unknown>;
  /** Where state is kept; a folder that goes with the service, unless said. */
  persistTo?: string;
  /** What the arguments are added to. */
  command?: string[];
}

export interface Service {
  /** Without a slash at the end. */
  url: string;
  /** All that it has printed so far. */
  output: { stdout: string; stderr: string };
  /** The process group that all of it runs in. */
  group: number;
  /** Ends every process of it; `SIGKILL` is the crash. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

export const DEV_COMMAND = ["npm", "run", "dev", "--"];
/** Without what the development command adds: as closed as a deployment. */
export const BARE_COMMAND = ["wrangler", "dev", "--local"];

/** Starts the service. Resolves when it answers; rejects with its output when it does not. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const port = await findFreePort();
  const folder = options.persistTo ?? (await createFolder());
  const cleanUp = async () => {
    if (options.persistTo === undefined) await removeFolder(folder);
  };
  const [program = "", ...given] = options.command ?? DEV_COMMAND;
  const settings = Object.entries(options.vars ?? {}).map(
    ([name, value]) => `${name}:${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return launch(
    program,
    [
      ...given,
      ...["--port", `${port}`, "--ip", "127.0.0.1", "--inspector-port", "0"],
      ...["--persist-to", folder],
      ...settings.flatMap((setting) => ["--var", setting]),
    ],
    `http://127.0.0.1:${port}`,
    cleanUp,
  );
}

/** Runs a command that serves at `url`, in the project's folder; calls `cleanUp` after its end. */
export async function launch(
  program: string,
  args: string[],
  url: string,
  cleanUp: () => Promise<void> = async () => {},
): Promise<Service> {
  const home = await createFolder();
  const child = spawn(program, args, {
    cwd: ROOT,
    env: newcomersEnv(home),
    detached: true, // a process group of its own, so that all of it can be ended
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
  running.add(child);
  const closed = new Promise<void>((done) => {
    child.on("error", (error) => (output.stderr += error)).on("close", () => done());
  });
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    endGroup(child, signal);
    const ended = closed.then(() => true);
    const isEnded = await Promise.race([ended, delay(MAX_STOP_MS, false, { ref: false })]);
    if (!isEnded) endGroup(child, "SIGKILL");
    await closed;
    running.delete(child);
    await Promise.all([removeFolder(home), cleanUp()]);
  };
  const { pid: group } = child;
  const isReady = await untilReady(url, () => child.exitCode === null && group !== undefined);
  if (isReady && group !== undefined) return { url, output, group, stop };
  await stop();
  throw new Error(`the service did not start:\n${output.stdout}\n${output.stderr}`);
}

/** Below those that a system hands out by itself: it shall be free still when it is used. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

export function createFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "async-messages-"));
}

export function removeFolder(folder: string): Promise<void> {
  // What was just killed may still be writing its last file.
  return rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Nobody is logged in, npm has no configuration, and nothing of this test run leaks in. */
export function newcomersEnv(home: string): Record<string, string> {
  const { PATH = "", TMPDIR = tmpdir() } = process.env;
  return { PATH: `${ROOT}/node_modules/.bin:${PATH}`, TMPDIR, HOME: home };
}

async function untilReady(url: string, isAlive: () => boolean): Promise<boolean> {
  const deadline = Date.now() + MAX_START_MS;
  while (isAlive() && Date.now() < deadline) {
    const health = await fetch(`${url}/health`).catch(() => undefined);
    await health?.body?.cancel();
    if (health?.ok) return true;
    await delay(POLL_MS);
  }
  return false;
}

/** Whatever ends this process ends what it has started. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) endGroup(child, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
