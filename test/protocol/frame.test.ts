import fc from "fast-check";
import { expect, test } from "vitest";
import type { LoggedEvent } from "../../src/protocol/event.ts";
import { decodeSse, dropThrough, encodeFrame, encodeSse } from "../../src/protocol/frame.ts";

// The text on the wire is the key, so that the table shows the protocol.
const SSE: Record<string, LoggedEvent> = {
  'id: 1\nevent: message_stop\ndata: {"type":"message_stop"}\n\n': {
    seq: 1,
    type: "message_stop",
    data: '{"type":"message_stop"}',
  },
  'id: 12\nevent: x\ndata: {"text":"a\\n\\nid: 13\\nevent: y"}\n\n': {
    seq: 12,
    type: "x",
    data: '{"text":"a\\n\\nid: 13\\nevent: y"}',
  },
};

test.for(Object.entries(SSE))("%s", ([text, event]) => {
  expect(encodeSse(event)).toBe(text);
  expect(decodeSse(text)).toEqual([event]);
});

const log = fc
  .array(fc.record({ type: fc.stringMatching(/^[a-z_]{1,12}$/), data: fc.jsonValue() }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((events) =>
    events.map(({ type, data }, at) => ({ seq: at + 1, type, data: JSON.stringify(data) })),
  );

test("any log reads as it was written, from every position", () => {
  fc.assert(
    fc.property(log, (events) => {
      const text = events.map(encodeSse).join("");
      for (let seq = 0; seq <= events.length; seq += 1) {
        expect(decodeSse(dropThrough(text, seq))).toEqual(events.slice(seq));
      }
    }),
  );
});

test("a WebSocket frame holds the very data of the event", () => {
  fc.assert(
    fc.property(log, (events) => {
      for (const { seq, type, data } of events) {
        const frame = encodeFrame({ seq, type, data });
        expect(frame).toContain(data);
        expect(JSON.parse(frame)).toEqual({ id: seq, event: type, data: JSON.parse(data) });
      }
    }),
  );
});
