// What the processes of a service take: CPU time, and memory at its most. Read from /proc, so on Linux alone.

import { readdir, readFile } from "node:fs/promises";

const LOOK_EVERY_MS = 100;
/** Of the kernel's clock, as /proc tells times; the same on all common machines. */
const TICKS_PER_SECOND = 100;

export interface Taken<Result> {
  result: Result;
  cpuSeconds: number;
  /** Of memory, above what there was before. */
  growthMiB: number;
  peakMiB: number;
}

export class Tree {
  readonly #group: string;

  /** `group` is the process group that a service was started in. */
  constructor(group: number) {
    this.#group = String(group);
  }

  async during<Result>(work: () => Promise<Result>): Promise<Taken<Result>> {
    const pids = await this.#members();
    const before = await look(pids);
    let peakMiB = before.residentMiB;
    const timer = setInterval(async () => {
      peakMiB = Math.max(peakMiB, (await look(pids)).residentMiB);
    }, LOOK_EVERY_MS);
    const result = await work().finally(() => clearInterval(timer));
    const after = await look(pids);
    peakMiB = Math.max(peakMiB, after.residentMiB);
    const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
    return { result, cpuSeconds, peakMiB, growthMiB: peakMiB - before.residentMiB };
  }

  async #members(): Promise<string[]> {
    const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
    const groups = await Promise.all(pids.map(async (pid) => (await readStat(pid))[2]));
    return pids.filter((_, at) => groups[at] === this.#group);
  }
}

async function look(pids: string[]): Promise<{ cpuSeconds: number; residentMiB: number }> {
  let [ticks, residentMiB] = [0, 0];
  for (const pid of pids) {
    const stat = await readStat(pid);
    ticks += Number(stat[11] ?? 0) + Number(stat[12] ?? 0);
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    residentMiB += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
  }
  return { cpuSeconds: ticks / TICKS_PER_SECOND, residentMiB };
}

/** What follows the name, which may have spaces: state, parent, group …; the 12th and 13th are times. */
async function readStat(pid: string): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
