// The figures of a run as Markdown.

import { short } from "./numbers.ts";
import { middle, type Race, type Verdict } from "./race.ts";
import type { Figure } from "./scenarios.ts";

const UNITS: Record<Figure, string> = {
  p50: "p50, ms",
  p99: "p99, ms",
  perSecond: "per second",
  cpuPerEvent: "CPU per event, ms",
};

const HEAD = ["", "", "", "pipe", "service", "ratio", "goal", "CPU s", "peak MiB"];

export function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...others] = rows.map((row) => `| ${row.join(" | ")} |`);
  const rule = `|${"---|".repeat(rows[0]?.length ?? 0)}`;
  return [head, rule, ...others].join("\n");
}

export function raceTable(races: readonly Race[]): string {
  return table([HEAD, ...races.flatMap(toRows)]);
}

export function toRows({ name, title, rounds, verdicts }: Race): string[][] {
  const both = (figure: "cpuSeconds" | "peakMiB") =>
    `${short(middle(rounds, "pipe", figure))} → ${short(middle(rounds, "service", figure))}`;
  return verdicts.map((verdict, at) => {
    const { figure, ratio, of = "pipe" } = verdict;
    const delivered = middle(rounds, "service", "delivered");
    const part = delivered === 1 ? "" : `, ${Math.floor(delivered * 100)} % delivered`;
    return [
      ...(at === 0 ? [name, title] : ["", ""]),
      UNITS[figure] + part,
      short(middle(rounds, of, figure)) + (of === "pipe" ? "" : ` (${of})`),
      short(middle(rounds, "service", figure)),
      `**${short(ratio)}**`,
      goalOf(verdict),
      ...(at === 0 ? [both("cpuSeconds"), both("peakMiB")] : ["", ""]),
    ];
  });
}

function goalOf({ atMost, atLeast, isMet }: Verdict): string {
  const mark = isMet === undefined ? "?" : isMet ? "✓" : "✗";
  if (atMost !== undefined) return `≤ ${atMost} ${mark}`;
  return atLeast === undefined ? "" : `≥ ${atLeast} ${mark}`;
}
