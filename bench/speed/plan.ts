// What an upstream is to say, as both ends of the wire know it: it travels in the prompt.

export interface Plan {
  /** Deltas of the answer. */
  events: number;
  /** Deltas a second; 0: as fast as they are taken. */
  perSecond: number;
}

/** Of an upstream. */
export type Dialect = "anthropic" | "openai";

export function toPrompt({ events, perSecond }: Plan): string {
  return `say ${events} at ${perSecond}`;
}

export function findPlan(body: string): Plan {
  const [, events, perSecond] = /say (\d+) at ([\d.]+)/.exec(body) ?? [];
  if (events === undefined) throw new Error(`no plan in: ${body}`);
  return { events: Number(events), perSecond: Number(perSecond) };
}
