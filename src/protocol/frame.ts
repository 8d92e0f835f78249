// How an event of the log is written: for Server-Sent Events, and for a WebSocket. The first is
// also how the log is stored, so that a replay is a concatenation.

import type { LoggedEvent } from "./event.ts";

/** The first line of every stream: how long a client waits before it reconnects, in ms. */
export const SSE_RETRY = "retry: 1000\n";
export const SSE_PREAMBLE = `${SSE_RETRY}\n`;

/** Tells a silent observer that the line is alive. Not an event of the log: it has no id. */
export const PING = '{"type":"ping"}';
export const SSE_PING = `event: ping\ndata: ${PING}\n\n`;
export const FRAME_PING = `{"event":"ping","data":${PING}}`;

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
export function encodeSse({ seq, type, data }: LoggedEvent): string {
  // `data` is one line of JSON and `type` a word, so one line each is always enough.
  return `id: ${seq}\nevent: ${type}\ndata: ${data}\n\n`;
}

/** The events of a text made by `encodeSse` alone. */
export function decodeSse(text: string): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (let start = 0; start < text.length; ) {
    const event = text.indexOf("\nevent: ", start);
    const data = text.indexOf("\ndata: ", event);
    const end = text.indexOf("\n\n", data);
    events.push({
      seq: Number(text.slice(start + "id: ".length, event)),
      type: text.slice(event + "\nevent: ".length, data),
      data: text.slice(data + "\ndata: ".length, end),
    });
    start = end + 2;
  }
  return events;
}

/** What is left of a text made by `encodeSse` when everything up to and including `seq` is cut off. */
export function dropThrough(text: string, seq: number): string {
  const next = `id: ${seq + 1}\n`;
  if (text.startsWith(next)) return text;
  // No data holds a raw newline, so this can only be the beginning of an event.
  const boundary = text.indexOf(`\n\n${next}`);
  return boundary === -1 ? "" : text.slice(boundary + 2);
}

/** One WebSocket text frame. `data` goes in as it is: it already is JSON. */
export function encodeFrame({ seq, type, data }: LoggedEvent): string {
  return `{"id":${seq},"event":${JSON.stringify(type)},"data":${data}}`;
}
