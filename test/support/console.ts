// What was said to the console while a test ran: the log, and everything that is none.

import { afterEach, expect, vi } from "vitest";

export type Line = Record<string, unknown>;

const LEVELS = ["log", "info", "warn", "error", "debug"] as const;
const spies = LEVELS.map((level) => vi.spyOn(console, level).mockImplementation(() => {}));

afterEach(() => {
  for (const spy of spies) spy.mockClear();
});

/** Everything that was given to the console since the test began. */
export function said(): string[] {
  return spies.flatMap(({ mock }) => mock.calls.map((args) => args.map(inFull).join(" ")));
}

/** The lines of the log that tell of requests, of runs, or of attempts to tell of their ends. */
export function lines(event: "request" | "run" | "webhook"): Line[] {
  return said()
    .filter((text) => text.startsWith("{"))
    .map((text) => JSON.parse(text) as Line)
    .filter((line) => line.event === event);
}

/** The line of the run with this message or correlation id: it is written after the visible end. */
export async function runLine(id: string): Promise<Line> {
  const fits = ({ message_id, correlation_id }: Line) => [message_id, correlation_id].includes(id);
  const find = () => lines("run").find(fits);
  await expect.poll(find, { interval: 5 }).toBeDefined();
  return find() as Line;
}

/** With all that a console would show of it. */
function inFull(value: unknown): string {
  if (typeof value === "string") return value;
  const stack = value instanceof Error ? `${value.stack} ` : "";
  return `${stack}${JSON.stringify(value)}`;
}
