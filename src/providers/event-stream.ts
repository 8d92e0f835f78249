// From the bytes of an event stream to its messages. Knows the framing, not what is framed.

import { createParser, type EventSourceMessage } from "eventsource-parser";
import { UpstreamFailure } from "./failure.ts";

/** Characters one event may have: an image in a tool's result is large, a runaway line is larger. */
export const MAX_EVENT_CHARACTERS = 16 * 1024 ** 2;

/**
 * Reads a body as https://html.spec.whatwg.org/multipage/server-sent-events.html has it: one array
 * for each piece of bytes that arrived, empty where the piece completed no event. Unlike the standard
 * it drops no last event that only lacks its blank line: some servers end so, and their last event
 * says that the answer is whole. Stopping early cancels the body.
 *
 * One loop over a reader: pipes of stream transformers take ten times as long.
 */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<EventSourceMessage[], void, void> {
  let messages: EventSourceMessage[] = [];
  let tooLarge = false;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: (message) => messages.push(message),
    onError: (error) => {
      tooLarge ||= error.type === "max-buffer-size-exceeded"; // anything else is a line to skip
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parser.feed(decoder.decode(value, { stream: true }));
      yield messages;
      if (tooLarge) {
        const mebibytes = MAX_EVENT_CHARACTERS / 1024 ** 2;
        throw new UpstreamFailure(
          "api_error",
          `The upstream sent an event larger than ${mebibytes} MiB.`,
        );
      }
      messages = [];
    }
    parser.feed(`${decoder.decode()}\n\n`);
    messages = messages.filter(isWhole);
    if (messages.length > 0) yield messages;
  } finally {
    // Where the body ended or broke by itself there is nothing left to cancel, nor to report.
    await reader.cancel().catch(() => {});
  }
}

/** Nobody says where a last event ends, but what is cut off is no JSON. */
function isWhole({ data }: EventSourceMessage): boolean {
  if (data === "[DONE]") return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
