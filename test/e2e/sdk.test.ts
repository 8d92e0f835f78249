// What the official SDK gets for an answer: the same as from its own vendor, whatever the upstream.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createScript, toPrompt } from "../support/script.ts";
import { ANSWERS } from "./support/answers.ts";
import { type Anthropic, ask, CASES, type Dialect } from "./support/sdk.ts";
import { fetchKept, KEY, KEYS, startWorld } from "./support/upstreams.ts";

const TEXT = "The quick brown fox jumps over the lazy dog.";
const REASONING = "Let me think about it.";
const TOOLS: Anthropic.Tool[] = [
  {
    name: "get_weather",
    description: "The weather of a city",
    input_schema: { type: "object", properties: { city: { type: "string" } } },
  },
];

type Ending = [said: Record<string, unknown>, reason: string, sequence: string | null];

/** Each way an answer of text can end, in the words of its upstream, and what the SDK reads. */
const ENDINGS: Record<Dialect, Ending[]> = {
  anthropic: [
    [{ stop_reason: "end_turn" }, "end_turn", null],
    [{ stop_reason: "max_tokens" }, "max_tokens", null],
    [{ stop_reason: "stop_sequence", stop_sequence: "END" }, "stop_sequence", "END"],
    [{ stop_reason: "refusal" }, "refusal", null],
    [{ stop_reason: "pause_turn" }, "pause_turn", null],
    [{ stop_reason: "model_context_window_exceeded" }, "model_context_window_exceeded", null],
  ],
  openai: [
    [{ finish_reason: "stop" }, "end_turn", null],
    [{ finish_reason: "length" }, "max_tokens", null],
    [{ finish_reason: "stop", stop_reason: "END" }, "stop_sequence", "END"], // vLLM
    [{ finish_reason: "content_filter" }, "refusal", null],
    [{ finish_reason: "model_length" }, "model_context_window_exceeded", null], // Mistral
  ],
};

const world = await startWorld({ API_KEYS: KEYS });
after(() => world.stop());

describe("the official SDK", { concurrency: true, timeout: 60_000 }, () => {
  for (const each of CASES) describe(each.title, { concurrency: true }, () => answersOf(each));
});

function answersOf({ Anthropic, dialect, model, script }: (typeof CASES)[number]): void {
  const client = new Anthropic({ baseURL: world.service.url, apiKey: KEY, maxRetries: 0 });

  test("create answers the whole message, with its request's id", async () => {
    const message = await client.messages.create(ask(model, "@text"));
    assert.deepEqual(texts(message), [TEXT]);
    assert.equal(message.type, "message");
    assert.equal(message.role, "assistant");
    assert.equal(message.stop_reason, "end_turn");
    assert.deepEqual(tokens(message), [11, 9]);
    assert.match(message.id, /^msg_/);
    assert.match(message._request_id ?? "", /^req_/);
  });

  test("create({stream: true}) yields the events in the order of the Messages API", async () => {
    const { data, request_id } = await client.messages
      .create({ ...ask(model, "@text"), stream: true })
      .withResponse();
    const events: Anthropic.MessageStreamEvent[] = [];
    for await (const event of data) events.push(event);
    const types = events.map((event) => event.type);
    assert.deepEqual(
      types.filter((type, at) => type !== types[at - 1]),
      [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
      ],
    );
    assert.ok(types.length > 8, "text comes in pieces");
    assert.equal(events.map(textOf).join(""), TEXT);
    assert.match(request_id ?? "", /^req_/);
  });

  test("stream().finalMessage() comes to what create answers", async () => {
    const stream = client.messages.stream(ask(model, "@text"));
    const message = await stream.finalMessage();
    assert.deepEqual(texts(message), [TEXT]);
    assert.equal(message.stop_reason, "end_turn");
    assert.deepEqual(tokens(message), [11, 9]);
    assert.match(stream.request_id ?? "", /^req_/);
    const kept = await fetchKept(world, stream.response?.headers.get("message-id"));
    assert.equal(kept.status, "completed");
    assert.deepEqual(kept.content, message.content);
  });

  for (const way of ["create", "stream"] as const) {
    const get = (params: Anthropic.MessageCreateParamsNonStreaming): Promise<Anthropic.Message> =>
      way === "create"
        ? client.messages.create(params)
        : client.messages.stream(params).finalMessage();

    test(`${way}: parallel tool calls come whole, and their results lead to the answer`, async () => {
      const question = { ...ask(model, "@tools"), tools: TOOLS };
      const message = await get(question);
      assert.equal(message.stop_reason, "tool_use");
      assert.deepEqual(texts(message), ["I will look."]);
      const calls = message.content.filter((block) => block.type === "tool_use");
      assert.deepEqual(
        calls.map(({ id, name, input }) => ({ id, name, input })),
        [
          { id: "call_paris", name: "get_weather", input: { city: "Paris" } },
          { id: "call_rome", name: "get_weather", input: { city: "Rome" } },
        ],
      );
      const results = calls.map(({ id }) => ({
        type: "tool_result" as const,
        tool_use_id: id,
        content: id === "call_paris" ? "18" : "24",
      }));
      const answer = await get({
        ...question,
        messages: [
          ...question.messages,
          { role: "assistant", content: message.content },
          { role: "user", content: results },
        ],
      });
      assert.equal(answer.stop_reason, "end_turn");
      assert.deepEqual(texts(answer), ["Paris has 18 degrees, Rome 24."]);
    });

    test(`${way}: thinking comes as a block before the text`, async () => {
      const thinking = { type: "enabled" as const, budget_tokens: 1_024 };
      const { content } = await get({ ...ask(model, "@reasoning"), thinking });
      assert.deepEqual(
        content.map((block) => block.type),
        ["thinking", "text"],
      );
      const [thought] = content;
      assert.equal(thought?.type === "thinking" && thought.thinking, REASONING);
      // Chat Completions have no signatures.
      const signature = dialect === "anthropic" ? "c2ln" : "";
      assert.equal(thought?.type === "thinking" && thought.signature, signature);
    });
  }

  for (const [said, reason, sequence] of ENDINGS[dialect]) {
    test(`${JSON.stringify(said)} upstream is the stop reason ${reason}`, async () => {
      const prompt = toPrompt(createScript(ANSWERS[dialect](["So ", "far"], said)));
      const params = { ...ask(script, prompt), stop_sequences: ["END"] };
      const message = await client.messages.create(params);
      assert.deepEqual([message.stop_reason, message.stop_sequence], [reason, sequence]);
      assert.deepEqual(texts(message), ["So far"]);
    });
  }
}

function texts({ content }: Anthropic.Message): string[] {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : []));
}

function textOf(event: Anthropic.MessageStreamEvent): string {
  if (event.type !== "content_block_delta" || event.delta.type !== "text_delta") return "";
  return event.delta.text;
}

function tokens({ usage }: Anthropic.Message): [number, number] {
  return [usage.input_tokens, usage.output_tokens];
}
