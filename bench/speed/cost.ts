// What a message costs at the platform's published prices, from the meter of a run: an answer of 1,000
// deltas in 60 seconds, and its erasure.

import { setTimeout as delay } from "node:timers/promises";
import type { AsyncMessages } from "./contender.ts";
import { sum } from "./numbers.ts";
import { ask } from "./reading.ts";
import type { Stage } from "./stage.ts";
import { table } from "./table.ts";

const SECONDS = 60;
const PLAN = { events: 1_000, perSecond: 1_000 / SECONDS };
const MESSAGES = 5;
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

export interface Cost {
  flushIntervalMs: number;
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

export function measureCosts(stage: Stage, intervals: readonly number[]): Promise<Cost[]> {
  return Promise.all(intervals.map((interval) => measureCost(stage, interval)));
}

async function measureCost(stage: Stage, flushIntervalMs: number): Promise<Cost> {
  const service = await stage.startMetered({
    FLUSH_INTERVAL_MS: `${flushIntervalMs}`,
    RETENTION_SECONDS: "1",
  });
  const messages = Array.from({ length: MESSAGES }, () => service.answer(PLAN));
  const answers = await Promise.all(messages);
  const awakeMs = answers.map(
    ({ askedAt, readings: [reading] }) => (reading?.endedAt ?? 0) - askedAt,
  );
  const meter = await afterErasure(service);
  const { alarms, objectRequests, workerRequests, rowsRead, rowsWritten } = meter;
  const counted = {
    workerRequests,
    objectRequests: objectRequests + alarms,
    rowsRead,
    rowsWritten,
  };
  const gigabyteSeconds = (sum(awakeMs) / 1_000) * GIGABYTES;
  return toCost(flushIntervalMs, { ...counted, gigabyteSeconds });
}

/** `counted` is for all messages. */
function toCost(flushIntervalMs: number, counted: Record<Item, number>): Cost {
  const used = each((item) => counted[item] / MESSAGES);
  const dollars = each((item) => used[item] * PRICES[item] * 1e6);
  const total = sum(Object.values(dollars));
  return { flushIntervalMs, used, dollars, total, overDuration: total / dollars.gigabyteSeconds };
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
    .map(({ flushIntervalMs, used, dollars, total, overDuration }) => {
      const items = Object.keys(PRICES) as Item[];
      const rows = items.map((item) => [
        NAMES[item],
        used[item].toFixed(1),
        `$${(PRICES[item] * 1e6).toFixed(3)}`,
        `$${dollars[item].toFixed(2)}`,
      ]);
      const whole = `**$${total.toFixed(0)}**, ${overDuration.toFixed(2)} × the GB-seconds alone`;
      return table([
        [
          `FLUSH_INTERVAL_MS=${flushIntervalMs}`,
          "a message",
          "price of a million",
          "a million messages",
        ],
        ...rows,
        ["all", "", "", whole],
      ]);
    })
    .join("\n\n");
}
