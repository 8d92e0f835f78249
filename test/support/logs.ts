// Logs to try things on: those that recorded streams make, and any that a message can have.

import fc from "fast-check";
import type { OutgoingEvent, StreamEvent } from "../../src/protocol/event.ts";
import { closeBlocks, progressOf } from "../../src/protocol/progress.ts";
import type { MessageRequest } from "../../src/protocol/request.ts";
import { emptyMessage } from "../../src/protocol/snapshot.ts";
import { readMessage } from "../../src/providers/anthropic/anthropic.ts";
import { readEventStream } from "../../src/providers/event-stream.ts";
import { chatCompletions } from "../../src/providers/openai/openai.ts";
import type { Call } from "../../src/providers/provider.ts";
import { anthropicStreams, toBody } from "./fixtures.ts";
import { openaiStreams } from "./openai-streams.ts";

export const START: StreamEvent = {
  type: "message_start",
  message: emptyMessage("msg_ours", "model"),
};

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

export const recordedLogs: [name: string, log: StreamEvent[]][] = [];
for (const [name, text] of Object.entries(anthropicStreams)) {
  recordedLogs.push([
    `anthropic/${name}`,
    await collect(readMessage(readEventStream(toBody(text)), call)),
  ]);
}
for (const [name, text] of Object.entries(openaiStreams)) {
  if (name.startsWith("workers-ai")) continue; // another dialect, read by another reader
  recordedLogs.push([
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
export const anyLog = fc
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
