// One scenario, round after round, the service and what it is held against by turns: what is read off a
// round is the ratio of the two, as whatever else the machine does then, it does to both.

import type { Contender } from "./contender.ts";
import { median, quantile } from "./numbers.ts";
import type { Figure, Goal, Scenario } from "./scenarios.ts";
import type { Stage } from "./stage.ts";

export interface Figures extends Record<Figure, number> {
  delivered: number;
  cpuSeconds: number;
  peakMiB: number;
}

export interface Round {
  pipe: Figures;
  service: Figures;
  redis?: Figures;
}

export interface Verdict extends Goal {
  /** Of the service to what it is held against: the median of the rounds. NaN where that is not here. */
  ratio: number;
  ratios: number[];
  /** Undefined where there is no bound, or nothing to hold it against. */
  isMet: boolean | undefined;
}

export interface Race {
  name: string;
  title: string;
  rounds: Round[];
  verdicts: Verdict[];
}

export async function race(scenario: Scenario, stage: Stage, count: number): Promise<Race> {
  const rounds: Round[] = [];
  const contender = scenario.hasty ? stage.hasty : stage.service;
  const redis = scenario.goals.some(({ of }) => of) ? stage.redis : undefined;
  while (rounds.length < count) {
    const isPipeFirst = rounds.length % 2 === 0;
    const early = isPipeFirst ? await measure(scenario, stage.pipe) : undefined;
    const service = await measure(scenario, contender);
    const pipe = early ?? (await measure(scenario, stage.pipe));
    rounds.push({ pipe, service, ...(redis && { redis: await measure(scenario, redis) }) });
  }
  const { name, title, goals } = scenario;
  return { name, title, rounds, verdicts: goals.map((goal) => judge(goal, rounds)) };
}

/** The median of a figure over the rounds. */
export function middle(rounds: Round[], who: keyof Round, figure: keyof Figures): number {
  return median(rounds.map((round) => round[who]?.[figure] ?? Number.NaN));
}

async function measure(scenario: Scenario, contender: Contender): Promise<Figures> {
  const { result, cpuSeconds, peakMiB } = await contender.tree.during(() =>
    scenario.run(contender),
  );
  const { times, count, delivered, perSecond } = result;
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    perSecond,
    cpuPerEvent: (cpuSeconds / count) * 1_000,
    delivered,
    cpuSeconds,
    peakMiB,
  };
}

function judge(goal: Goal, rounds: Round[]): Verdict {
  const { figure, of = "pipe", atMost, atLeast } = goal;
  const ratios = rounds.map((round) => round.service[figure] / (round[of]?.[figure] ?? Number.NaN));
  const ratio = median(ratios);
  const isBound = (atMost !== undefined || atLeast !== undefined) && !Number.isNaN(ratio);
  const isWithin = ratio <= (atMost ?? Infinity) && ratio >= (atLeast ?? 0);
  const isWhole = rounds.every(({ service }) => service.delivered === 1);
  return { ...goal, ratio, ratios, isMet: isBound ? isWithin && isWhole : undefined };
}
