// A log in the words of the AI SDK: event by event, and read by the SDK itself.

import { readUIMessageStream, type UIMessage, type UIMessageChunk, uiMessageChunkSchema } from "ai";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentBlock, StreamEvent } from "../../../src/protocol/event.ts";
import { uiMessageStream } from "../../../src/protocol/projections/ui-message-stream.ts";
import { emptyMessage, fold } from "../../../src/protocol/snapshot.ts";
import { anyLog, recordedLogs } from "../../support/logs.ts";

/** What each event is told as. */
function project(log: readonly object[]): object[][] {
  let state = uiMessageStream.begin(0);
  return log.map((event) => {
    const { state: next, chunks } = uiMessageStream.step(state, event as StreamEvent);
    state = next;
    return [...chunks];
  });
}

const START = { type: "message_start", message: emptyMessage("msg_1", "claude") };
const begin = (index: number, content_block: object) => {
  return { type: "content_block_start", index, content_block };
};
const delta = (index: number, type: string, told: object) => {
  return { type: "content_block_delta", index, delta: { type, ...told } };
};
const stop = (index: number) => ({ type: "content_block_stop", index });
const conclude = (stop_reason: string | null) => {
  return {
    type: "message_delta",
    delta: { stop_reason, stop_sequence: null },
    usage: { output_tokens: 5 },
  };
};
const END = { type: "message_stop" };

const search = { type: "server_tool_use", id: "srv_1", name: "search", input: {} };
const look = { type: "mcp_tool_use", id: "mcp_1", name: "look", server_name: "eyes", input: {} };
const result = (type: string, tool_use_id: string, content: unknown, is_error?: boolean) => {
  return { type, tool_use_id, content, ...(is_error !== undefined && { is_error }) };
};
const here = { providerExecuted: true, dynamic: true };

test.for<[name: string, events: object[], told: object[]]>([
  [
    "text",
    [begin(0, { type: "text", text: "" }), delta(0, "text_delta", { text: "a" }), stop(0)],
    [
      { type: "text-start", id: "0" },
      { type: "text-delta", id: "0", delta: "a" },
      { type: "text-end", id: "0" },
    ],
  ],
  [
    "thought, and its signature at the end",
    [
      begin(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, "thinking_delta", { thinking: "a" }),
      delta(0, "signature_delta", { signature: "s" }),
      stop(0),
    ],
    [
      { type: "reasoning-start", id: "0" },
      { type: "reasoning-delta", id: "0", delta: "a" },
      { type: "reasoning-end", id: "0", providerMetadata: { anthropic: { signature: "s" } } },
    ],
  ],
  [
    "thought that is not shown",
    [begin(0, { type: "redacted_thinking", data: "x" }), stop(0)],
    [
      { type: "reasoning-start", id: "0" },
      { type: "reasoning-end", id: "0", providerMetadata: { anthropic: { redactedData: "x" } } },
    ],
  ],
  [
    "a call for the caller to run",
    [
      begin(0, { type: "tool_use", id: "toolu_1", name: "look", input: {} }),
      delta(0, "input_json_delta", { partial_json: '{"a"' }),
      delta(0, "input_json_delta", { partial_json: ":1}" }),
      stop(0),
    ],
    [
      { type: "tool-input-start", toolCallId: "toolu_1", toolName: "look" },
      { type: "tool-input-delta", toolCallId: "toolu_1", inputTextDelta: '{"a"' },
      { type: "tool-input-delta", toolCallId: "toolu_1", inputTextDelta: ":1}" },
      { type: "tool-input-available", toolCallId: "toolu_1", toolName: "look", input: { a: 1 } },
    ],
  ],
  [
    "a call that was cut off",
    [
      begin(0, { type: "tool_use", id: "toolu_1", name: "look", input: {} }),
      delta(0, "input_json_delta", { partial_json: '{"a"' }),
      stop(0),
    ],
    [
      { type: "tool-input-start", toolCallId: "toolu_1", toolName: "look" },
      { type: "tool-input-delta", toolCallId: "toolu_1", inputTextDelta: '{"a"' },
      {
        type: "tool-input-error",
        toolCallId: "toolu_1",
        toolName: "look",
        input: '{"a"',
        errorText: expect.stringMatching(/./),
      },
    ],
  ],
  [
    "calls that ran on our side, and what came of them, before the next step",
    [
      begin(0, search),
      stop(0),
      begin(1, look),
      stop(1),
      conclude(null),
      begin(2, result("server_tool_result", "srv_1", [{ type: "text", text: "found" }], false)),
      stop(2),
      begin(3, result("mcp_tool_result", "mcp_1", [{ type: "text", text: "gone" }], true)),
      stop(3),
      begin(4, { type: "text", text: "" }),
    ],
    [
      { type: "tool-input-start", toolCallId: "srv_1", toolName: "search", ...here },
      { type: "tool-input-available", toolCallId: "srv_1", toolName: "search", ...here, input: {} },
      {
        type: "tool-input-start",
        toolCallId: "mcp_1",
        toolName: "look",
        ...here,
        toolMetadata: { server: "eyes" },
      },
      {
        type: "tool-input-available",
        toolCallId: "mcp_1",
        toolName: "look",
        ...here,
        toolMetadata: { server: "eyes" },
        input: {},
      },
      {
        type: "message-metadata",
        messageMetadata: { usage: { output_tokens: 5 }, stop_reason: null, stop_sequence: null },
      },
      {
        type: "tool-output-available",
        toolCallId: "srv_1",
        ...here,
        output: [{ type: "text", text: "found" }],
      },
      { type: "tool-output-error", toolCallId: "mcp_1", ...here, errorText: "gone" },
      { type: "finish-step" },
      { type: "start-step" },
      { type: "text-start", id: "4" },
    ],
  ],
  [
    "an error that a tool's own shape tells",
    [
      begin(0, search),
      stop(0),
      begin(
        1,
        result("web_fetch_tool_result", "srv_1", {
          type: "web_fetch_tool_result_error",
          error_code: "url_not_allowed",
        }),
      ),
    ],
    [
      { type: "tool-input-start", toolCallId: "srv_1", toolName: "search", ...here },
      { type: "tool-input-available", toolCallId: "srv_1", toolName: "search", ...here, input: {} },
      { type: "tool-output-error", toolCallId: "srv_1", ...here, errorText: "url_not_allowed" },
    ],
  ],
  ["a result of nothing that is known", [begin(0, result("server_tool_result", "x", []))], []],
  [
    "sources",
    [
      begin(0, { type: "text", text: "" }),
      delta(0, "citations_delta", { citation: { url: "https://a.example", title: "A" } }),
      delta(0, "citations_delta", { citation: { document_title: "B", cited_text: "x" } }),
      delta(0, "citations_delta", { citation: { source: "https://c.example", title: "C" } }),
      delta(0, "citations_delta", { citation: { source: "tool_context.0", title: "D" } }),
    ],
    [
      { type: "text-start", id: "0" },
      { type: "source-url", sourceId: "source-1", url: "https://a.example", title: "A" },
      {
        type: "source-document",
        sourceId: "source-2",
        mediaType: "text/plain",
        title: "B",
        providerMetadata: { anthropic: { citation: { document_title: "B", cited_text: "x" } } },
      },
      { type: "source-url", sourceId: "source-3", url: "https://c.example", title: "C" },
      {
        type: "source-document",
        sourceId: "source-4",
        mediaType: "text/plain",
        title: "D",
        providerMetadata: { anthropic: { citation: { source: "tool_context.0", title: "D" } } },
      },
    ],
  ],
  [
    "a block of another kind, as it is",
    [begin(0, { type: "container_upload", file_id: "f" }), stop(0)],
    [{ type: "data-block", id: "0", data: { type: "container_upload", file_id: "f" } }],
  ],
  [
    "a turn that begins again",
    [{ type: "recovery", mode: "restart", after: 2, attempt: 2 }],
    [{ type: "reset-step" }],
  ],
  [
    "nothing of a seam, or of what is newer",
    [{ type: "recovery", mode: "continue", after: 2, attempt: 2 }, { type: "new" }],
    [],
  ],
  [
    "a cancelled end",
    [conclude("cancelled"), END],
    [
      {
        type: "message-metadata",
        messageMetadata: {
          usage: { output_tokens: 5 },
          stop_reason: "cancelled",
          stop_sequence: null,
        },
      },
      { type: "abort", reason: "cancelled" },
      { type: "finish-step" },
      { type: "finish", finishReason: "interrupted" },
    ],
  ],
  [
    "an error",
    [{ type: "error", error: { type: "api_error", message: "It broke." }, request_id: "r" }],
    [{ type: "error", errorText: "It broke." }],
  ],
])("%s", ([, events, told]) => {
  const [start, ...chunks] = project([START, ...events]);
  expect(start).toEqual([
    { type: "start", messageId: "msg_1", messageMetadata: { model: "claude" } },
    { type: "start-step" },
  ]);
  expect(chunks.flat()).toEqual(told);
});

test.for([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["refusal", "content-filter"],
  ["pause_turn", "other"],
  ["a_newer_reason", "other"],
] as const)("%s is %s", ([stop_reason, finishReason]) => {
  expect(project([START, conclude(stop_reason), END]).at(-1)).toEqual([
    { type: "finish-step" },
    { type: "finish", finishReason },
  ]);
});

describe("read by the SDK", () => {
  /** The message that it makes of a log. Rejects for a chunk that it does not know, or not there. */
  async function readBySdk(log: readonly StreamEvent[]): Promise<UIMessage> {
    const { validate } = uiMessageChunkSchema();
    const chunks = JSON.parse(JSON.stringify(project(log).flat())) as UIMessageChunk[];
    for (const chunk of chunks) expect(await validate?.(chunk)).toMatchObject({ success: true });
    const stream = new ReadableStream<UIMessageChunk>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
    let message: UIMessage | undefined;
    for await (const one of readUIMessageStream({ stream, terminateOnError: true })) message = one;
    return message as UIMessage;
  }

  /** What a reader gets to hear, in order. */
  function heardIn(content: readonly ContentBlock[]): unknown[] {
    return content.flatMap((block): unknown[] => {
      if (block.type === "text") return [`text: ${block.text}`];
      if (block.type === "thinking") return [`reasoning: ${block.thinking}`];
      if (block.type === "redacted_thinking") return ["reasoning: "];
      return /tool_use$/.test(block.type) ? [`call of ${block.name}`] : [];
    });
  }

  function heardFrom({ parts }: UIMessage): unknown[] {
    return parts.flatMap((part): unknown[] => {
      if (part.type === "text" || part.type === "reasoning") return [`${part.type}: ${part.text}`];
      if (part.type === "dynamic-tool") return [`call of ${part.toolName}`];
      return part.type.startsWith("tool-") ? [`call of ${part.type.slice("tool-".length)}`] : [];
    });
  }

  test.for(recordedLogs)("%s", async ([, log]) => {
    const message = await readBySdk(log);
    expect(heardFrom(message)).toEqual(heardIn(fold(emptyMessage("", ""), log).content));
    expect(message.id).toBe("msg_ours");
  });

  /** The SDK tells calls by their ids; those of any log are all the same. */
  function withOwnIds(event: StreamEvent): StreamEvent {
    if (event.type !== "content_block_start" || event.content_block.id === undefined) return event;
    return { ...event, content_block: { ...event.content_block, id: `call_${event.index}` } };
  }

  test("any log", async () => {
    await fc.assert(
      fc.asyncProperty(anyLog, async (any) => {
        const log = any.map(withOwnIds);
        const { content } = fold(emptyMessage("", ""), log);
        expect(heardFrom(await readBySdk(log))).toEqual(heardIn(content));
      }),
    );
  });

  test("a turn that began again is heard once", async () => {
    const text = (index: number, text: string) => [
      begin(index, { type: "text", text: "" }),
      delta(index, "text_delta", { text }),
      stop(index),
    ];
    const log = [
      START,
      ...text(0, "first"),
      begin(1, search),
      stop(1),
      conclude(null),
      begin(2, result("server_tool_result", "srv_1", [])),
      stop(2),
      ...text(3, "in vain"),
      { type: "recovery", mode: "restart", after: 12, attempt: 2 },
      ...text(4, "second"),
      conclude("end_turn"),
      END,
    ];
    expect(heardFrom(await readBySdk(log as StreamEvent[]))).toEqual([
      "text: first",
      "call of search",
      "text: second",
    ]);
  });
});
