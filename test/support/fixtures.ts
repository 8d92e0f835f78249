// Streams on file, as text, by name: `anthropic.text` is fixtures/anthropic/text.sse.

/// <reference types="vite/client" />

import type { EventSourceMessage } from "eventsource-parser";

/** Streams of the Messages API. */
export const anthropicStreams = byName(
  import.meta.glob<string>("../fixtures/anthropic/*.sse", {
    query: "?raw",
    import: "default",
    eager: true,
  }),
);

function byName(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path.replace(/^.*\/|\.sse$/g, ""), text]),
  );
}

/** The bytes of `text`, cut at `cuts`, as the body of a response. */
export function toBody(text: string, cuts: readonly number[] = []): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const pieces = [0, ...cuts].map((from, n) => bytes.slice(from, cuts[n] ?? bytes.length));
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
}

/** The messages of an event stream by its definition, line by line: whole texts only. */
export function toMessages(text: string): EventSourceMessage[] {
  const blocks = text.replaceAll("\r\n", "\n").split("\n\n").slice(0, -1);
  return blocks.flatMap((block) => {
    const fields = block.split("\n").map((line) => line.split(/: ?(.*)/s));
    const read = (name: string) => fields.find(([field]) => field === name)?.[1];
    const data = read("data");
    return data === undefined ? [] : [{ event: read("event"), id: read("id"), data }];
  });
}
