// An OpenAI-compatible upstream: its chunks become our events, piece by piece.
//
// Options of its routes, all of them optional:
//   max_tokens             what a request without `max_tokens` gets
//   max_tokens_field       "max_completion_tokens" for OpenAI's newer models; else "max_tokens"
//   reasoning_effort_none  true: disabled thinking is sent as the effort "none"; else nothing is
//   send_reasoning         true, or the name of a field: earlier thinking is sent back in it
//   local_stop             true: stop sequences are not sent, only looked for here. Then the one
//                          that was met is always told, but the last tokens are not counted
//   tokenize               an address, seen from base_url, that counts chat messages as vLLM's
//                          "/tokenize" does; else tokens are not counted
//   extra_body             fields of the body that win over all others
//   headers                headers of the request that win over all others

import type { EventSourceMessage } from "eventsource-parser";
import { isRecord } from "../../lib/zod-kinds.ts";
import { type OutgoingEvent, toOutgoing } from "../../protocol/event.ts";
import { UpstreamFailure } from "../failure.ts";
import type { Call, Provider, Question, TokenCount } from "../provider.ts";
import { upstreamModel } from "../route.ts";
import { openEventStream, postJson, toHeaderValue } from "../upstream.ts";
import { type ChunkReader, createChunkReader } from "./chunks.ts";
import { callIds } from "./messages.ts";
import { openaiIgnoredFields, toChatCompletion } from "./request.ts";

export const openai: Provider = {
  stream(call, signal) {
    return chatCompletions(() => openChatCompletion(call.route.base_url, call, signal), call);
  },
  async countTokens(question, signal) {
    const { base_url, options } = question.route;
    if (typeof options.tokenize !== "string") return undefined;
    return tokenize(URL.parse(options.tokenize, base_url), question, signal);
  },
  ignoredFields: openaiIgnoredFields,
};

/** Sends `call` to the server whose `/chat/completions` is under `base`. */
export function openChatCompletion(
  base: string | undefined,
  call: Call,
  signal: AbortSignal,
): AsyncIterable<EventSourceMessage[]> {
  if (base === undefined) {
    // No default: a conversation should not go to a vendor because a line was forgotten.
    throw new UpstreamFailure(
      "api_error",
      'A route with provider "openai" needs base_url in MODELS, as in https://api.openai.com/v1.',
    );
  }
  const url = `${base.replace(/\/+$/, "")}/chat/completions`;
  return openEventStream(url, { headers: toHeaders(call), body: toChatCompletion(call) }, signal);
}

/** https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#tokenizer-api */
async function tokenize(
  url: URL | null,
  question: Question,
  signal: AbortSignal,
): Promise<TokenCount> {
  if (!url) throw new UpstreamFailure("api_error", "options.tokenize in MODELS is no address.");
  const { model, messages, tools } = toChatCompletion(question);
  const posting = { headers: toHeaders(question), body: { model, messages, tools } };
  const json = await postJson(url.href, posting, signal);
  if (isRecord(json) && typeof json.count === "number") return { input_tokens: json.count };
  throw new UpstreamFailure("api_error", "The upstream answered without a count of tokens.");
}

/** The headers of a request, but for those that every request has. */
export function toHeaders({ request, route, key }: Question): Headers {
  const headers = new Headers();
  if (key !== undefined) headers.set("authorization", `Bearer ${key}`);
  if (request.correlation_id) {
    headers.set("x-correlation-id", toHeaderValue(request.correlation_id));
  }
  const { headers: extra } = route.options;
  for (const [name, value] of Object.entries(isRecord(extra) ? extra : {})) {
    headers.set(name, String(value));
  }
  return headers;
}

/** A dialect that is put into chunks of a chat completion before they are read. */
export interface Translator {
  toChunk(json: unknown): unknown;
  /** What `[DONE]` stands for, where it says more than that nothing follows. */
  atDone(): unknown;
}

const NO_TRANSLATION: Translator = { toChunk: (json) => json, atDone: () => undefined };

/**
 * Reads the answer to `call` from the pieces that `open` gives. Ends after `message_stop`, and does
 * not wait for the upstream then: leaving the pieces early is what aborts it.
 */
export async function* chatCompletions(
  open: () => AsyncIterable<EventSourceMessage[]>,
  { messageId, request, route }: Call,
  translator: Translator = NO_TRANSLATION,
): AsyncGenerator<OutgoingEvent[], void, void> {
  const reader = createChunkReader({
    messageId,
    model: upstreamModel(route, request.model),
    stopSequences: request.stop_sequences ?? [],
    earlierIds: callIds(request.messages),
  });
  for await (const piece of open()) {
    const events: OutgoingEvent[] = [];
    try {
      for (const message of piece) {
        const done = message.data.trim() === "[DONE]";
        const chunk = done ? translator.atDone() : translator.toChunk(parseData(message));
        if (chunk !== undefined) events.push(...reader.read(chunk).map(toOutgoing));
        if (done) events.push(...endOf(reader));
        if (reader.ended) break;
      }
    } catch (failure) {
      if (events.length > 0) yield events; // what came before it has come
      throw failure;
    }
    yield events;
    if (reader.ended) return;
  }
  yield endOf(reader);
}

function endOf(reader: ChunkReader): OutgoingEvent[] {
  return reader.end().map(toOutgoing);
}

/** The JSON of a message; undefined where it has none, as some servers send to stay connected. */
function parseData({ event, data }: EventSourceMessage): unknown {
  if (data.trim() === "") return undefined;
  try {
    const json: unknown = JSON.parse(data);
    // An error may be named by its event alone.
    return event === "error" && !(isRecord(json) && json.error) ? { error: json } : json;
  } catch {
    throw new UpstreamFailure("api_error", "The upstream sent a chunk that is not JSON.");
  }
}
