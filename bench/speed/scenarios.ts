// What is measured, how, and what it is to come to beside the pipe. The names are those of the budgets.

import type { Answered, Contender } from "./contender.ts";
import { sum } from "./numbers.ts";
import type { Plan } from "./plan.ts";
import { now } from "./stamp.ts";

/** What one contender did in one round. */
export interface Sample {
  /** In ms: delays of events, or times to an answer. */
  times: number[];
  /** Events, or starts. */
  count: number;
  /** Of what was due, the part that came. */
  delivered: number;
  perSecond: number;
}

export type Figure = "p50" | "p99" | "perSecond" | "cpuPerEvent";

/** A bound on the ratio to the pipe; none where it is there to be known. */
export interface Goal {
  figure: Figure;
  /** On the ratio to this instead. */
  of?: "redis";
  atMost?: number;
  atLeast?: number;
}

export interface Scenario {
  name: string;
  title: string;
  /** Asks for `FLUSH_INTERVAL_MS=0`. */
  hasty?: boolean;
  goals: Goal[];
  run(contender: Contender): Promise<Sample>;
}

export function listScenarios(quick: boolean): Scenario[] {
  const seconds = quick ? 3 : 10;
  const paced = (perSecond: number): Plan => ({ events: perSecond * seconds, perSecond });
  const at100 = paced(100);
  const flood = { events: 20_000, perSecond: 0 };
  const brief = { events: 5, perSecond: 0 };
  const tries = quick ? 20 : 60;
  return [
    {
      name: "S1a",
      title: "time to first text",
      goals: [{ figure: "p50", atMost: 2.4 }],
      run: (contender) => timesToText(() => contender.answer(brief), tries),
    },
    {
      name: "S1a-one",
      title: "the same, started and watched by one request",
      goals: [{ figure: "p50", atMost: 2.4 }],
      run: (contender) => timesToText(() => contender.answerAtOnce(brief), tries),
    },
    {
      name: "S1b",
      title: "delay, 1 message at 100/s, unheld",
      hasty: true,
      goals: [
        { figure: "p50", atMost: 2.8 },
        { figure: "cpuPerEvent", atMost: 2 },
      ],
      run: (contender) => delays(contender, at100, 1),
    },
    {
      name: "S1b-openai",
      title: "the same, OpenAI dialect",
      hasty: true,
      goals: [{ figure: "p50" }, { figure: "cpuPerEvent" }],
      run: async (contender) => sample(at100, [await contender.answer(at100, 1, "openai")], 1),
    },
    {
      name: "S1-defaults",
      title: "delay, 1 message at 100/s",
      goals: [{ figure: "p50" }, { figure: "p99" }, { figure: "cpuPerEvent", atMost: 2 }],
      run: (contender) => delays(contender, at100, 1),
    },
    {
      name: "S1c",
      title: "20 messages at 100/s",
      goals: [{ figure: "p99" }, { figure: "p99", of: "redis", atMost: 1.5 }],
      run: (contender) => delays(contender, at100, 20),
    },
    {
      name: "S2",
      title: "1 message of 20,000, as fast as possible",
      goals: [{ figure: "perSecond", atLeast: 0.35 }, { figure: "cpuPerEvent" }],
      run: (contender) => delays(contender, flood, 1),
    },
    {
      name: "S2-openai",
      title: "the same, OpenAI dialect",
      goals: [{ figure: "perSecond" }],
      run: async (contender) => sample(flood, [await contender.answer(flood, 1, "openai")], 1),
    },
    {
      name: "S3-100",
      title: "50/s to 100 observers",
      goals: [{ figure: "p99", atMost: 3 }],
      run: (contender) => delays(contender, paced(50), 1, 100),
    },
    {
      name: "S3-500",
      title: "50/s to 500 observers",
      goals: [{ figure: "p99", atMost: 0.7 }],
      run: (contender) => delays(contender, paced(50), 1, 500),
    },
    {
      name: "S4",
      title: "replay of 20,000 events",
      goals: [{ figure: "perSecond", atLeast: 1.2 }],
      run: (contender) => replay(contender, flood),
    },
    {
      name: "S5-50",
      title: "50 messages at 20/s",
      goals: [{ figure: "p99", atMost: 15 }],
      run: (contender) => delays(contender, paced(20), 50),
    },
    {
      name: "S5-200",
      title: "200 messages at 20/s",
      goals: [{ figure: "p99", atMost: 60 }],
      run: (contender) => delays(contender, paced(20), 200),
    },
    {
      name: "S6",
      title: "start: answer of the POST",
      goals: [{ figure: "p50", atMost: 2.2 }],
      run: (contender) => startsInTurn(contender, brief, tries),
    },
    {
      name: "S6-20",
      title: "starts, 20 at once",
      goals: [{ figure: "perSecond", atLeast: 0.4 }],
      run: (contender) => startsAtOnce(contender, brief, tries * 5, 20),
    },
  ];
}

async function delays(
  contender: Contender,
  plan: Plan,
  messages: number,
  observers = 1,
): Promise<Sample> {
  const all = Array.from({ length: messages }, () => contender.answer(plan, observers));
  return sample(plan, await Promise.all(all), observers);
}

function sample({ events }: Plan, answers: Answered[], observers: number): Sample {
  const readings = answers.flatMap((answer) => answer.readings);
  const times = readings.flatMap((reading) => reading.delays);
  const count = sum(readings.map((reading) => reading.count));
  const from = Math.min(...readings.map(({ firstAt }) => firstAt));
  const to = Math.max(...readings.map(({ endedAt }) => endedAt));
  return {
    times,
    count,
    delivered: count / (events * observers * answers.length),
    perSecond: (count / (to - from)) * 1_000,
  };
}

async function timesToText(answer: () => Promise<Answered>, tries: number): Promise<Sample> {
  const times: number[] = [];
  for (let count = 0; count < tries; count += 1) {
    const { askedAt, readings } = await answer();
    for (const { firstAt } of readings) times.push(firstAt - askedAt);
  }
  return { times, count: tries, delivered: times.length / tries, perSecond: Number.NaN };
}

async function replay(contender: Contender, plan: Plan): Promise<Sample> {
  const readAgain = await contender.keep(plan);
  const askedAt = now();
  const { count, endedAt } = await readAgain();
  const perSecond = (count / (endedAt - askedAt)) * 1_000;
  return { times: [], count, delivered: count / plan.events, perSecond };
}

/** One after the other, each when the message before it is over. */
async function startsInTurn(contender: Contender, plan: Plan, count: number): Promise<Sample> {
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const { tookMs, settle } = await contender.start(plan);
    times.push(tookMs);
    await settle();
  }
  return { times, count, delivered: 1, perSecond: Number.NaN };
}

/** So many at once, while the messages that they started run. */
async function startsAtOnce(
  contender: Contender,
  plan: Plan,
  count: number,
  atOnce: number,
): Promise<Sample> {
  const times: number[] = [];
  const settling: (() => Promise<unknown>)[] = [];
  const startedAt = now();
  let left = count;
  const startOn = async () => {
    while (left-- > 0) {
      const { tookMs, settle } = await contender.start(plan);
      times.push(tookMs);
      settling.push(settle);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, startOn));
  const perSecond = (count / (now() - startedAt)) * 1_000;
  await Promise.all(settling.map((settle) => settle()));
  return { times, count, delivered: 1, perSecond };
}
