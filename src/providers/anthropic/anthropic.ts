// An Anthropic-compatible upstream. Its events are ours already: they pass through as they came,
// but for the message's name and the few fields without which clients of the API break.
//
// Options of its routes, all of them optional:
//   max_tokens          what a request without `max_tokens` gets
//   extra_fields        true: the server takes sampling fields that Anthropic refuses
//   native_mcp          true: the server connects to MCP servers itself
//   cache_control       "block": a request's `cache_control` is put on its last block
//   context_management  "local": the server has none, so it is done here
//   beta                names for the header `anthropic-beta`
//   headers             headers of the request that win over all others

import type { EventSourceMessage } from "eventsource-parser";
import { isRecord } from "../../lib/zod-kinds.ts";
import {
  type Message,
  type OutgoingEvent,
  type StreamEvent,
  toOutgoing,
} from "../../protocol/event.ts";
import { findError, toStreamFailure } from "../error-body.ts";
import { UpstreamFailure } from "../failure.ts";
import type { Call, Provider, TokenCount } from "../provider.ts";
import { type Route, upstreamModel } from "../route.ts";
import { openEventStream, postJson } from "../upstream.ts";
import {
  anthropicIgnoredFields,
  toAnthropicBody,
  toAnthropicHeaders,
  toCountBody,
} from "./request.ts";

const DEFAULT_BASE_URL = "https://api.anthropic.com";

export const anthropic: Provider = {
  stream(call, signal) {
    const posting = { headers: toAnthropicHeaders(call), body: toAnthropicBody(call) };
    return readMessage(openEventStream(addressOf(call.route), posting, signal), call);
  },
  async countTokens(question, signal) {
    const posting = { headers: toAnthropicHeaders(question), body: toCountBody(question) };
    const url = `${addressOf(question.route)}/count_tokens`;
    return toTokenCount(await postJson(url, posting, signal));
  },
  ignoredFields: anthropicIgnoredFields,
};

function addressOf({ base_url = DEFAULT_BASE_URL }: Route): string {
  return `${base_url.replace(/\/+$/, "")}/v1/messages`;
}

function toTokenCount(json: unknown): TokenCount {
  const { input_tokens, context_management } = isRecord(json) ? json : {};
  if (typeof input_tokens !== "number") {
    throw new UpstreamFailure("api_error", "The upstream answered without a count of tokens.");
  }
  const original = isRecord(context_management) && context_management.original_input_tokens;
  if (typeof original !== "number") return { input_tokens };
  return { input_tokens, context_management: { original_input_tokens: original } };
}

/** Upstream's messages as our events, piece by piece, up to `message_stop`. */
export async function* readMessage(
  pieces: AsyncIterable<EventSourceMessage[]>,
  call: Call,
): AsyncGenerator<OutgoingEvent[], void, void> {
  const keepEnding = createEndingKeeper();
  for await (const piece of pieces) {
    const events: OutgoingEvent[] = [];
    try {
      for (const { data } of piece) {
        const outgoing = toEvent(data, call);
        if (!outgoing) continue;
        events.push(keepEnding(outgoing));
        if (outgoing.event.type === "message_stop") break;
      }
    } catch (failure) {
      if (events.length > 0) yield events; // what came before it has come
      throw failure;
    }
    yield events;
    if (events.at(-1)?.event.type === "message_stop") return;
  }
  throw new UpstreamFailure("api_error", "The upstream's stream ended before its message did.", {
    retryable: true,
  });
}

/** What ended a message stays what ended it: some servers conclude again, only to count. */
function createEndingKeeper(): (outgoing: OutgoingEvent) => OutgoingEvent {
  let ending: object | undefined;
  return (outgoing) => {
    const { event } = outgoing;
    if (event.type !== "message_delta" || !isRecord(event.delta)) return outgoing;
    const { stop_reason, stop_sequence } = event.delta;
    if (stop_reason != null) ending = { stop_reason, stop_sequence };
    else if (ending) return toOutgoing({ ...event, delta: { ...event.delta, ...ending } });
    return outgoing;
  };
}

/** One piece of `data` as our event; undefined where the log keeps none. Throws `UpstreamFailure`. */
export function toEvent(data: string, call: Call): OutgoingEvent | undefined {
  if (data === "" || data === "[DONE]") return undefined;
  const event = parseEvent(data);
  switch (event.type) {
    case "ping":
      return undefined;
    case "error":
      throw toStreamFailure(event);
    case "message_start":
      return toOutgoing({
        ...event,
        type: "message_start",
        message: toMessage(event.message, call),
      });
    case "message_delta":
      if (isRecord(event.usage)) break;
      return toOutgoing({ ...event, usage: { output_tokens: 0 } } as StreamEvent);
  }
  // Everything else is the runner's to check; `data` has no newline unless it came as several lines.
  const known = event as StreamEvent;
  return data.includes("\n") ? toOutgoing(known) : { event: known, data };
}

/** Upstream's message under our name, with what the official clients take for granted. */
function toMessage(message: unknown, { messageId, request, route }: Call): Message {
  if (!isRecord(message)) throw notAnEvent();
  const defaults = {
    type: "message",
    role: "assistant",
    model: upstreamModel(route, request.model),
  };
  const usage = {
    input_tokens: 0,
    output_tokens: 0,
    ...(isRecord(message.usage) && message.usage),
  };
  const content = Array.isArray(message.content) ? message.content : [];
  return { ...defaults, ...message, id: messageId, content, usage } as unknown as Message;
}

function parseEvent(data: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    throw notAnEvent();
  }
  if (!isRecord(json)) throw notAnEvent();
  // The type becomes a line of our own streams, so it must be a word.
  if (typeof json.type === "string" && /^[\w.:-]{1,100}$/.test(json.type)) return json;
  throw findError(json).message === undefined ? notAnEvent() : toStreamFailure(json);
}

function notAnEvent(): UpstreamFailure {
  const message = "The upstream sent something that is not an event of the Messages API.";
  return new UpstreamFailure("api_error", message);
}
