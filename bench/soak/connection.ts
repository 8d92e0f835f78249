// One connection that watches a message, over either transport: what it is told, and how it ends.

import { createParser } from "eventsource-parser";

/** One event as it was told; `data` is the text on the wire, so that bytes can be compared. */
export interface Told {
  seq: number;
  event: string;
  data: string;
}

export type Ended =
  /** A proper end, which only a whole log may have. */
  | { kind: "complete" }
  | { kind: "broken" }
  /** Nothing was told; 0 where the transport does not say why. */
  | { kind: "refused"; status: number; text: string }
  /** A WebSocket closed with a code of the service's own. */
  | { kind: "closed"; code: number };

/** Yields `undefined` once connected, then what it is told. To leave, `return` it. */
export type Connection = AsyncGenerator<Told | undefined, Ended, void>;

export async function* readSse(
  url: string,
  headers: Record<string, string>,
  deadline: AbortSignal,
): Connection {
  const leaving = new AbortController();
  const signal = AbortSignal.any([deadline, leaving.signal]);
  try {
    const response = await fetch(url, { headers, signal });
    if (response.status !== 200 || !response.body) {
      return { kind: "refused", status: response.status, text: await response.text() };
    }
    yield undefined;
    yield* readEvents(response.body);
    return { kind: "complete" };
  } catch {
    return { kind: "broken" };
  } finally {
    leaving.abort();
  }
}

/** What an answer tells. Nothing more is read from the line before this has been taken. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<Told> {
  const told: Told[] = [];
  const parser = createParser({
    onEvent({ id, event = "message", data }) {
      if (event !== "ping") told.push({ seq: Number(id), event, data });
    },
    onError(error) {
      throw error;
    },
  });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const bytes of body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* told.splice(0);
  }
}

export async function* readSocket(
  url: string,
  deadline: AbortSignal,
  command?: Promise<string>,
): Connection {
  const told: (Told | undefined)[] = [];
  const state: { ended?: Ended } = {};
  let wake = (): void => {};
  const socket = new WebSocket(url.replace(/^http/, "ws"));
  const onDeadline = (): void => {
    state.ended ??= { kind: "broken" }; // the far side may never answer a close
    socket.close();
    wake();
  };
  deadline.addEventListener("abort", onDeadline);
  socket.addEventListener("open", () => {
    told.push(undefined);
    command?.then((text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    });
    wake();
  });
  let isOpen = false;
  socket.addEventListener("message", ({ data }) => {
    const frame = readFrame(String(data));
    if (frame) told.push(frame);
    wake();
  });
  // Node tells of a connection that breaks before the upgrade by this alone.
  socket.addEventListener("error", () => {
    state.ended ??= { kind: "broken" };
    wake();
  });
  socket.addEventListener("close", ({ code }) => {
    state.ended ??= toEnded(code);
    wake();
  });
  try {
    while (told.length > 0 || !state.ended) {
      if (told.length > 0) {
        isOpen = true;
        yield told.shift();
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    return isOpen ? state.ended : { kind: "refused", status: 0, text: "no upgrade" };
  } finally {
    deadline.removeEventListener("abort", onDeadline);
    if (!state.ended) socket.close(1000);
  }
}

function toEnded(code: number): Ended {
  if (code === 1000) return { kind: "complete" };
  return code === 1006 || code === 1005 ? { kind: "broken" } : { kind: "closed", code };
}

/** `{"id": …, "event": …, "data": …}` with the text of `data` as it stands there; not for a ping. */
function readFrame(text: string): Told | undefined {
  const [, seq, event, data] = /^\{"id":(\d+),"event":"([^"]+)","data":(.*)\}$/s.exec(text) ?? [];
  if (event === undefined || data === undefined) return undefined;
  return { seq: Number(seq), event, data };
}
