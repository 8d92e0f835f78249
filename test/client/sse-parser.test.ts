// What the client reads out of bytes, however they are cut.

import { describe, expect, test } from "vitest";
import { createSseParser, type SseEvent } from "../../src/client/sse-parser.ts";
import { encodeSse, SSE_PING, SSE_PREAMBLE } from "../../src/protocol/frame.ts";

const LOGGED = {
  seq: 7,
  type: "content_block_delta",
  data: '{"type":"x","text":"a\\nb 💬 \u2028"}',
};
const READ: SseEvent = { id: 7, data: { type: "x", text: "a\nb 💬 \u2028" } };
const PING: SseEvent = { id: undefined, data: { type: "ping" } };
const EVENT = encodeSse(LOGGED);

const TEXTS: [name: string, text: string, events: SseEvent[]][] = [
  ["nothing", "", []],
  ["the preamble", SSE_PREAMBLE, []],
  ["an event", EVENT, [READ]],
  [
    "events and pings",
    SSE_PREAMBLE + SSE_PING + EVENT + SSE_PING + EVENT,
    [PING, READ, PING, READ],
  ],
  ["lines that end in CR LF", EVENT.replaceAll("\n", "\r\n"), [READ]],
  ["lines that end in CR", `${EVENT}${EVENT}`.replaceAll("\n", "\r"), [READ, READ]],
  [
    "line ends of all kinds",
    `id:1\rdata:1\r\n\rid:2\ndata:2\r\r\nid:3\r\ndata:3\n\r`,
    ids(1, 2, 3),
  ],
  ["a byte order mark", `\ufeff${EVENT}`, [READ]],
  ["no spaces after colons", "id:7\ndata:7\n\n", [{ id: 7, data: 7 }]],
  ["comments and unknown fields", ": hello\nfoo: bar\ndata\nid: 1\ndata: 1\n:\n\n", ids(1)],
  ["data in several lines", 'id: 1\ndata: {"a":\ndata: 1}\n\n', [{ id: 1, data: { a: 1 } }]],
  ["an id without data", "id: 1\n\ndata: 2\n\n", [{ id: undefined, data: 2 }]],
  ["blank lines", `\n\n\n${EVENT}\n\n`, [READ]],
  ["an event that is not complete", `${EVENT}id: 8\ndata: 1\n`, [READ]],
  ["an id that is no number", "id: x\ndata: 1\n\n", [{ id: Number.NaN, data: 1 }]],
];

function ids(...numbers: number[]): SseEvent[] {
  return numbers.map((number) => ({ id: number, data: number }));
}

function read(...pieces: Uint8Array[]): SseEvent[] {
  return pieces.flatMap(createSseParser());
}

describe.each(TEXTS)("%s", (_, text, events) => {
  const bytes = new TextEncoder().encode(text);

  test("at once", () => expect(read(bytes)).toEqual(events));

  test("byte by byte", () => {
    expect(read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(events);
  });

  test("cut in two, anywhere", () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(read(bytes.slice(0, at), bytes.slice(at))).toEqual(events);
    }
  });
});

test.for([
  ["no UTF-8", Uint8Array.of(0x64, 0xff, 0x0a)],
  ["no JSON", new TextEncoder().encode("data: {\n\n")],
] as const)("%s is refused", ([, bytes]) => {
  expect(() => read(bytes)).toThrow();
});

test("an event is answered with the byte that completes it", () => {
  const parse = createSseParser();
  const bytes = new TextEncoder().encode(EVENT);
  expect(parse(bytes.slice(0, -1))).toEqual([]);
  expect(parse(bytes.slice(-1))).toEqual([READ]);
});
