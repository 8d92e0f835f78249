// What one answer writes, and what a snapshot of it spares: the budgets that are not a time.

import type { AsyncMessages } from "./contender.ts";
import { drain, read } from "./reading.ts";
import { table } from "./table.ts";

export interface Sizes {
  /** Of a message at 100 events a second. */
  rowsPerEvent: number;
  /** Of a snapshot to a replay, in bytes, of a message of 20,000 deltas. */
  snapshotPart: number;
}

/** The one line of the log that tells of a run. */
interface Report {
  event: "run";
  message_id: string;
  events: number;
  rows: number;
}

const PACED = { events: 500, perSecond: 100 };
const LONG = { events: 20_000, perSecond: 0 };

export async function measureSizes(service: AsyncMessages): Promise<Sizes> {
  const paced = await service.begin(PACED);
  await drain(await service.observe(paced));
  const long = await service.begin(LONG);
  const replay = await read(await service.observe(long));
  const snapshot = await read(await service.observe(long, "?from=snapshot"));
  const { rows, events } = findReport(service, paced);
  return { rowsPerEvent: rows / events, snapshotPart: snapshot.bytes / replay.bytes };
}

function findReport(service: AsyncMessages, id: string): Report {
  const lines = service.service.output.stdout.split("\n");
  const line = lines.find((one) => one.includes('"event":"run"') && one.includes(id));
  if (line === undefined) throw new Error("the service did not report its run");
  return JSON.parse(line.slice(line.indexOf("{"))) as Report;
}

export function sizesTable({ rowsPerEvent, snapshotPart }: Sizes): string {
  return table([
    ["", "", "goal"],
    ["rows written for each event at 100/s", rowsPerEvent.toFixed(2), "≤ 0.5"],
    ["snapshot of 20,000 events, of a replay", `${(snapshotPart * 100).toFixed(1)} %`, "≤ 2 %"],
  ]);
}
