// What a client of the Messages API makes of events: by its grammar, and by the official SDK.

import { BetaMessageStream } from "@anthropic-ai/sdk/lib/BetaMessageStream";
import { MessageStream } from "@anthropic-ai/sdk/lib/MessageStream";
import type { StreamEvent } from "../../src/protocol/event.ts";

/**
 * The first offence of `events` against the order of a whole message: its start, blocks numbered
 * 0, 1, 2 … one after the other, one delta that concludes, its stop. Undefined where there is none.
 */
export function findOffence(events: readonly StreamEvent[]): string | undefined {
  const word = events.map(({ type }) => LETTERS[type] ?? "?").join("");
  if (!/^M(B[d]*E)*CS$/.test(word)) return `the order of ${word}`;
  let index = -1;
  for (const event of events) {
    if (event.type === "content_block_start") index += 1;
    if ("index" in event && event.index !== index) return `${event.type} with ${event.index}`;
  }
  return undefined;
}

const LETTERS: Record<string, string> = {
  message_start: "M",
  content_block_start: "B",
  content_block_delta: "d",
  content_block_stop: "E",
  message_delta: "C",
  message_stop: "S",
};

/** The message that the official SDK folds `events` into. */
export async function foldWithSdk(events: readonly StreamEvent[]) {
  return await MessageStream.fromReadableStream(toLines(events)).finalMessage();
}

/** The same by its `beta` half, which knows calls of MCP tools. */
export async function foldWithBetaSdk(events: readonly StreamEvent[]) {
  return await BetaMessageStream.fromReadableStream(toLines(events)).finalMessage();
}

function toLines(events: readonly StreamEvent[]): ReadableStream<Uint8Array> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  return new Response(lines).body as ReadableStream<Uint8Array>;
}
