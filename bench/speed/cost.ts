// What a message costs at the platform's published prices, from the meter of a run: an answer of 1,000
// deltas in 60 seconds, and its erasure.

import { setTimeout as delay } from "node:timers/promises";
import type { AsyncMessages } from "./contender.ts";
import { sum } from "./numbers.ts";
import { ask, drain } from "./reading.ts";
import type { Stage } from "./stage.ts";
import { table } from "./table.ts";

const SECONDS = 60;
const PLAN = { events: 1_000, perSecond: 1_000 / SECONDS };
const MESSAGES = 5;
/** After the end: long enough to be read. */
const KEPT_SECONDS = 5;
const MAX_ERASING_MS = 30_000;
const LOOK_EVERY_MS = 250;

/**
 * Dollars for each, beyond what the plan includes.
 * https://developers.cloudflare.com/durable-objects/platform/pricing/
 * https://developers.cloudflare.com/workers/platform/pricing/
 */
const PRICES = {
  workerRequests: 0.3e-6,
  objectRequests: 0.15e-6,
  rowsRead: 0.001e-6,
  rowsWritten: 1e-6,
  gigabyteSeconds: 12.5e-6,
};
/** What an object is charged as, whatever it holds. */
const GIGABYTES = 0.128;

type Item = keyof typeof PRICES;

/** How a message is had. */
export interface Use {
  name: string;
  vars: Record<string, string>;
  /** From its beginning; or else it is asked for when it has ended. */
  isWatched: boolean;
}

const USES: Use[] = [
  { name: "watched, by default", vars: {}, isWatched: true },
  { name: "watched, FLUSH_INTERVAL_MS=250", vars: { FLUSH_INTERVAL_MS: "250" }, isWatched: true },
  { name: "watched, FLUSH_INTERVAL_MS=1000", vars: { FLUSH_INTERVAL_MS: "1000" }, isWatched: true },
  { name: "not watched, read at its end", vars: {}, isWatched: false },
];

export interface Cost {
  name: string;
  /** For one message. */
  used: Record<Item, number>;
  /** For a million messages. */
  dollars: Record<Item, number>;
  total: number;
  /** Of the total to what the duration costs by itself. */
  overDuration: number;
}

interface Meter {
  workerRequests: number;
  objectRequests: number;
  alarms: number;
  rowsRead: number;
  rowsWritten: number;
  erased: number;
}

export function measureCosts(stage: Stage): Promise<Cost[]> {
  return Promise.all(USES.map((use) => measureCost(stage, use)));
}

async function measureCost(stage: Stage, { name, vars, isWatched }: Use): Promise<Cost> {
  const service = await stage.startMetered({ ...vars, RETENTION_SECONDS: `${KEPT_SECONDS}` });
  const once = () => (isWatched ? watch(service) : fetchAtEnd(service));
  const awakeMs = await Promise.all(Array.from({ length: MESSAGES }, once));
  const meter = await afterErasure(service);
  const { alarms, objectRequests, workerRequests, rowsRead, rowsWritten } = meter;
  const counted = {
    workerRequests,
    objectRequests: objectRequests + alarms,
    rowsRead,
    rowsWritten,
  };
  const gigabyteSeconds = (sum(awakeMs) / 1_000) * GIGABYTES;
  return toCost(name, { ...counted, gigabyteSeconds });
}

/** How long it took, in ms. */
async function watch(service: AsyncMessages): Promise<number> {
  const { askedAt, readings } = await service.answer(PLAN);
  return (readings[0]?.endedAt ?? 0) - askedAt;
}

async function fetchAtEnd(service: AsyncMessages): Promise<number> {
  const id = await service.begin(PLAN);
  await delay((SECONDS + 1) * 1_000);
  const address = `${service.url}/v1/messages/async/${id}`;
  const [piece] = await (await ask(`${address}/status`)).toArray();
  const { status, metadata } = JSON.parse(String(piece));
  if (status !== "completed") throw new Error(`a message is ${status} after its time`);
  await drain(await ask(address));
  return metadata.duration_ms;
}

/** `counted` is for all messages. */
function toCost(name: string, counted: Record<Item, number>): Cost {
  const used = each((item) => counted[item] / MESSAGES);
  const dollars = each((item) => used[item] * PRICES[item] * 1e6);
  const total = sum(Object.values(dollars));
  return { name, used, dollars, total, overDuration: total / dollars.gigabyteSeconds };
}

function each(value: (item: Item) => number): Record<Item, number> {
  const items = Object.keys(PRICES) as Item[];
  return Object.fromEntries(items.map((item) => [item, value(item)])) as Record<Item, number>;
}

async function afterErasure({ url }: AsyncMessages): Promise<Meter> {
  const deadline = Date.now() + MAX_ERASING_MS;
  for (;;) {
    const [piece] = await (await ask(`${url}/meter`)).toArray();
    const meter = JSON.parse(String(piece)) as Meter;
    if (meter.erased === MESSAGES) return meter;
    await delay(LOOK_EVERY_MS);
    if (Date.now() > deadline) throw new Error(`messages are left: ${JSON.stringify(meter)}`);
  }
}

const NAMES: Record<Item, string> = {
  workerRequests: "requests to the Worker",
  objectRequests: "requests to the object, with its alarms",
  rowsRead: "rows read",
  rowsWritten: "rows written",
  gigabyteSeconds: "GB-seconds",
};

export function costTables(costs: readonly Cost[]): string {
  return costs
    .map(({ name, used, dollars, total, overDuration }) => {
      const items = Object.keys(PRICES) as Item[];
      const rows = items.map((item) => [
        NAMES[item],
        used[item].toFixed(1),
        `$${(PRICES[item] * 1e6).toFixed(3)}`,
        `$${dollars[item].toFixed(2)}`,
      ]);
      const whole = `**$${total.toFixed(0)}**, ${overDuration.toFixed(2)} × the GB-seconds alone`;
      return table([
        [name, "a message", "price of a million", "a million messages"],
        ...rows,
        ["all", "", "", whole],
      ]);
    })
    .join("\n\n");
}
