// Answers of OpenAI-compatible servers, from bytes to events.

import { describe, expect, inject, test } from "vitest";
import type { OutgoingEvent } from "../../../src/protocol/event.ts";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import { readEventStream } from "../../../src/providers/event-stream.ts";
import { chatCompletions, openai } from "../../../src/providers/openai/openai.ts";
import type { Call } from "../../../src/providers/provider.ts";
import type { Route } from "../../../src/providers/route.ts";
import { createNativeTranslator } from "../../../src/providers/workers-ai/chunks.ts";
import { toBody } from "../../support/fixtures.ts";
import { findOffence, foldWithSdk } from "../../support/folding.ts";
import { EXPECTED, openaiStreams, STOP_SEQUENCES } from "../../support/openai-streams.ts";
import { aborted, createScript, seen, toPrompt } from "../../support/script.ts";

const NEVER = new AbortController().signal;

function createCall(request: Record<string, unknown> = {}, route: Partial<Route> = {}): Call {
  const messages = [{ role: "user", content: "Hi" }];
  return {
    messageId: "msg_ours",
    request: { model: "asked", messages, ...request } as unknown as MessageRequest,
    route: { provider: "openai", options: {}, ...route },
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

/** Reads `text`, cut at `cuts`, with the ids that were made on the way numbered. */
async function read(text: string, cuts: number[] = []) {
  const call = createCall({ stop_sequences: STOP_SEQUENCES });
  const open = () => readEventStream(toBody(text, cuts));
  const { events, failure } = await collect(
    chatCompletions(open, call, createNativeTranslator(4096)),
  );
  const ids: string[] = [];
  const named = JSON.stringify(events.map(({ data }) => data)).replace(/toolu_\w{32}/g, (id) => {
    if (!ids.includes(id)) ids.push(id);
    return `toolu_${ids.indexOf(id) + 1}`;
  });
  const data: string[] = JSON.parse(named);
  return { events: data.map((text) => JSON.parse(text)), failure, named };
}

test("every stream on file is expected to be something", () => {
  expect(Object.keys(openaiStreams).sort()).toEqual(Object.keys(EXPECTED).sort());
});

describe.for(Object.entries(openaiStreams))("%s.sse", ([name, text]) => {
  const expected = EXPECTED[name];

  test("becomes the expected message", async () => {
    const { events, failure } = await read(text);
    if (expected === undefined) throw new Error("not listed");
    if ("failure" in expected) {
      expect(failure).toMatchObject(expected.failure);
      const said = events.map((event) => event.delta?.text ?? "").join("");
      expect(said).toBe(expected.text);
      return;
    }
    expect(failure).toBeUndefined();
    expect(findOffence(events)).toBeUndefined();
    const { stop_sequence = null, ...rest } = expected;
    const message = await foldWithSdk(events);
    expect(message).toMatchObject({ id: "msg_ours", stop_sequence, ...rest });
    expect(message.content).toEqual(expected.content);
  });

  test("gives the same without a line end after the last chunk", async () => {
    // What Workers AI's own dialect ends with says something.
    const last = name.startsWith("workers-ai") ? /\s*$/ : /\s*(data: \[DONE\])?\s*$/;
    const whole = await read(text);
    const { named, failure } = await read(text.replace(last, ""));
    expect({ named, failure }).toEqual({ named: whole.named, failure: whole.failure });
  });

  test("gives the same cut in two at any byte", async () => {
    const whole = await read(text);
    const length = new TextEncoder().encode(text).length;
    for (let cut = 1; cut < length; cut += 1) {
      const { named, failure } = await read(text, [cut]);
      if (named !== whole.named) expect(named, `cut at ${cut}`).toBe(whole.named);
      if (`${failure}` !== `${whole.failure}`) expect(failure).toEqual(whole.failure);
    }
  });
});

test.for<[string, string, object]>([
  ["a chunk that is not JSON", "data: {oops\n\n", { type: "api_error" }],
  [
    "an error named by its event",
    'event: error\ndata: {"message": "no memory", "code": 503}\n\n',
    { type: "overloaded_error", message: "no memory", retryable: true },
  ],
  ["an end without anything", "", { type: "api_error", retryable: true }],
  ["[DONE] without a finish", "data: [DONE]\n\n", { type: "api_error", retryable: true }],
])("%s is a failure", async ([, text, expected]) => {
  const { failure } = await read(text);
  expect(failure).toMatchObject({ name: "UpstreamFailure", ...expected });
});

test("every piece of bytes gives an array, and what came before an error is given first", async () => {
  const chunk = 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n';
  const text = `: wait\n\n${chunk}${chunk}data: {"error":"x"}\n\n`;
  const open = () => readEventStream(toBody(text, [3, 8 + chunk.length]));
  const sizes: number[] = [];
  await expect(async () => {
    for await (const piece of chatCompletions(open, createCall())) sizes.push(piece.length);
  }).rejects.toThrow("x");
  expect(sizes).toEqual([0, 3, 1]);
});

test("a stop sequence that came through ends the reading", async () => {
  let left = false;
  async function* open() {
    try {
      for (;;)
        yield [
          { data: '{"choices":[{"delta":{"content":"a. "}}]}', event: undefined, id: undefined },
        ];
    } finally {
      left = true;
    }
  }
  const call = createCall({ stop_sequences: [". a"] });
  const { events } = await collect(chatCompletions(open, call));
  expect(left).toBe(true);
  expect(findOffence(events.map(({ event }) => event))).toBeUndefined();
  expect(events.at(-2)?.event).toMatchObject({ delta: { stop_sequence: ". a" } });
});

describe("over HTTP", () => {
  const emulator = inject("emulator");
  const base_url = `${emulator}/openai/v1/`;

  test("sends the key, the name of the correlation and the route's headers", async () => {
    const script = createScript([{ send: openaiStreams.text ?? "" }]);
    const call = createCall(
      { messages: [{ role: "user", content: toPrompt(script) }], correlation_id: "c-1" },
      { base_url, options: { headers: { "x-title": "t" } } },
    );
    const { events, failure } = await collect(openai.stream({ ...call, key: "sk-1" }, NEVER));
    expect(failure).toBeUndefined();
    const message = await foldWithSdk(events.map(({ event }) => event));
    expect(message).toMatchObject({
      content: [{ text: "Hello, world!" }],
      usage: { output_tokens: 4 },
    });
    const { requests } = await seen(emulator, script.id);
    expect(requests).toMatchObject([
      {
        method: "POST",
        path: "/openai/v1/chat/completions",
        headers: { authorization: "Bearer sk-1", "x-correlation-id": "c-1", "x-title": "t" },
        body: { model: "asked", stream: true, stream_options: { include_usage: true } },
      },
    ]);
  });

  test("aborts the upstream once a stop sequence came through", async () => {
    const script = createScript([
      { send: 'data: {"choices":[{"delta":{"content":"one END"}}]}\n\n' },
      { gate: "never" },
    ]);
    const call = createCall(
      { messages: [{ role: "user", content: toPrompt(script) }], stop_sequences: ["END"] },
      { base_url },
    );
    const { events } = await collect(openai.stream(call, NEVER));
    expect(events.at(-1)?.event.type).toBe("message_stop");
    expect((await aborted(emulator, script.id)).requests).toMatchObject([{ aborted: true }]);
  });

  test("a route without base_url is told so", async () => {
    const { failure } = await collect(openai.stream(createCall(), NEVER));
    expect(failure).toMatchObject({ message: expect.stringContaining("base_url") });
  });
});
