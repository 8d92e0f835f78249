// Workers AI: its own stream, its binding, and its API.

import { describe, expect, inject, test } from "vitest";
import type { OutgoingEvent } from "../../../src/protocol/event.ts";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import type { Call } from "../../../src/providers/provider.ts";
import type { Route } from "../../../src/providers/route.ts";
import { createNativeTranslator } from "../../../src/providers/workers-ai/chunks.ts";
import { workersAi } from "../../../src/providers/workers-ai/workers-ai.ts";
import { foldWithSdk } from "../../support/folding.ts";
import { openaiStreams } from "../../support/openai-streams.ts";
import { createScript, seen, toPrompt } from "../../support/script.ts";

const NEVER = new AbortController().signal;
const MODEL = "@cf/meta/llama-4-scout-17b-16e-instruct";

function createCall(request: Record<string, unknown> = {}, route: Partial<Route> = {}): Call {
  const messages = [{ role: "user", content: "Hi" }];
  return {
    messageId: "msg_ours",
    request: { model: "asked", messages, max_tokens: 20, ...request } as unknown as MessageRequest,
    route: { provider: "workers-ai", model: MODEL, options: {}, ...route },
  };
}

async function collect(pieces: AsyncIterable<OutgoingEvent[]>) {
  const events: OutgoingEvent["event"][] = [];
  try {
    for await (const piece of pieces) events.push(...piece.map(({ event }) => event));
  } catch (failure) {
    return { events, failure };
  }
  return { events };
}

interface Run {
  model: string;
  inputs: Record<string, unknown>;
  options: { returnRawResponse?: boolean; signal?: AbortSignal };
}

/** A binding that answers every run with `response`, and remembers the runs. */
function createBinding(response: () => Response): { ai: Ai; runs: Run[] } {
  const runs: Run[] = [];
  const run = async (model: string, inputs: Run["inputs"], options: Run["options"]) => {
    runs.push({ model, inputs, options });
    return response();
  };
  return { ai: { run } as unknown as Ai, runs };
}

function streamOf(name: string): Response {
  return new Response(openaiStreams[name], { headers: { "content-type": "text/event-stream" } });
}

describe("the binding", () => {
  test.for<[string, string]>([
    ["workers-ai-native", "The answer is 42"],
    ["text", "Hello, world!"],
  ])("reads %s", async ([name, text]) => {
    const { ai, runs } = createBinding(() => streamOf(name));
    const call = createCall(
      { correlation_id: "c-1" },
      { options: { headers: { "x-title": "t" } } },
    );
    const { events, failure } = await collect(workersAi(ai).stream({ ...call, key: "k" }, NEVER));
    expect(failure).toBeUndefined();
    expect(await foldWithSdk(events)).toMatchObject({ id: "msg_ours", content: [{ text }] });
    expect(runs).toMatchObject([{ model: MODEL, inputs: { stream: true, max_tokens: 20 } }]);
    const extraHeaders = { "x-correlation-id": "c-1", "x-title": "t" };
    expect(runs[0]?.options).toEqual({ returnRawResponse: true, signal: NEVER, extraHeaders });
    expect(runs[0]?.inputs).not.toHaveProperty("model");
  });

  test("an answer as long as it may be was cut off", async () => {
    const { ai } = createBinding(() => streamOf("workers-ai-native"));
    const { events } = await collect(workersAi(ai).stream(createCall({ max_tokens: 7 }), NEVER));
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: "max_tokens" } });
  });

  test("is not run once the signal has aborted", async () => {
    const { ai, runs } = createBinding(() => streamOf("text"));
    const { failure } = await collect(
      workersAi(ai).stream(createCall(), AbortSignal.abort(new Error("cancelled"))),
    );
    expect(failure).toMatchObject({ message: "cancelled" });
    expect(runs).toEqual([]);
  });

  test.for<[string, () => Response, object]>([
    [
      "an error of Cloudflare's",
      () => Response.json({ errors: [{ code: 3040, message: "No capacity" }] }, { status: 429 }),
      { type: "rate_limit_error", message: "No capacity (3040)", retryable: true },
    ],
    [
      "an error of the model's",
      () => Response.json({ internalCode: 5007, description: "No such model" }, { status: 400 }),
      { type: "invalid_request_error", message: "No such model (5007)", retryable: false },
    ],
    [
      "an error that says nothing",
      () => new Response("oops", { status: 502 }),
      { type: "api_error", message: "Workers AI answered with status 502.", retryable: true },
    ],
    [
      "no stream",
      () => Response.json({ response: "Hi" }),
      { type: "api_error", message: expect.stringContaining(MODEL), retryable: false },
    ],
    [
      "a stream without an end",
      () => {
        const headers = { "content-type": "text/event-stream" };
        return new Response('data: {"response":"a"}\n\n', { headers });
      },
      { type: "api_error", retryable: true },
    ],
    [
      "an error in the stream",
      () => {
        const headers = { "content-type": "text/event-stream" };
        return new Response('data: {"errors":[{"message":"gone","code":3}]}\n\n', { headers });
      },
      { type: "api_error", message: "gone" },
    ],
    [
      "a binding that throws",
      () => {
        throw new Error("Binding AI needs to be run remotely");
      },
      {
        message: "Workers AI could not be reached: Binding AI needs to be run remotely",
        retryable: true,
      },
    ],
  ])("%s is a failure", async ([, response, expected]) => {
    const { ai } = createBinding(response);
    const { failure } = await collect(workersAi(ai).stream(createCall(), NEVER));
    expect(failure).toMatchObject({ name: "UpstreamFailure", ...expected });
  });
});

test("a route with base_url goes there", async () => {
  const emulator = inject("emulator");
  const script = createScript([{ send: openaiStreams["workers-ai-native"] ?? "" }]);
  const call = createCall(
    { messages: [{ role: "user", content: toPrompt(script) }] },
    { base_url: `${emulator}/openai/v1` },
  );
  const { events } = await collect(workersAi(undefined).stream({ ...call, key: "t" }, NEVER));
  expect(await foldWithSdk(events)).toMatchObject({ content: [{ text: "The answer is 42" }] });
  expect((await seen(emulator, script.id)).requests).toMatchObject([
    { headers: { authorization: "Bearer t" }, body: { model: MODEL } },
  ]);
});

test("with neither binding nor address the settings are named", async () => {
  const { failure } = await collect(workersAi(undefined).stream(createCall(), NEVER));
  expect(failure).toMatchObject({ message: expect.stringMatching(/AI.*account_id.*MODELS/) });
});

/** A piece of the native stream, and the delta it becomes. */
test.for<[unknown, unknown]>([
  [{ response: "a" }, { content: "a", tool_calls: null }],
  [{ response: 7 }, { content: "7", tool_calls: null }],
  [{ response: { a: 1 } }, { content: '{"a":1}', tool_calls: null }],
  [{ response: null }, { content: null, tool_calls: null }],
  [
    { tool_calls: [{ name: "f", arguments: { a: 1 } }] },
    { content: null, tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }] },
  ],
  [
    { tool_calls: [{ id: "c", index: 0, function: { name: "f", arguments: "{" } }] },
    { content: null, tool_calls: [{ id: "c", index: 0, function: { name: "f", arguments: "{" } }] },
  ],
])("%j in native", ([piece, delta]) => {
  const { toChunk } = createNativeTranslator(10);
  expect(toChunk(piece)).toMatchObject({ choices: [{ index: 0, delta }] });
});

test("a finish of its own is not made up again", () => {
  const { toChunk, atDone } = createNativeTranslator(10);
  toChunk({ response: "a", finish_reason: "length" });
  expect(atDone()).toBeUndefined();
});

test("what is a chunk already stays one, and has no end to be made up", () => {
  const { toChunk, atDone } = createNativeTranslator(10);
  const chunk = { choices: [{ index: 0, delta: { content: "a" } }] };
  expect(toChunk(chunk)).toBe(chunk);
  expect(atDone()).toBeUndefined();
});
