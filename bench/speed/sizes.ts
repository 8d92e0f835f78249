// What one answer writes, and what a snapshot of it spares: the budgets that are not a time.

import type { AsyncMessages } from "./contender.ts";
import { ask, drain, read } from "./reading.ts";
import { table } from "./table.ts";

export interface Sizes {
  /** Of a message at 100 events a second. */
  rowsPerEvent: number;
  /** Of a snapshot to a replay, in bytes, of a message of 20,000 deltas; and of its text alone. */
  snapshotPart: number;
  textPart: number;
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
  const text = await textLength(`${service.url}/v1/messages/async/${long}`);
  return {
    rowsPerEvent: rows / events,
    snapshotPart: snapshot.bytes / replay.bytes,
    textPart: text / replay.bytes,
  };
}

function findReport(service: AsyncMessages, id: string): Report {
  const lines = service.service.output.stdout.split("\n");
  const line = lines.find((one) => one.includes('"event":"run"') && one.includes(id));
  if (line === undefined) throw new Error("the service did not report its run");
  return JSON.parse(line.slice(line.indexOf("{"))) as Report;
}

async function textLength(url: string): Promise<number> {
  const pieces = await (await ask(url)).toArray();
  const { content } = JSON.parse(String(Buffer.concat(pieces))) as { content: { text: string }[] };
  return content.reduce((length, { text }) => length + text.length, 0);
}

export function sizesTable({ rowsPerEvent, snapshotPart, textPart }: Sizes): string {
  const percent = (part: number) => `${(part * 100).toFixed(1)} %`;
  return table([
    ["", "", "goal"],
    ["rows written for each event at 100/s", rowsPerEvent.toFixed(2), "≤ 0.5"],
    ["snapshot of 20,000 events, in bytes of a replay", percent(snapshotPart), ""],
    ["the same without the text itself", percent(snapshotPart - textPart), "≤ 2 %"],
  ]);
}
