// A log in the words of Chat Completions: event by event, and read back by our own reader of them.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentBlock, StreamEvent } from "../../../src/protocol/event.ts";
import { openai } from "../../../src/protocol/projections/openai.ts";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import { emptyMessage, fold } from "../../../src/protocol/snapshot.ts";
import { readEventStream } from "../../../src/providers/event-stream.ts";
import { chatCompletions } from "../../../src/providers/openai/openai.ts";
import { toBody } from "../../support/fixtures.ts";
import { anyLog, recordedLogs } from "../../support/logs.ts";

const CREATED_AT = 1_790_000_000_123;

/** What each event is told as. */
function project(log: readonly object[]): object[][] {
  let state = openai.begin(CREATED_AT);
  return log.map((event) => {
    const { state: next, chunks } = openai.step(state, event as StreamEvent);
    state = next;
    return [...chunks];
  });
}

const START = {
  type: "message_start",
  message: { ...emptyMessage("msg_1", "claude"), usage: { input_tokens: 7, output_tokens: 1 } },
};
const begin = (index: number, content_block: object) => {
  return { type: "content_block_start", index, content_block };
};
const delta = (index: number, type: string, told: object) => {
  return { type: "content_block_delta", index, delta: { type, ...told } };
};
const stop = (index: number) => ({ type: "content_block_stop", index });
const conclude = (stop_reason: string | null, usage: object = { output_tokens: 5 }) => {
  return { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage };
};

/** The choices of a chunk, whose frame is always the same. */
function choicesOf(chunk: object): unknown {
  const { choices, ...frame } = chunk as { choices: object[] };
  expect(frame).toEqual({
    id: "msg_1",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "claude",
  });
  return choices;
}
const said = (delta: object) => [{ index: 0, delta, finish_reason: null }];

test("a message begins with its role", () => {
  const [[chunk] = []] = project([START]);
  expect(choicesOf(chunk as object)).toEqual(said({ role: "assistant", content: "" }));
});

const tool = { type: "tool_use", id: "toolu_1", name: "look", input: {} };
const called = (index: number, told: object) => said({ tool_calls: [{ index, ...told }] });

test.for<[name: string, events: object[], told: object[][]]>([
  [
    "text",
    [begin(0, { type: "text", text: "" }), delta(0, "text_delta", { text: "a" }), stop(0)],
    [said({ content: "a" })],
  ],
  ["text that came at once", [begin(0, { type: "text", text: "a" })], [said({ content: "a" })]],
  [
    "thought",
    [
      begin(0, { type: "thinking", thinking: "" }),
      delta(0, "thinking_delta", { thinking: "a" }),
      delta(0, "signature_delta", { signature: "s" }),
    ],
    [said({ reasoning_content: "a" })],
  ],
  [
    "two calls, their input in pieces",
    [
      begin(0, tool),
      delta(0, "input_json_delta", { partial_json: '{"a"' }),
      begin(1, { ...tool, id: "toolu_2" }),
      delta(1, "input_json_delta", { partial_json: "{}" }),
      delta(0, "input_json_delta", { partial_json: ":1}" }),
    ],
    [
      called(0, { id: "toolu_1", type: "function", function: { name: "look", arguments: "" } }),
      called(0, { function: { arguments: '{"a"' } }),
      called(1, { id: "toolu_2", type: "function", function: { name: "look", arguments: "" } }),
      called(1, { function: { arguments: "{}" } }),
      called(0, { function: { arguments: ":1}" } }),
    ],
  ],
  [
    "a call whose input came at once",
    [begin(0, { ...tool, input: { a: 1 } })],
    [
      called(0, {
        id: "toolu_1",
        type: "function",
        function: { name: "look", arguments: '{"a":1}' },
      }),
    ],
  ],
  [
    "nothing of what runs on our side",
    [
      begin(0, { type: "server_tool_use", id: "srv_1", name: "search", input: {} }),
      delta(0, "input_json_delta", { partial_json: "{}" }),
      begin(1, { type: "web_search_tool_result", tool_use_id: "srv_1", content: [] }),
      begin(2, { type: "mcp_tool_use", id: "mcp_1", name: "look", server_name: "s", input: {} }),
      begin(3, { type: "mcp_tool_result", tool_use_id: "mcp_1", content: [] }),
      begin(4, { type: "redacted_thinking", data: "x" }),
      conclude(null),
      { type: "recovery", mode: "continue", after: 3, attempt: 2 },
      { type: "brand_new" },
    ],
    [],
  ],
  [
    "what it cites, if it has an address",
    [
      begin(0, { type: "text", text: "" }),
      delta(0, "citations_delta", { citation: { url: "https://a.example", title: "A" } }),
      delta(0, "citations_delta", { citation: { cited_text: "x", document_index: 0 } }),
      delta(0, "citations_delta", { citation: { source: "tool_context.0", title: "B" } }),
      delta(0, "citations_delta", { citation: { source: "https://c.example", title: "C" } }),
    ],
    [
      said({
        annotations: [
          { type: "url_citation", url_citation: { url: "https://a.example", title: "A" } },
        ],
      }),
      said({
        annotations: [
          { type: "url_citation", url_citation: { url: "https://c.example", title: "C" } },
        ],
      }),
    ],
  ],
])("%s", ([, events, told]) => {
  const [, ...chunks] = project([START, ...events]);
  expect(chunks.flat().map(choicesOf)).toEqual(told);
});

test.for([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["pause_turn", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
  ["cancelled", "abort"],
  ["a_newer_reason", "stop"],
] as const)("%s is %s", ([stop_reason, finish_reason]) => {
  const [, [chunk] = []] = project([START, conclude(stop_reason)]);
  expect(choicesOf(chunk as object)).toEqual([{ index: 0, delta: {}, finish_reason }]);
});

test("a sequence that stopped it is named", () => {
  const delta = { stop_reason: "stop_sequence", stop_sequence: "END" };
  const [, [chunk] = []] = project([START, { type: "message_delta", delta, usage: {} }]);
  expect(choicesOf(chunk as object)).toMatchObject([{ finish_reason: "stop", stop_reason: "END" }]);
});

test("the last chunk counts the tokens, those of the cache with the others", () => {
  const usage = { output_tokens: 5, cache_read_input_tokens: 100, cache_creation_input_tokens: 10 };
  const events = [START, conclude(null), conclude("end_turn", usage), { type: "message_stop" }];
  expect(project(events).at(-1)).toEqual([
    expect.objectContaining({
      choices: [],
      usage: {
        prompt_tokens: 117,
        completion_tokens: 5,
        total_tokens: 122,
        prompt_tokens_details: { cached_tokens: 100 },
      },
    }),
  ]);
});

test("tokens that were thought are told as such", () => {
  const usage = { output_tokens: 5, output_tokens_details: { thinking_tokens: 3 } };
  const [last] =
    project([START, conclude("end_turn", usage), { type: "message_stop" }]).at(-1) ?? [];
  expect(last).toMatchObject({ usage: { completion_tokens_details: { reasoning_tokens: 3 } } });
});

test("an error is told in its own frame", () => {
  const error = { type: "overloaded_error", message: "Overloaded" };
  expect(project([START, { type: "error", error, request_id: "r" }]).at(-1)).toEqual([
    { error: { message: "Overloaded", type: "overloaded_error", param: null, code: null } },
  ]);
});

describe("read back by our own reader of Chat Completions", () => {
  const call = {
    messageId: "msg_ours",
    request: { model: "model", messages: [] } as unknown as MessageRequest,
    route: { provider: "openai", options: {} } as const,
  };

  /** What the caller gets to hear, of thought, text and calls; the text in one. */
  function heard(content: readonly ContentBlock[]) {
    const join = (member: string) => content.map((block) => block[member] ?? "").join("");
    const calls = content.filter(({ type }) => type === "tool_use");
    return {
      text: join("text"),
      thinking: join("thinking"),
      calls: calls.map(({ name, input }) => ({ name, input })),
    };
  }

  async function readBack(log: readonly StreamEvent[]) {
    const frames = project(log)
      .flat()
      .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
    const body = toBody(`${frames.join("")}data: [DONE]\n\n`);
    const events: StreamEvent[] = [];
    for await (const piece of chatCompletions(() => readEventStream(body), call)) {
      events.push(...piece.map(({ event }) => event));
    }
    return fold(emptyMessage("msg_ours", "model"), events);
  }

  const isWhole = (log: readonly StreamEvent[]) => log.at(-1)?.type === "message_stop";

  test.for(recordedLogs.filter(([, log]) => isWhole(log)))("%s", async ([, log]) => {
    const message = fold(emptyMessage("msg_ours", "model"), log);
    const back = await readBack(log);
    expect(heard(back.content)).toEqual(heard(message.content));
    expect(back.usage.output_tokens).toBe(message.usage.output_tokens);
  });

  test("any log: its text", async () => {
    await fc.assert(
      fc.asyncProperty(anyLog, async (log) => {
        const reasons = log.map(
          (event) => event.type === "message_delta" && event.delta.stop_reason,
        );
        fc.pre(isWhole(log) && !reasons.includes(null) && !reasons.includes("cancelled"));
        const message = fold(emptyMessage("msg_ours", "model"), log);
        expect(heard((await readBack(log)).content).text).toBe(heard(message.content).text);
      }),
    );
  });
});
