// The Anthropic dialect's answers: what passes through untouched, and what does not.

import { MessageStream } from "@anthropic-ai/sdk/lib/MessageStream";
import { describe, expect, inject, test } from "vitest";
import type { OutgoingEvent } from "../../../src/protocol/event.ts";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import { anthropic, readMessage, toEvent } from "../../../src/providers/anthropic/anthropic.ts";
import { readEventStream } from "../../../src/providers/event-stream.ts";
import type { Call } from "../../../src/providers/provider.ts";
import type { Route } from "../../../src/providers/route.ts";
import { anthropicStreams, toBody, toMessages } from "../../support/fixtures.ts";
import {
  aborted,
  anthropicEvent,
  anthropicStart,
  anthropicText,
  createScript,
  openGate,
  type Script,
  seen,
  toPrompt,
} from "../../support/script.ts";

const NEVER = new AbortController().signal;
const messages = [{ role: "user", content: "Hi" }];

function createCall(request: Record<string, unknown> = {}, route: Partial<Route> = {}): Call {
  return {
    messageId: "msg_ours",
    request: { model: "claude", messages, ...request } as unknown as MessageRequest,
    route: { provider: "anthropic", options: {}, ...route },
  };
}

/** The events, and what the iteration threw. */
async function collect(pieces: AsyncIterable<OutgoingEvent[]>) {
  const events: OutgoingEvent[] = [];
  try {
    for await (const piece of pieces) events.push(...piece);
  } catch (failure) {
    return { events, failure };
  }
  return { events };
}

const OVERLOADED = {
  name: "UpstreamFailure",
  type: "overloaded_error",
  message: "Overloaded",
  retryable: true,
};
const ENDED_EARLY = {
  name: "UpstreamFailure",
  type: "api_error",
  message: "The upstream's stream ended before its message did.",
  retryable: true,
};
const FAILURES: Record<string, unknown> = { error: OVERLOADED, cut: ENDED_EARLY };

describe.for(Object.entries(anthropicStreams))("%s.sse", ([name, text]) => {
  const call = createCall();
  const upstream = toMessages(text)
    .map(({ data }) => data)
    .filter((data) => !/^\{"type": ?"(ping|error)"/.test(data));

  test("passes through as it came, but for the name of the message", async () => {
    const { events, failure } = await collect(readMessage(readEventStream(toBody(text)), call));
    const [start, ...rest] = events.map(({ data }) => data);
    expect(rest).toEqual(upstream.slice(1));
    const { message } = JSON.parse(upstream[0] ?? "");
    expect(JSON.parse(start ?? "")).toEqual({
      type: "message_start",
      message: { ...message, id: "msg_ours" },
    });
    for (const { event, data } of events) expect(event).toEqual(JSON.parse(data));
    if (FAILURES[name]) expect(failure).toMatchObject(FAILURES[name]);
    else expect(failure).toBeUndefined();
  });

  test("gives the same without a line end after the last event", async () => {
    const whole = await collect(readMessage(readEventStream(toBody(text)), call));
    const body = readEventStream(toBody(text.trimEnd()));
    expect(await collect(readMessage(body, call))).toEqual(whole);
  });

  test("gives the same cut in two at any byte", async () => {
    const whole = JSON.stringify(await collect(readMessage(readEventStream(toBody(text)), call)));
    const length = new TextEncoder().encode(text).length;
    for (let cut = 1; cut < length; cut += 1) {
      const body = readEventStream(toBody(text, [cut]));
      const parts = JSON.stringify(await collect(readMessage(body, call)));
      if (parts !== whole) expect(parts, `cut at ${cut}`).toEqual(whole);
    }
  });

  if (FAILURES[name]) return;
  test("is a stream the official client takes", async () => {
    const { events } = await collect(readMessage(readEventStream(toBody(text)), call));
    const lines = toBody(events.map(({ data }) => `${data}\n`).join(""));
    const message = await MessageStream.fromReadableStream(lines).finalMessage();
    expect(message.id).toBe("msg_ours");
    expect(message.content.length).toBeGreaterThan(0);
    expect(message.stop_reason).not.toBeNull();
  });
});

const DEFAULTS = {
  type: "message",
  role: "assistant",
  model: "claude",
  id: "msg_ours",
  content: [],
  usage: { input_tokens: 0, output_tokens: 0 },
};

test.for<[string, string, object | undefined]>([
  ["no event", "", undefined],
  ["another dialect's end", "[DONE]", undefined],
  ["a ping", '{"type":"ping"}', undefined],
  ["an unknown event", '{"type":"novelty",  "x":1}', { data: '{"type":"novelty",  "x":1}' }],
  ["data of several lines", '{"type":\n"message_stop"\n}', { data: '{"type":"message_stop"}' }],
  [
    "a bare message_start",
    '{"type":"message_start","message":{}}',
    { event: { type: "message_start", message: DEFAULTS } },
  ],
  [
    "a message_start with half a usage",
    '{"type":"message_start","message":{"id":"x","usage":{"input_tokens":3},"content":null}}',
    { event: { message: { ...DEFAULTS, usage: { input_tokens: 3, output_tokens: 0 } } } },
  ],
  [
    "a message_start with keys of the vendor's own",
    '{"type":"message_start","message":{"container":{"id":"c"}},"trace":"t"}',
    { event: { message: { ...DEFAULTS, container: { id: "c" } }, trace: "t" } },
  ],
  [
    "a message_delta without usage",
    '{"type":"message_delta","delta":{"stop_reason":"end_turn"}}',
    {
      data: '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":0}}',
    },
  ],
  [
    "a message_delta with usage",
    '{"type":"message_delta", "delta":{}, "usage":{"output_tokens":3}}',
    { data: '{"type":"message_delta", "delta":{}, "usage":{"output_tokens":3}}' },
  ],
])("reads %s", ([, data, expected]) => {
  const outgoing = toEvent(data, createCall());
  if (expected === undefined) return expect(outgoing).toBeUndefined();
  expect(outgoing).toMatchObject(expected);
  expect(JSON.parse(outgoing?.data ?? "")).toEqual(outgoing?.event);
  expect(outgoing?.data).not.toContain("\n");
});

test("what ended a message stays what ended it where a server counts afterwards", async () => {
  const said = [
    { type: "message_start", message: {} },
    { type: "message_delta", delta: { stop_reason: null }, usage: { output_tokens: 1 } },
    {
      type: "message_delta",
      delta: { stop_reason: "stop_sequence", stop_sequence: "END" },
      usage: { output_tokens: 2 },
    },
    { type: "message_delta", delta: {}, usage: { output_tokens: 3 } },
    { type: "message_stop" },
  ];
  const text = said.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  const { events } = await collect(readMessage(readEventStream(toBody(text)), createCall()));
  const told = events.map(({ event }) => ("delta" in event ? event.delta : undefined));
  const end = { stop_reason: "stop_sequence", stop_sequence: "END" };
  expect(told).toEqual([undefined, { stop_reason: null }, end, end, undefined]);
  for (const { event, data } of events) expect(JSON.parse(data)).toEqual(event);
});

const NOT_AN_EVENT = {
  type: "api_error",
  message: "The upstream sent something that is not an event of the Messages API.",
  retryable: false,
};

test.for<[string, object]>([
  ["<html>", NOT_AN_EVENT],
  ["null", NOT_AN_EVENT],
  ["[]", NOT_AN_EVENT],
  ["{}", NOT_AN_EVENT],
  ['{"type":1}', NOT_AN_EVENT],
  ['{"type":""}', NOT_AN_EVENT],
  ['{"type":"a\\nid: 7"}', NOT_AN_EVENT],
  ['{"type":"message_start"}', NOT_AN_EVENT],
  ['{"type":"message_start","message":[]}', NOT_AN_EVENT],
  ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', OVERLOADED],
  [
    '{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}',
    { type: "rate_limit_error", message: "slow", retryable: true },
  ],
  [
    '{"type":"error","error":{"type":"invalid_request_error","message":"no"}}',
    { type: "invalid_request_error", message: "no", retryable: false },
  ],
  [
    '{"type":"error","error":{"type":"novel_error","message":"odd"}}',
    { type: "api_error", message: "odd", retryable: true },
  ],
  [
    '{"type":"error"}',
    { type: "api_error", message: "The upstream reported an error.", retryable: true },
  ],
  ['{"error":{"message":"odd"}}', { type: "api_error", message: "odd", retryable: true }],
])("%s fails", ([data, failure]) => {
  expect(() => toEvent(data, createCall())).toThrow(expect.objectContaining(failure));
});

describe("against a server", () => {
  const emulator = inject("emulator");

  function stream(script: Script, request: object = {}, route: Partial<Route> = {}, key?: string) {
    const prompt = [{ role: "user", content: toPrompt(script) }];
    const call = createCall(
      { ...request, messages: prompt },
      { base_url: `${emulator}/anthropic`, ...route },
    );
    return anthropic.stream(key === undefined ? call : { ...call, key }, NEVER);
  }

  test("answers with the events of the upstream", async () => {
    const script = createScript(anthropicText(["Hel", "lo"]));
    const { events, failure } = await collect(stream(script));
    expect(failure).toBeUndefined();
    expect(events.map(({ event }) => event.type)).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    const { requests } = await seen(emulator, script.id);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      path: "/anthropic/v1/messages",
      headers: { "anthropic-version": "2023-06-01" },
      body: { model: "claude", max_tokens: 4096, stream: true },
    });
    for (const absent of ["x-api-key", "anthropic-beta", "x-correlation-id"]) {
      expect(requests[0]?.headers).not.toHaveProperty(absent);
    }
  });

  test("sends key, betas, headers of the route and the correlation id", async () => {
    const script = createScript(anthropicText(["x"]));
    const route = {
      base_url: `${emulator}/anthropic/`,
      options: { beta: ["a-1", "b-2"], headers: { "x-team": "blue", "Anthropic-Version": "2027" } },
    };
    await collect(stream(script, { correlation_id: "größe" }, route, "sk-secret"));
    expect((await seen(emulator, script.id)).requests[0]).toMatchObject({
      path: "/anthropic/v1/messages",
      headers: {
        "x-api-key": "sk-secret",
        "anthropic-beta": "a-1,b-2",
        "anthropic-version": "2027",
        "x-team": "blue",
        "x-correlation-id": "gr%C3%B6%C3%9Fe",
      },
    });
  });

  test("one beta may be a string", async () => {
    const script = createScript(anthropicText(["x"]));
    await collect(stream(script, {}, { options: { beta: "a-1" } }));
    expect((await seen(emulator, script.id)).requests[0]?.headers).toMatchObject({
      "anthropic-beta": "a-1",
    });
  });

  test("shows a piece without an event as life", async () => {
    const script = createScript([
      { send: ": still here\n\n" },
      { gate: "go" },
      ...anthropicText(["x"]),
    ]);
    const pieces = stream(script)[Symbol.asyncIterator]();
    expect(await pieces.next()).toEqual({ done: false, value: [] });
    await openGate(emulator, script.id, "go");
    expect((await pieces.next()).value[0].event.type).toBe("message_start");
    await pieces.return?.();
  });

  test("stops reading after message_stop", async () => {
    const extra = anthropicEvent({ type: "novelty" });
    const script = createScript([...anthropicText(["x"]), extra, { gate: "never" }]);
    const { events, failure } = await collect(stream(script));
    expect(failure).toBeUndefined();
    expect(events.at(-1)?.event.type).toBe("message_stop");
    await aborted(emulator, script.id);
  });

  test("gives what came before an error in the same piece", async () => {
    const error = { type: "overloaded_error", message: "Overloaded" };
    const steps = [anthropicStart(), anthropicEvent({ type: "error", error })];
    const send = steps.map((step) => ("send" in step ? step.send : "")).join("");
    const { events, failure } = await collect(stream(createScript([{ send }])));
    expect(events.map(({ event }) => event.type)).toEqual(["message_start"]);
    expect(failure).toMatchObject(OVERLOADED);
  });

  test("fails where the connection breaks", async () => {
    const script = createScript(anthropicText(["x", { cut: true }]));
    const { failure } = await collect(stream(script));
    expect(failure).toMatchObject({ message: "The upstream's connection broke off." });
  });
});

describe("against the emulator by others", () => {
  function ask(prompt: string) {
    const call = createCall(
      { model: "claude-x", messages: [{ role: "user", content: prompt }] },
      { base_url: inject("aimock") },
    );
    return collect(anthropic.stream(call, NEVER));
  }

  test.for([
    ["@text", "end_turn", ["text"]],
    ["@reasoning", "end_turn", ["thinking", "text"]],
    ["@redacted", "end_turn", ["redacted_thinking", "text"]],
    ["@tools", "tool_use", ["text", "tool_use", "tool_use"]],
    ["@length", "max_tokens", ["text"]],
    ["@filter", "content_filter", ["text"]],
  ] as const)("%s ends with %s", async ([prompt, reason, blocks]) => {
    const { events, failure } = await ask(prompt);
    expect(failure).toBeUndefined();
    const starts = events.flatMap(({ event }) =>
      event.type === "content_block_start" ? [event.content_block.type] : [],
    );
    expect(starts).toEqual(blocks);
    const end = events.find(({ event }) => event.type === "message_delta")?.event;
    expect(end).toMatchObject({ delta: { stop_reason: reason } });
  });

  test.for([
    ["@429", { type: "rate_limit_error", retryable: true, retryAfterSeconds: 3 }],
    ["@500", { type: "api_error", retryable: true, message: "emulated 500" }],
    ["@529", { type: "overloaded_error", retryable: true, message: "emulated 529" }],
    ["@cut", { type: "api_error", message: "The upstream's connection broke off." }],
  ] as const)("%s fails", async ([prompt, failure]) => {
    expect((await ask(prompt)).failure).toMatchObject(failure);
  });

  test("@flaky fails once", async () => {
    const prompt = `@flaky ${crypto.randomUUID()}`;
    expect((await ask(prompt)).failure).toMatchObject({ type: "overloaded_error" });
    expect((await ask(prompt)).failure).toBeUndefined();
  });
});
