// Server-Sent Events out of bytes, however those were cut. Pure: bytes in, events out.

export interface SseEvent {
  /** Of this event alone: a ping between events has none. */
  id: number | undefined;
  data: unknown;
}

const LINE_END = /\r\n|\r|\n/;

/**
 * Takes the next bytes, answers the events that they complete: as the standard has them, with numbers
 * for ids and JSON for data. Throws on anything else, and on bytes that are not UTF-8.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function createSseParser(): (bytes: Uint8Array) => SseEvent[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let unfinished = "";
  let endedInReturn = false;
  let id: number | undefined;
  let data = "";

  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    const lines = text.split(LINE_END);
    // "\r\n" may come in two pieces: the first one has ended the line already.
    if (endedInReturn && text.startsWith("\n")) lines.shift();
    endedInReturn = text.endsWith("\r");
    lines[0] = unfinished + lines[0];
    unfinished = lines.pop() ?? "";

    const events: SseEvent[] = [];
    for (const line of lines) {
      // The space that may follow a colon is nothing to a number and to JSON.
      if (line.startsWith("id:")) id = Number(line.slice(3));
      else if (line.startsWith("data:")) data += `${line.slice(5)}\n`;
      else if (line === "") {
        if (data !== "") events.push({ id, data: JSON.parse(data) });
        id = undefined;
        data = "";
      } // comments, `retry`, and `event`, which the data tells as well
    }
    return events;
  };
}
