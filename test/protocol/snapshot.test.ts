// What a log amounts to, at every point of it: as the official SDK has it, in both major versions.

import { BetaMessageStream } from "@anthropic-ai/sdk/lib/BetaMessageStream";
import { MessageStream } from "@anthropic-ai/sdk/lib/MessageStream";
import { MessageStream as MessageStream0 } from "anthropic-sdk-0/lib/MessageStream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, OutgoingEvent, StreamEvent } from "../../src/protocol/event.ts";
import { closeBlocks, progressOf } from "../../src/protocol/progress.ts";
import type { MessageRequest } from "../../src/protocol/request.ts";
import { emptyMessage, fold } from "../../src/protocol/snapshot.ts";
import { readMessage } from "../../src/providers/anthropic/anthropic.ts";
import { readEventStream } from "../../src/providers/event-stream.ts";
import { chatCompletions } from "../../src/providers/openai/openai.ts";
import type { Call } from "../../src/providers/provider.ts";
import { anthropicStreams, toBody } from "../support/fixtures.ts";
import { openaiStreams } from "../support/openai-streams.ts";

const START: StreamEvent = {
  type: "message_start",
  message: emptyMessage("msg_ours", "model"),
};

interface Sdk {
  fromReadableStream(body: ReadableStream): {
    on(event: "streamEvent", listener: (event: unknown, snapshot: unknown) => void): unknown;
    done(): Promise<void>;
  };
}

const SDKS: Record<string, Sdk> = {
  "1": MessageStream,
  "1 (beta)": BetaMessageStream,
  "0": MessageStream0,
};

/** The message after each event: as text, because the SDK goes on changing what it has given. */
async function foldWithSdk(sdk: Sdk, log: StreamEvent[]): Promise<unknown[]> {
  const texts: string[] = [];
  const lines = log.map((event) => `${JSON.stringify(event)}\n`).join("");
  const stream = sdk.fromReadableStream(new Response(lines).body as ReadableStream);
  stream.on("streamEvent", (_, snapshot) => texts.push(JSON.stringify(snapshot)));
  await stream.done();
  return texts.map((text) => JSON.parse(text));
}

function foldHere(log: StreamEvent[]): Message {
  return JSON.parse(JSON.stringify(fold(emptyMessage("msg_ours", "model"), log))) as Message;
}

/** The message after each event. */
function foldAllHere(log: StreamEvent[]): Message[] {
  return log.map((_, at) => foldHere(log.slice(0, at + 1)));
}

const call: Call = {
  messageId: "msg_ours",
  request: { model: "model", messages: [] } as unknown as MessageRequest,
  route: { provider: "openai", options: {} },
};

/** What came before `pieces` ended or threw. */
async function collect(pieces: AsyncIterable<OutgoingEvent[]>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  try {
    for await (const piece of pieces) events.push(...piece.map(({ event }) => event));
  } catch {
    // A stream that breaks off: its beginning is a log too.
  }
  return events;
}

const logs: [name: string, log: StreamEvent[]][] = [];
for (const [name, text] of Object.entries(anthropicStreams)) {
  logs.push([`anthropic/${name}`, await collect(readMessage(readEventStream(toBody(text)), call))]);
}
for (const [name, text] of Object.entries(openaiStreams)) {
  if (name.startsWith("workers-ai")) continue; // another dialect, read by another reader
  logs.push([
    `openai/${name}`,
    await collect(chatCompletions(() => readEventStream(toBody(text)), call)),
  ]);
}

type Block = { start: { type: string; [key: string]: unknown }; deltas: object[] };

/** `text` in pieces, cut anywhere. */
function pieces(text: string, cuts: number[]): string[] {
  const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, n) => text.slice(from, at[n] ?? text.length));
}

const cuts = fc.array(fc.nat(), { maxLength: 6 });
const words = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 4 });
const textDelta = fc.string().map((text) => ({ type: "text_delta", text }));
const citationDelta = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 })
  .map((citation) => ({ type: "citations_delta", citation }));
const toolInput = fc
  .tuple(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), fc.nat(2), cuts)
  .map(([input, indent, cuts]) => pieces(JSON.stringify(input, null, indent), cuts));

const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({
    start: fc.constantFrom(
      { type: "text", text: "" },
      { type: "text", text: "a" },
      { type: "text", text: "", citations: null },
      { type: "text", text: "", citations: [] },
    ),
    deltas: fc.array(fc.oneof(textDelta, citationDelta), { maxLength: 5 }),
  }),
  words.map((words) => ({
    start: { type: "thinking", thinking: "", signature: "" },
    deltas: [
      ...words.map((thinking) => ({ type: "thinking_delta", thinking })),
      { type: "signature_delta", signature: "c2ln" },
      { type: "signature_delta", signature: "bGFzdCB3aW5z" },
    ],
  })),
  fc.record({
    start: fc.constantFrom("tool_use", "server_tool_use").map((type) => {
      return { type, id: "toolu_1", name: "look", input: {} };
    }),
    deltas: toolInput.map((pieces) =>
      pieces.map((partial_json) => ({ type: "input_json_delta", partial_json })),
    ),
  }),
  fc.record({
    start: fc.constantFrom(
      { type: "redacted_thinking", data: "ZW5j" },
      { type: "web_search_tool_result", tool_use_id: "s", content: [{ title: "x" }] },
      { type: "brand_new_result", value: 1 },
    ),
    // Not meant for them: they must make no difference.
    deltas: fc.subarray([
      { type: "text_delta", text: "a" },
      { type: "input_json_delta", partial_json: "{" },
      { type: "signature_delta", signature: "b" },
      { type: "brand_new_delta", value: 1 },
    ]),
  }),
);

const usage = fc.record(
  { output_tokens: fc.nat(), input_tokens: fc.nat(), cache_read_input_tokens: fc.option(fc.nat()) },
  { requiredKeys: ["output_tokens"] },
);
const conclusion = fc.record({
  delta: fc.record(
    {
      stop_reason: fc.constantFrom("end_turn", "tool_use", "cancelled", null),
      stop_sequence: fc.option(fc.string()),
      stop_details: fc.constantFrom(null, { type: "refusal" }),
      container: fc.constantFrom(null, { id: "c" }),
      content: fc.constant(null), // not for a delta to say, as are names and roles
      id: fc.constant("another"),
    },
    { requiredKeys: ["stop_reason", "stop_sequence"] },
  ),
  usage,
});

/** Blocks side by side, as `turns` says: a new one begins, or an open one goes on. */
function interleave(blocks: Block[], turns: number[]): object[] {
  const events: object[] = [];
  const open: { index: number; deltas: object[] }[] = [];
  let next = 0;
  for (let turn = 0; next < blocks.length || open.length > 0; turn += 1) {
    const choice = (turns[turn % turns.length] ?? 0) % (open.length + 1);
    const current = open[choice];
    const fresh = blocks[next];
    if (!current && fresh) {
      events.push({ type: "content_block_start", index: next, content_block: fresh.start });
      open.push({ index: next, deltas: [...fresh.deltas] });
      next += 1;
    } else {
      const { index, deltas } = current ?? (open[0] as (typeof open)[0]);
      const delta = deltas.shift();
      if (delta) events.push({ type: "content_block_delta", index, delta });
      else {
        events.push({ type: "content_block_stop", index });
        open.splice(choice % open.length, 1);
      }
    }
  }
  return events;
}

/** Whole logs, and logs cut anywhere whose open blocks were ended for them. */
const anyLog = fc
  .record({
    blocks: fc.array(block, { maxLength: 4 }),
    turns: fc.array(fc.nat(4), { minLength: 1, maxLength: 12 }),
    conclusion,
    cut: fc.option(fc.nat({ max: 99 })),
  })
  .map(({ blocks, turns, conclusion, cut }) => {
    const events = interleave(blocks, turns) as StreamEvent[];
    if (cut !== null) events.length = Math.floor((events.length * cut) / 100);
    const body = [START, ...events];
    const end = [{ type: "message_delta", ...conclusion }, { type: "message_stop" }];
    return [...body, ...closeBlocks(progressOf(body)), ...end] as StreamEvent[];
  });

describe.for(Object.entries(SDKS))("as the official SDK %s has it", ([, sdk]) => {
  test.for(logs)("at every point of %s", async ([, log]) => {
    expect(log.length).toBeGreaterThan(0);
    expect(foldAllHere(log)).toEqual(await foldWithSdk(sdk, log));
  });

  test("at every point of any log", async () => {
    await fc.assert(
      fc.asyncProperty(anyLog, async (log) => {
        expect(foldAllHere(log)).toEqual(await foldWithSdk(sdk, log));
      }),
      { numRuns: 150 },
    );
  });
});

/** A log with one block, which gets one piece of input. */
function block0(content_block: object, partial_json: string): object[] {
  return [
    START,
    { type: "content_block_start", index: 0, content_block },
    { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json } },
    { type: "content_block_stop", index: 0 },
  ];
}

function conclude(rest: object): object[] {
  const delta = { stop_reason: "end_turn", stop_sequence: null };
  return [START, { type: "message_delta", delta, usage: { output_tokens: 1 }, ...rest }];
}

const applied = { applied_edits: [] };
const mcp = { type: "mcp_tool_use", input: {} };
const whole = { type: "tool_use", input: { a: 1 } };

// Every difference from the SDK that we know of: in one field of the message each.
test.for<[why: string, log: object[], field: string, ours: unknown, theirs: unknown]>([
  [
    "all input came at once and stays",
    block0(whole, ""),
    "content",
    [whole],
    [{ ...whole, input: {} }],
  ],
  ["MCP (as its beta)", block0(mcp, '{"a": 1}'), "content", [{ ...mcp, input: { a: 1 } }], [mcp]],
  [
    "edits (as its beta)",
    conclude({ context_management: applied }),
    "context_management",
    applied,
    undefined,
  ],
  [
    "a vendor's own counters stay",
    conclude({ usage: { output_tokens: 1, total: 9 } }),
    "usage",
    { input_tokens: 0, output_tokens: 1, total: 9 },
    { input_tokens: 0, output_tokens: 1 },
  ],
  [
    "a count that is not renewed stays",
    conclude({ usage: {} }),
    "usage",
    { input_tokens: 0, output_tokens: 0 },
    { input_tokens: 0 },
  ],
  [
    "no stop reason is null",
    conclude({ delta: { stop_sequence: null } }),
    "stop_reason",
    null,
    undefined,
  ],
  [
    "no stop sequence is null",
    conclude({ delta: { stop_reason: "end_turn" } }),
    "stop_sequence",
    null,
    undefined,
  ],
])("unlike the SDK: %s", async ([, log, field, ours, theirs]) => {
  const here: Record<string, unknown> = foldHere(log as StreamEvent[]);
  const bySdk = (await foldWithSdk(MessageStream, log as StreamEvent[])).at(-1);
  expect(here[field]).toEqual(ours);
  expect({ ...here, [field]: theirs }).toEqual(bySdk);
});

test("unlike the SDK, which throws: input that is no JSON leaves the block as it began", async () => {
  const log = block0({ type: "tool_use", input: {} }, '{"a": b}') as StreamEvent[];
  expect(foldHere(log).content).toEqual([{ type: "tool_use", input: {} }]);
  await expect(foldWithSdk(MessageStream, log)).rejects.toThrow("not valid JSON");
});

test("folding changes no event", () => {
  const begun = { ...emptyMessage("msg_ours", "model"), content: [{ type: "text", text: "a" }] };
  const more = [
    { type: "message_start", message: begun },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "b" } },
  ] as StreamEvent[];
  fc.assert(
    fc.property(fc.oneof(anyLog, fc.constant(more)), (log) => {
      const before = structuredClone(log);
      foldHere(log);
      expect(log).toEqual(before);
    }),
  );
});

test("a log that never began is an empty message", () => {
  const empty = emptyMessage("msg_ours", "model");
  const error: StreamEvent = { type: "error", error: { type: "api_error", message: "no" } };
  expect(fold(empty, [])).toEqual(empty);
  expect(fold(empty, [error])).toEqual(empty);
});
