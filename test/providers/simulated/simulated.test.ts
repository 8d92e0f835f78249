// The simulated model on air: its order, its pace, and how it fails when asked to.
// Time is a number that these tests turn; where something waits without end, only abort ends it.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "../../../src/protocol/event.ts";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import { emptyMessage, fold } from "../../../src/protocol/snapshot.ts";
import {
  type Clock,
  createSimulated,
  simulated,
} from "../../../src/providers/simulated/simulated.ts";

const never = new AbortController().signal;

function ask(text: string, rest: Record<string, unknown> = {}): MessageRequest {
  const messages = [{ role: "user", content: text }];
  return { model: "simulated-20@0", messages, ...rest } as unknown as MessageRequest;
}

interface TestClock extends Clock {
  waits: number[];
}

/** Waiting takes no time, and `late` ms longer than asked for. */
function createClock(late = 0): TestClock {
  let now = 1_000;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    async wait(ms) {
      waits.push(ms);
      now += ms + late;
    },
  };
}

function open(request: MessageRequest, options = {}, clock: Clock = createClock()) {
  const route = { provider: "simulated" as const, options };
  return createSimulated(clock).stream({ messageId: "msg_1", request, route }, never);
}

/** Events as their texts say them, batch by batch. */
async function read(...call: Parameters<typeof open>): Promise<StreamEvent[][]> {
  const batches: StreamEvent[][] = [];
  for await (const batch of open(...call)) batches.push(batch.map(({ data }) => JSON.parse(data)));
  return batches;
}

function isToken(event: StreamEvent): boolean {
  return event.type === "content_block_delta" && event.delta.type !== "signature_delta";
}

describe("pace", () => {
  const paced = (model: string) => ask("hi", { model });
  const sizes = (batches: StreamEvent[][]) => batches.map((batch) => batch.filter(isToken).length);

  test("sends each token when it is due", async () => {
    const clock = createClock();
    const batches = await read(paced("simulated-6@4"), {}, clock);
    expect(sizes(batches)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(clock.waits).toEqual([250, 250, 250, 250, 250]);
  });

  test("makes up for waits that took too long", async () => {
    const clock = createClock(400);
    const batches = await read(paced("simulated-8@10"), {}, clock);
    expect(sizes(batches)).toEqual([1, 5, 2]);
  });

  test("waits before it begins", async () => {
    const clock = createClock();
    await read(paced("simulated-1+700ms"), {}, clock);
    expect(clock.waits).toEqual([700]);
  });

  test("without a rate lets others run between batches", async () => {
    const clock = createClock();
    const batches = await read(paced("simulated-150@0"), {}, clock);
    expect(sizes(batches)).toEqual([64, 64, 22]);
    expect(clock.waits).toEqual([0, 0]);
  });

  test("says only so much at once", async () => {
    const batches = await read(paced("simulated-5000@1000000"), {}, createClock(60_000));
    expect(Math.max(...sizes(batches))).toBe(1_024);
  });
});

describe("failures", () => {
  const failing = (failure: string, rest = {}) =>
    ask("hi", { model: `simulated-20@0!${failure}`, ...rest });

  /** What was shown before the end, and what the end was. */
  async function watch(request: MessageRequest) {
    const events: StreamEvent[] = [];
    try {
      for await (const batch of open(request)) events.push(...batch.map(({ event }) => event));
      return { events, end: "bare" };
    } catch (end) {
      return { events, end };
    }
  }

  test("overloaded: before the first event", async () => {
    const { events, end } = await watch(failing("overloaded"));
    expect(events).toEqual([]);
    expect(end).toMatchObject({ type: "overloaded_error", retryable: true });
  });

  test("error: half-way through the text", async () => {
    const { events, end } = await watch(failing("error", { thinking: { type: "enabled" } }));
    expect(events.filter(isToken)).toHaveLength(40 + 10);
    expect(end).toMatchObject({ type: "api_error" });
  });

  test("cut: half-way, without a word", async () => {
    const { events, end } = await watch(failing("cut"));
    expect(events.filter(isToken)).toHaveLength(10);
    expect(events.at(-1)?.type).toBe("content_block_delta");
    expect(end).toBe("bare");
  });

  test("an answer without any text fails too", async () => {
    const { events, end } = await watch(failing("error", { stop_sequences: ["This"] }));
    expect(events.map(({ type }) => type)).toEqual(["message_start"]);
    expect(end).toMatchObject({ type: "api_error" });
  });
});

describe("abort", () => {
  const leaving = new Error("nobody listens");

  // Each of these waits for a thousand seconds or more.
  test.for<[string, number]>([
    ["simulated-20+9000000ms", 0],
    ["simulated-20@0.001", 1],
    ["simulated-20@0!stall", 10],
  ])("ends the waiting of %s", async ([model, heard]) => {
    const controller = new AbortController();
    const route = { provider: "simulated" as const, options: {} };
    const call = { messageId: "msg_1", request: ask("hi", { model }), route };
    const batches = simulated.stream(call, controller.signal)[Symbol.asyncIterator]();
    if (heard > 0) {
      const { value } = await batches.next();
      expect(value.map(({ event }: { event: StreamEvent }) => event).filter(isToken)).toHaveLength(
        heard,
      );
    }
    const next = batches.next();
    controller.abort(leaving);
    await expect(next).rejects.toBe(leaving);
  });

  test("before the beginning is in time", async () => {
    const route = { provider: "simulated" as const, options: {} };
    const call = { messageId: "msg_1", request: ask("hi"), route };
    const batches = simulated.stream(call, AbortSignal.abort(leaving));
    await expect(batches[Symbol.asyncIterator]().next()).rejects.toBe(leaving);
  });
});

test("the route's model comes before the one asked for", async () => {
  const route = { provider: "simulated" as const, model: "simulated-3@0", options: {} };
  const call = { messageId: "msg_1", request: ask("hi"), route };
  const events: StreamEvent[] = [];
  for await (const batch of simulated.stream(call, never)) {
    events.push(...batch.map(({ event }) => event));
  }
  const message = fold(emptyMessage("", ""), events);
  expect(message).toMatchObject({ model: "simulated-3@0", usage: { output_tokens: 3 } });
});

test("fields that it cannot honour are told", () => {
  const request = ask("hi", {
    ...{ system: [], max_tokens: 1, stop_sequences: [], seed: 1, thinking: { type: "disabled" } },
    ...{ tools: [{ name: "a", input_schema: {} }], tool_choice: { type: "auto" } },
    ...{ output_config: { effort: "low" }, stream: true, metadata: {}, correlation_id: "c" },
    ...{ on_interrupt: "fail", expires_after: 1, webhook: {}, top_p: undefined, temperature: 0 },
    ...{ mcp_servers: [{ url: "https://mcp.test/" }], invented: true },
  });
  const route = { provider: "simulated" as const, options: {} };
  const ignored = ["temperature", "mcp_servers", "invented"];
  expect(simulated.ignoredFields(request, route)).toEqual(ignored);
  const withNothing = { ...request, tool_context: [], mcp_servers: [] } as MessageRequest;
  expect(simulated.ignoredFields(withNothing, route)).toEqual(["temperature", "invented"]);
  const withBuiltIn = { ...request, tools: [{ type: "bash_v1" }] } as MessageRequest;
  expect(simulated.ignoredFields(withBuiltIn, route)).toEqual(["tools", ...ignored]);
});

describe("any request", () => {
  const schema = fc.constantFrom({ type: "object" }, { items: { type: "string" }, minItems: 9 });
  const tool = fc.record({ name: fc.constantFrom("a", "b", "look_up"), input_schema: schema });
  const fields = fc.record(
    {
      max_tokens: fc.integer({ min: 1, max: 300 }),
      seed: fc.integer(),
      stop_sequences: fc.array(fc.constantFrom("the", ".", " a", "zebra", "model. Y")),
      thinking: fc.constantFrom(...["enabled", "adaptive", "disabled"].map((type) => ({ type }))),
      tools: fc.uniqueArray(tool, { selector: ({ name }) => name }),
      tool_choice: fc.constantFrom(...["auto", "any", "none"].map((type) => ({ type }))),
      output_config: schema.map((one) => ({ format: { type: "json_schema", schema: one } })),
    },
    { requiredKeys: [] },
  );
  const asked = fc.oneof(fc.string({ unit: "binary" }), fc.constant("a, look_up and b"));
  const speech = fc.record({
    tokens: fc.integer({ min: 1, max: 200 }),
    rate: fc.constantFrom(0, 1, 37.5, 100_000),
    thinking_tokens: fc.nat(50),
  });

  test("is answered in the grammar of the stream, and its tokens are counted", async () => {
    const property = fc.asyncProperty(asked, fields, speech, async (text, rest, options) => {
      const request = ask(text, { ...rest, model: "any" });
      const events = (await read(request, options)).flat();
      expect(events.map(toLetter).join("")).toMatch(/^\((\[d*\])*\$\)$/);
      const indices = events.flatMap((event) => ("index" in event ? [event.index] : []));
      expect(indices).toEqual(indices.toSorted((one, other) => one - other));
      expect(new Set(indices).size).toBe((indices.at(-1) ?? -1) + 1);

      const { usage, content, stop_reason } = fold(emptyMessage("", ""), events);
      expect(usage.output_tokens).toBe(events.filter(isToken).length);
      expect(usage.output_tokens).toBeLessThanOrEqual(rest.max_tokens ?? Number.POSITIVE_INFINITY);
      if (stop_reason === "max_tokens") expect(usage.output_tokens).toBe(rest.max_tokens);
      const isProse = content.at(-1)?.type === "text" && rest.output_config === undefined;
      if (stop_reason === "end_turn" && isProse) {
        const words = String(content.at(-1)?.text).split(/\s+/);
        expect(words).toHaveLength(options.tokens);
      }
    });
    await fc.assert(property);
  });

  function toLetter({ type }: StreamEvent): string {
    const letters: Partial<Record<StreamEvent["type"], string>> = {
      message_start: "(",
      content_block_start: "[",
      content_block_delta: "d",
      content_block_stop: "]",
      message_delta: "$",
      message_stop: ")",
    };
    return letters[type] ?? "?";
  }
});
