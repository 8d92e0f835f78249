// How what the service takes grows with ten times the events, the observers, the messages; and what a
// message ten times as long takes of its memory while a reader has stopped.

import type { AsyncMessages } from "./contender.ts";
import { median, short } from "./numbers.ts";
import type { Plan } from "./plan.ts";
import { drain } from "./reading.ts";
import { table } from "./table.ts";

export interface Growth {
  name: string;
  /** CPU seconds of one, and of ten times as much, in each round. */
  once: number[];
  tenfold: number[];
  /** Of the medians, for each unit of work: 1 is linear. */
  factor: number;
}

export interface MemoryGrowth {
  events: number;
  /** Above what the service held before, at its most. */
  growthMiB: number[];
}

const TIMES = 10;

interface Load {
  plan: Plan;
  messages: number;
  observers: number;
}

function listLoads(quick: boolean): [string, Load][] {
  const seconds = quick ? 3 : 10;
  const paced = { events: 20 * seconds, perSecond: 20 };
  const flood = { events: quick ? 4_000 : 10_000, perSecond: 0 };
  return [
    ["events of a message", { plan: flood, messages: 1, observers: 1 }],
    ["observers of a message", { plan: paced, messages: 1, observers: 20 }],
    ["messages", { plan: paced, messages: 10, observers: 1 }],
  ];
}

function tenTimes(name: string, { plan, messages, observers }: Load): Load {
  if (name === "messages") return { plan, messages: messages * TIMES, observers };
  if (name.startsWith("observers")) return { plan, messages, observers: observers * TIMES };
  return { plan: { ...plan, events: plan.events * TIMES }, messages, observers };
}

export async function measureGrowth(
  service: AsyncMessages,
  quick: boolean,
  rounds: number,
): Promise<Growth[]> {
  const growths: Growth[] = [];
  for (const [name, load] of listLoads(quick)) {
    const [once, tenfold]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      once.push(await cpuOf(service, load));
      tenfold.push(await cpuOf(service, tenTimes(name, load)));
    }
    growths.push({ name, once, tenfold, factor: median(tenfold) / median(once) / TIMES });
  }
  return growths;
}

async function cpuOf(service: AsyncMessages, { plan, messages, observers }: Load) {
  const all = () => Array.from({ length: messages }, () => service.answer(plan, observers));
  const { cpuSeconds } = await service.tree.during(() => Promise.all(all()));
  return cpuSeconds;
}

/** While one observer has stopped and one reads to the end. */
export async function measureMemory(
  service: AsyncMessages,
  quick: boolean,
  rounds: number,
): Promise<MemoryGrowth[]> {
  const small = quick ? 3_000 : 10_000;
  const lengths = [small, small * TIMES].map((events) => ({ events, growthMiB: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { events, growthMiB } of lengths) {
      const taken = await service.tree.during(async () => {
        const id = await service.begin({ events, perSecond: 10_000 });
        const stopped = await service.observe(id); // nobody reads what it gets
        await drain(await service.observe(id));
        stopped.destroy();
      });
      growthMiB.push(taken.growthMiB);
    }
  }
  return lengths;
}

export function growthTable(growths: readonly Growth[], memory: readonly MemoryGrowth[]): string {
  return [
    table([
      ["ten times the …", "CPU s", "CPU s of ten times", "for each, beside before (1 is linear)"],
      ...growths.map(({ name, once, tenfold, factor }) => [
        name,
        short(median(once)),
        short(median(tenfold)),
        `**${short(factor)}**`,
      ]),
    ]),
    table([
      ["events of a message, one reader stopped", "memory above before, MiB"],
      ...memory.map(({ events, growthMiB }) => [`${events}`, short(median(growthMiB))]),
    ]),
  ].join("\n\n");
}
