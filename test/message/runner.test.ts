// One run against providers that do what a script says. Waits are real and short.

import { describe, expect, test } from "vitest";
import { createTimeLimit } from "../../src/lib/time-limit.ts";
import {
  type Asking,
  ask,
  type Failure,
  type RunEnd,
  retryDelay,
} from "../../src/message/runner.ts";
import { ApiError, type Problem } from "../../src/protocol/errors.ts";
import type { OutgoingEvent } from "../../src/protocol/event.ts";
import type { MessageRequest } from "../../src/protocol/request.ts";
import { UpstreamFailure } from "../../src/providers/failure.ts";
import type { Provider } from "../../src/providers/provider.ts";
import type { Route } from "../../src/providers/route.ts";
import { Speaker } from "../support/alphabet.ts";

const failure: Failure = { problem: { reason: "internal" }, retryable: true };

// failure, retry, of, dice -> ms; undefined is "not again"
test.for<[Partial<Failure>, number, number, number, number | undefined]>([
  [{}, 0, 2, 0, 0],
  [{}, 0, 2, 0.5, 250],
  [{}, 1, 2, 0.5, 500],
  [{}, 3, 9, 0.5, 2_000],
  [{}, 8, 9, 0.5, 4_000],
  [{}, 2, 2, 0.5, undefined],
  [{}, 0, 0, 0.5, undefined],
  [{ retryable: false }, 0, 2, 0.5, undefined],
  [{ retryable: false, retryAfterSeconds: 1 }, 0, 2, 0.5, undefined],
  [{ retryAfterSeconds: 3 }, 0, 2, 0, 3_000],
  [{ retryAfterSeconds: 3 }, 0, 2, 0.5, 3_250],
  [{ retryAfterSeconds: 0 }, 0, 2, 0, 0],
  [{ retryAfterSeconds: 60 }, 0, 2, 0, 60_000],
  [{ retryAfterSeconds: 61 }, 0, 2, 0, undefined],
  [{ retryAfterSeconds: 3 }, 2, 2, 0, undefined],
])("%j, retry %i of %i, dice at %d: %s ms", ([given, retry, maxRetries, random, waitMs]) => {
  expect(retryDelay({ ...failure, ...given }, retry, maxRetries, random)).toBe(waitMs);
});

/** A word to say, a failure, or a wait for the signal that then throws, or just ends. */
type Turn = string | Error | "silence" | "silence, then an end";

function provider(turns: Turn[]): Provider {
  return {
    async *stream(_call, signal) {
      const speaker = new Speaker();
      for (const turn of turns) {
        if (turn instanceof Error) throw turn;
        if (!turn.startsWith("silence")) {
          yield speaker.say(turn);
          continue;
        }
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        if (turn === "silence") throw signal.reason;
        return;
      }
    },
    ignoredFields: () => [],
  };
}

interface Outcome {
  end: RunEnd;
  word: string;
  /** The models of the routes that were tried, in order. */
  tried: string[];
}

/** A run over routes, each with what its provider does when it is asked first, second, ... */
async function play(
  routes: Turn[][][],
  change: (asking: Asking) => Partial<Asking> = () => ({}),
): Promise<Outcome> {
  const recorded: OutgoingEvent[] = [];
  const tried: string[] = [];
  const request = { model: "x", messages: [] } as unknown as MessageRequest;
  const given: Asking = {
    messageId: "m",
    routes: routes.map((_, at) => ({ provider: "simulated", model: `${at}`, options: {} })),
    limits: { stallSeconds: 5, deadlineSeconds: 10, maxRetries: 1 },
    cancelled: new AbortController().signal,
    provider: ({ model }: Route) => {
      const asked = tried.filter((name) => name === model).length;
      return provider(routes[Number(model)]?.[asked - 1] ?? []);
    },
    secret: () => "",
    trying: ({ model }) => {
      tried.push(model ?? "");
      return request;
    },
    record: (events) => void recorded.push(...events),
    begun: () => recorded.length > 0,
    complete: () => recorded.at(-1)?.event.type === "message_stop",
  };
  const asking = { ...given, ...change(given) };
  const deadline = createTimeLimit(asking.limits.deadlineSeconds * 1000);
  const end = await ask(asking, deadline.signal).finally(() => deadline.stop());
  return { end, word: recorded.map(({ event }) => event.type[0]).join(""), tried };
}

const WHOLE: Turn[] = ["MBd", "dE", "CS"];
const busy = new UpstreamFailure("overloaded_error", "busy", {
  retryable: true,
  retryAfterSeconds: 0,
});
const wrong = new UpstreamFailure("invalid_request_error", "wrong");
const failed = (problem: Problem): RunEnd => ({ type: "failed", problem });
const upstream = ({ type, message }: UpstreamFailure): Partial<Problem> => ({
  reason: "upstream",
  error: { type, message },
});

test.for<[string, Turn[][][], string[], Partial<Problem> | undefined]>([
  ["one that answers is asked once", [[WHOLE]], ["0"], undefined],
  ["one that is busy is asked again", [[[busy], WHOLE]], ["0", "0"], undefined],
  ["then the next is", [[[busy], [busy]], [WHOLE]], ["0", "0", "1"], undefined],
  ["one that will not is left at once", [[[wrong]], [WHOLE]], ["0", "1"], undefined],
  ["the last one's word counts", [[[busy], [busy]], [[wrong]]], ["0", "0", "1"], upstream(wrong)],
  ["a sign of life is no event", [[["", busy], WHOLE]], ["0", "0"], undefined],
  ["after an event nobody else is asked", [[["M", busy], WHOLE], [WHOLE]], ["0"], upstream(busy)],
  ["a bare end is a failure", [[["MBd"]]], ["0"], { reason: "upstream" }],
  ["what a provider throws is not told", [[[new Error("secret")]]], ["0"], { reason: "internal" }],
])("%s", async ([, routes, expected, problem]) => {
  const { end, tried } = await play(routes);
  expect(tried).toEqual(expected);
  if (problem) expect(end).toMatchObject({ type: "failed", problem });
  else expect(end).toEqual({ type: "completed" });
});

describe("limits", () => {
  const limits = { stallSeconds: 5, deadlineSeconds: 5, maxRetries: 1 };

  test.for<[string, Turn[]]>([
    ["from the start", ["silence"]],
    ["in the middle", ["MBd", "silence"]],
    ["that is given up without a word", ["silence, then an end"]],
  ])("silence %s ends the run, and says so", async ([, turns]) => {
    const stalls = () => ({ limits: { ...limits, stallSeconds: 0.05 } });
    const { end, tried } = await play([[turns, WHOLE]], stalls);
    expect([end, tried]).toEqual([failed({ reason: "stalled", seconds: 0.05 }), ["0"]]);
  });

  test("one that is silent is left for the next", async () => {
    const stalls = () => ({ limits: { ...limits, stallSeconds: 0.05 } });
    const { end, tried } = await play([[["silence"]], [WHOLE]], stalls);
    expect([end, tried]).toEqual([{ type: "completed" }, ["0", "1"]]);
  });

  test.for<[string, Turn[][][]]>([
    ["an answer", [[["MBd", "silence"]]]],
    ["a silence", [[["silence"]], [WHOLE]]],
    ["a silence that is given up without a word", [[["silence, then an end"]], [WHOLE]]],
    [
      "a wait to try again",
      [
        [[new UpstreamFailure("api_error", "", { retryable: true, retryAfterSeconds: 30 })]],
        [WHOLE],
      ],
    ],
  ])("%s that takes too long ends the run, and says so", async ([, routes]) => {
    const hurries = () => ({ limits: { ...limits, deadlineSeconds: 0.05 } });
    const { end } = await play(routes, hurries);
    expect(end).toEqual(failed({ reason: "deadline", seconds: 0.05 }));
  });

  test("an answer without end is ended", async () => {
    const endless: Provider = {
      ...provider([]),
      async *stream() {
        const speaker = new Speaker();
        for (yield speaker.say("MB"); ; await scheduler.wait(0)) yield speaker.say("d");
      },
    };
    const { end, word } = await play([[]], () => ({
      provider: () => endless,
      limits: { ...limits, deadlineSeconds: 0.5 },
    }));
    expect(end).toEqual(failed({ reason: "deadline", seconds: 0.5 }));
    expect(word.length).toBeGreaterThan(3);
  });
});

describe("a cancelled run", () => {
  test.for<[string, Turn[][]]>([
    ["while it is silent", [["silence"]]],
    ["in the middle", [["MBd", "silence"]]],
    [
      "while it waits to try again",
      [[new UpstreamFailure("api_error", "", { retryable: true, retryAfterSeconds: 30 })]],
    ],
  ])("asks nobody else: %s", async ([, turns]) => {
    const controller = new AbortController();
    const { tried } = await play([turns, [WHOLE]], ({ trying }) => ({
      cancelled: controller.signal,
      trying: (route) => {
        setTimeout(() => controller.abort(), 20);
        return trying(route);
      },
    }));
    expect(tried).toEqual(["0"]);
  });

  test("is whole if the last word was said by then", async () => {
    const controller = new AbortController();
    const { end } = await play([[WHOLE]], ({ record }) => ({
      cancelled: controller.signal,
      record: (events) => {
        if (events.at(-1)?.event.type === "message_stop") controller.abort();
        return record(events);
      },
    }));
    expect(end).toEqual({ type: "completed" });
  });
});

test("a run waits until there is room for what it records", async () => {
  const order: string[] = [];
  const speaks: Provider = {
    ...provider([]),
    async *stream() {
      for (const word of WHOLE) {
        order.push("said");
        yield new Speaker().say(word as string);
      }
    },
  };
  await play([[]], () => ({
    provider: () => speaks,
    record: async () => {
      await scheduler.wait(5);
      order.push("room");
    },
    complete: () => true,
  }));
  expect(order).toEqual(["said", "room", "said", "room", "said", "room"]);
});

test("a secret that is not set fails the run by its name", async () => {
  const problem: Problem = {
    reason: "bad_setting",
    setting: "KEY",
    message: "this secret is not set",
  };
  const { end, tried } = await play([[WHOLE]], () => ({
    routes: [{ provider: "openai", key: "KEY", options: {} }],
    secret: () => {
      throw new ApiError(problem);
    },
  }));
  expect([end, tried]).toEqual([failed(problem), []]);
});

test("an upstream's sentence is cut where it is too long, and a key before that", async () => {
  const sentence = `${"x".repeat(1_995)}sk-secret${"y".repeat(5_000)}`;
  const { end } = await play([[[new UpstreamFailure("api_error", sentence)]]], ({ routes }) => ({
    routes: routes.map((route) => ({ ...route, key: "KEY" })),
    secret: () => "sk-secret",
  }));
  const message = `${"x".repeat(1_995)}[key]`;
  expect(end).toMatchObject(failed({ reason: "upstream", error: { type: "api_error", message } }));
});
