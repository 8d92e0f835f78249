// What a log amounts to, at every point of it: as the official SDK has it, in both major versions.

import { BetaMessageStream } from "@anthropic-ai/sdk/lib/BetaMessageStream";
import { MessageStream } from "@anthropic-ai/sdk/lib/MessageStream";
import { MessageStream as MessageStream0 } from "anthropic-sdk-0/lib/MessageStream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, StreamEvent } from "../../src/protocol/event.ts";
import { emptyMessage, fold } from "../../src/protocol/snapshot.ts";
import { anyLog, recordedLogs, START } from "../support/logs.ts";

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

describe.for(Object.entries(SDKS))("as the official SDK %s has it", ([, sdk]) => {
  test.for(recordedLogs)("at every point of %s", async ([, log]) => {
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

/** A log with one block, which gets one delta. */
function block1(content_block: object, delta: object): object[] {
  return [
    START,
    { type: "content_block_start", index: 0, content_block },
    { type: "content_block_delta", index: 0, delta },
    { type: "content_block_stop", index: 0 },
  ];
}

const compaction = { type: "compaction", content: null };
const passedOn = { type: "fallback", from: { model: "model" }, to: { model: "other" } };

// What no recording has, and only its beta knows.
test.for<[name: string, log: object[], folded: object]>([
  [
    "a summary in place of what came before",
    block1(compaction, { type: "compaction_delta", content: "So far.", encrypted_content: "ZW5j" }),
    { content: [{ ...compaction, content: "So far.", encrypted_content: "ZW5j" }] },
  ],
  [
    "a summary that failed",
    block1(compaction, { type: "compaction_delta", content: null }),
    { content: [compaction] },
  ],
  [
    "a summary of nothing that is one",
    block1({ type: "text", text: "" }, { type: "compaction_delta", content: "So far." }),
    { content: [{ type: "text", text: "" }] },
  ],
  [
    "another model that took over",
    [START, { type: "content_block_start", index: 0, content_block: passedOn }],
    { content: [passedOn], model: "other" },
  ],
])("as the SDK's beta has it: %s", async ([, log, folded]) => {
  const here = foldHere(log as StreamEvent[]);
  expect(here).toMatchObject(folded);
  expect(here).toEqual((await foldWithSdk(BetaMessageStream, log as StreamEvent[])).at(-1));
});

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
