// From the chunks of a chat completion to the events of the Messages API. Everything about the
// dialect and its variants, nothing about connections: chunks in, events out, state in between.

import { randomId } from "../../lib/digest.ts";
import { createStopMatcher } from "../../lib/stop-matcher.ts";
import { isRecord } from "../../lib/zod-kinds.ts";
import type { StreamEvent, Usage } from "../../protocol/event.ts";
import { UpstreamFailure } from "../failure.ts";
import { createBlocks } from "./blocks.ts";
import { type ChunkChoice, type ChunkDelta, chunk as chunkSchema } from "./chunk-schema.ts";
import { findStreamFailure } from "./failure.ts";
import { toStopReason } from "./stop-reason.ts";
import { readParts, toText } from "./text.ts";
import { createToolCalls } from "./tool-calls.ts";
import { toUsage } from "./usage.ts";

export interface ChunkReaderOptions {
  /** Becomes `message_start.message.id`. */
  messageId: string;
  /** The model's name where the upstream does not say its own. */
  model: string;
  /** Looked for in the text as well: many servers ignore them, or do not say which one it was. */
  stopSequences: readonly string[];
  /** Input tokens, where they are known beforehand. */
  inputTokens?: number;
  /** Ids of tool calls that the conversation has already. */
  earlierIds?: Iterable<string>;
  /** Names tool calls that the upstream does not name. */
  createId?: () => string;
}

export interface ChunkReader {
  /** The events that `chunk` amounts to. Throws `UpstreamFailure` if it is an error, or no chunk. */
  read(chunk: unknown): StreamEvent[];
  /** The last events, now that no chunk follows; throws if the upstream had not finished. */
  end(): StreamEvent[];
  /** True once `message_stop` was given out: by `end`, or by `read` at a stop sequence. */
  readonly ended: boolean;
}

export function createChunkReader(options: ChunkReaderOptions): ChunkReader {
  const { messageId, model, stopSequences, inputTokens = 0, earlierIds = [] } = options;
  const createId = options.createId ?? (() => randomId("toolu_"));

  let events: StreamEvent[] = [];
  const blocks = createBlocks((event) => events.push(event));
  const calls = createToolCalls(blocks.tool, createId, earlierIds);
  const stops = createStopMatcher(stopSequences);

  let started = false;
  let ended = false;
  let finishReason: string | null = null;
  let refused = false;
  /** The stop sequence that ended the text, as found here or as the upstream reports it. */
  let stopSequence: string | null = null;
  let usage: Partial<Usage> = {};
  /** Pieces of content so far: about one for each output token, where the upstream does not count. */
  let pieces = 0;

  function readChoice({ delta, finish_reason, stop_reason, matched_stop }: ChunkChoice): void {
    if (delta) readDelta(delta);
    if (ended) return;
    if (finish_reason) finishReason = finish_reason;
    // What is reported may also be a token, or the string with which the model's template ends.
    const reported = stop_reason ?? matched_stop;
    stopSequence = stopSequences.find((sequence) => sequence === reported) ?? stopSequence;
  }

  function readDelta(delta: ChunkDelta): void {
    // Some servers send their reasoning under two names at once.
    const { reasoning_content, reasoning, reasoning_details } = delta;
    addThinking(toText(reasoning_content) || toText(reasoning) || toText(reasoning_details));
    for (const part of readParts(delta.content)) {
      if (part.type === "thinking") addThinking(part.text);
      else addText(part.text);
      if (ended) return;
    }
    if (delta.refusal) {
      refused = true;
      addText(delta.refusal);
      if (ended) return;
    }
    for (const { index, id, function: called } of delta.tool_calls ?? []) {
      addToolCall(index ?? undefined, id, called);
    }
    if (delta.function_call) addToolCall(0, null, delta.function_call);
  }

  function addText(text: string): void {
    if (text === "") return;
    pieces += 1;
    const { text: safe, match } = stops.push(text);
    if (safe !== "") blocks.text(safe);
    if (match === null) return;
    stopSequence = match;
    finish("stop_sequence");
  }

  /** What was held back as the possible beginning of a stop sequence was just text. */
  function releaseText(): void {
    const text = stops.flush();
    if (text !== "") blocks.text(text);
  }

  function addThinking(thinking: string): void {
    if (thinking === "") return;
    pieces += 1;
    releaseText();
    blocks.thinking(thinking);
  }

  function addToolCall(
    index: number | undefined,
    id: string | null | undefined,
    called: { name?: string | null | undefined; arguments?: unknown } | null | undefined,
  ): void {
    const args = called?.arguments ?? "";
    const input = typeof args === "string" ? args : JSON.stringify(args);
    if (input !== "") pieces += 1;
    releaseText();
    calls.add({ index, id: id ?? "", name: called?.name ?? "", input });
  }

  function finish(stopReason: string): void {
    ended = true;
    blocks.end();
    events.push({
      type: "message_delta",
      delta: {
        stop_reason: stopReason,
        stop_sequence: stopReason === "stop_sequence" ? stopSequence : null,
      },
      usage: { input_tokens: inputTokens, output_tokens: pieces, ...usage },
    });
    events.push({ type: "message_stop" });
  }

  function start(named: string | null | undefined): void {
    started = true;
    events.push({
      type: "message_start",
      message: {
        id: messageId,
        type: "message",
        role: "assistant",
        model: named || model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: inputTokens, output_tokens: 0 },
      },
    });
  }

  function takeEvents(): StreamEvent[] {
    const taken = events;
    events = [];
    return taken;
  }

  return {
    read(json) {
      if (ended) return [];
      const chunk = parseChunk(json);
      // One answer was asked for; servers that give several number them.
      const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0);
      const counted = chunk.usage ?? chunk.x_groq?.usage ?? choice?.usage;
      if (counted) usage = { ...usage, ...toUsage(counted) };
      if (!started) start(chunk.model);
      if (choice) readChoice(choice);
      return takeEvents();
    },
    end() {
      if (ended) return [];
      const stopReason = toStopReason({
        finishReason,
        refused,
        stopped: stopSequence !== null,
        called: calls.count > 0,
      });
      releaseText();
      finish(stopReason);
      return takeEvents();
    },
    get ended() {
      return ended;
    },
  };
}

function parseChunk(json: unknown) {
  const failure = isRecord(json) && findStreamFailure(json);
  if (failure) throw failure;
  const parsed = chunkSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const message = "The upstream sent something that is not a chunk of a chat completion.";
  throw new UpstreamFailure("api_error", message);
}
