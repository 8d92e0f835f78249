// Bytes to messages: wherever the bytes are cut, whatever the line ends, and when somebody stops.

import type { EventSourceMessage } from "eventsource-parser";
import { describe, expect, test } from "vitest";
import { MAX_EVENT_CHARACTERS, readEventStream } from "../../src/providers/event-stream.ts";
import { anthropicStreams, toBody, toMessages } from "../support/fixtures.ts";

async function collect(body: ReadableStream<Uint8Array>): Promise<EventSourceMessage[][]> {
  const pieces: EventSourceMessage[][] = [];
  for await (const piece of readEventStream(body)) pieces.push(piece);
  return pieces;
}

describe.for(Object.entries(anthropicStreams))("%s.sse", ([, text]) => {
  const expected = toMessages(text);
  const length = new TextEncoder().encode(text).length;

  test("reads whole", async () => {
    expect(expected.length).toBeGreaterThan(4);
    expect(await collect(toBody(text))).toEqual([expected]);
  });

  test("reads the same cut in two at any byte", async () => {
    const json = JSON.stringify(expected);
    for (let cut = 1; cut < length; cut += 1) {
      const pieces = await collect(toBody(text, [cut]));
      if (JSON.stringify(pieces.flat()) !== json)
        expect(pieces.flat(), `cut at ${cut}`).toEqual(expected);
    }
  });

  test("reads the same byte by byte, and shows each byte as life", async () => {
    const pieces = await collect(
      toBody(
        text,
        Array.from({ length: length - 1 }, (_, n) => n + 1),
      ),
    );
    expect(pieces.flat()).toEqual(expected);
    expect(pieces).toHaveLength(length);
  });

  test.for(["\r\n", "\r"])("reads the same with %j for line ends", async (end) => {
    const body = toBody(text.replace(/\r?\n/g, end), [length >> 1]);
    expect((await collect(body)).flat()).toEqual(expected);
  });
});

test.for<[string, string, string[]]>([
  ["a last event that no blank line ended", "data: 1\n\ndata: 2\n", ["1", "2"]],
  ["one that no line end ended", "data: 1\n\nevent: a\ndata: [DONE]", ["1", "[DONE]"]],
  ["one with half a line end", "data: 1\r\n\r\ndata: 2\r", ["1", "2"]],
  ["one that was cut off", 'data: 1\n\ndata: {"a": 1', ["1"]],
  ["one that was cut off in its name", "data: 1\n\nda", ["1"]],
  ["one without data", "data: 1\n\nevent: a\n", ["1"]],
  ["several lines of data", "data: 1\ndata: 2\n\n", ["1\n2"]],
  ["data without a space", "data:1\n\n", ["1"]],
  ["a byte order mark", "\uFEFFdata: 1\n\n", ["1"]],
  ["comments only", ": a\n\n: b\n\n", []],
  ["an unknown field", "dada: 0\ndata: 1\n\n", ["1"]],
  ["a retry that is no number", "retry: soon\ndata: 1\n\n", ["1"]],
  ["nothing", "", []],
])("%s", async ([, text, data]) => {
  const messages = (await collect(toBody(text))).flat();
  expect(messages.map((message) => message.data)).toEqual(data);
});

test("bytes that are not UTF-8 become replacement characters", async () => {
  const bytes = Uint8Array.from([...new TextEncoder().encode("data: "), 0xff, 0x0a, 0x0a]);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  expect((await collect(body)).flat().map(({ data }) => data)).toEqual(["\uFFFD"]);
});

test("an event past the limit is refused, what came before it is kept", async () => {
  let cancelled = false;
  const mebibyte = new TextEncoder().encode("x".repeat(1024 ** 2));
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(sent === 0 ? new TextEncoder().encode("data: 1\n\ndata: ") : mebibyte);
      sent += 1;
    },
    cancel() {
      cancelled = true;
    },
  });
  const data: string[] = [];
  const reading = (async () => {
    for await (const piece of readEventStream(body)) data.push(...piece.map((one) => one.data));
  })();
  await expect(reading).rejects.toMatchObject({
    name: "UpstreamFailure",
    type: "api_error",
    message: "The upstream sent an event larger than 16 MiB.",
    retryable: false,
  });
  expect(data).toEqual(["1"]);
  expect(cancelled).toBe(true);
  expect(sent).toBeLessThan(MAX_EVENT_CHARACTERS / 1024 ** 2 + 4);
});

test("an event just within the limit is read", async () => {
  const data = "x".repeat(MAX_EVENT_CHARACTERS - 100);
  const [message] = (await collect(toBody(`data: ${data}\n\n`, [1_000, 10_000_000]))).flat();
  expect(message?.data === data).toBe(true);
});

test("stopping early cancels the body", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
    cancel() {
      cancelled = true;
    },
  });
  for await (const _ of readEventStream(body)) break;
  expect(cancelled).toBe(true);
});

test("a body that breaks throws what it broke with", async () => {
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("gone")),
  });
  await expect(collect(body)).rejects.toThrow("gone");
});
