// How much memory the runtime holds: every workerd below this process, looked at once a second.

import { readdir, readFile } from "node:fs/promises";

const LOOK_EVERY_MS = 1_000;

export class Memory {
  peakMiB = 0;
  lastMiB = 0;
  readonly #timer = setInterval(() => void this.look(), LOOK_EVERY_MS);

  async look(): Promise<void> {
    const sizes = await Promise.all((await descendants(process.pid)).map(residentMiB));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total === 0) return; // between a kill and the restart
    this.lastMiB = total;
    this.peakMiB = Math.max(this.peakMiB, total);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** The ids of all processes that `root` started, and those started. None where there is no /proc. */
async function descendants(root: number): Promise<string[]> {
  const names = await readdir("/proc").catch(() => []);
  const parents = new Map<string, string>();
  for (const pid of names.filter((name) => /^\d+$/.test(name))) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1];
    if (parent !== undefined) parents.set(pid, parent);
  }
  const isBelow = (pid: string | undefined): boolean => {
    const parent = pid === undefined ? undefined : parents.get(pid);
    return parent !== undefined && (parent === `${root}` || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** 0 for whatever is not workerd. */
async function residentMiB(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  if (!/^Name:\s+workerd/m.test(status)) return 0;
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
}
