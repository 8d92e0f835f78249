// What a soak has to say for itself, as a table.

import type { Figures } from "./figures.ts";
import type { Memory } from "./memory.ts";
import type { Options } from "./options.ts";

export function summarise(
  { seconds, seed }: Options,
  figures: Figures,
  memory: Memory,
  durationMs: number,
): string {
  const observers = figures.list("observers ");
  const rows: [string, string][] = [
    ["seed", `${seed}`],
    ["duration", `${(durationMs / 1_000).toFixed(0)} s, of which ${seconds} s of new messages`],
    ["messages", `${figures.list("outcome ")}; deleted ${figures.of("deletes")}`],
    ["unwatched", figures.list("unwatched ")],
    [
      "starts",
      `${figures.of("starts")}, ${(figures.of("starts") / seconds).toFixed(1)} per second`,
    ],
    [
      "repeated",
      `${figures.of("repeated starts")}; other body ${figures.of("starts with another body")}`,
    ],
    ["synchronous", `${figures.list("synchronous ")}; hung up ${figures.of("hung up")}`],
    ["events seen", `${figures.of("events")}`],
    ["observers", `${observers}; reconnects ${figures.of("reconnects")}`],
    ["closed with", figures.list("closed ")],
    ["cancels", `${figures.of("cancels")}; ids used again ${figures.of("ids used again")}`],
    ["simulated", figures.list("plot simulated ")],
    ["upstream", figures.list("plot upstream ")],
    ["kills", `${figures.of("kills")}; calls lost to them ${figures.of("calls lost to kills")}`],
    ["answers", `${figures.list("answer ")}; bad requests ${figures.of("bad requests")}`],
    ["start answer", figures.percentiles("start")],
    ["first event", figures.percentiles("first event")],
    [
      "RSS of workerd",
      `peak ${memory.peakMiB.toFixed(0)} MiB, at last ${memory.lastMiB.toFixed(0)} MiB`,
    ],
    ["looked at again", `${figures.of("looked at again")}`],
  ];
  return rows.map(([name, text]) => `${name.padEnd(16)} ${text}`).join("\n");
}
