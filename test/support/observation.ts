// A connection that watches a message, over either transport, as one stream of events.

import { createParser } from "eventsource-parser";

/** One event as it was told; `data` is the text on the wire, so that bytes can be compared. */
export interface Told {
  id: number;
  event: string;
  data: string;
}

/** How a connection ended: a WebSocket closes with a code, a body ends or breaks. */
export type Ended = { kind: "closed"; code?: number; reason?: string } | { kind: "broken" };

/** What a source hands on besides events. */
interface Aside {
  ping(): void;
  text(frame: string): void;
}

type Source = AsyncGenerator<Told, Ended, void>;

/** Those not at their end yet: a body that nothing refers to is collected, and whoever writes it is told that the peer has gone. */
const watching = new Set<Observation>();

export class Observation implements AsyncIterable<Told> {
  /** Signs of life so far: they are not events. */
  pings = 0;
  /** Frames so far that are neither: what the platform itself answers. */
  readonly texts: string[] = [];
  /** Resolves when the end has been read; events that nobody takes hold it up. */
  readonly ended: Promise<Ended>;
  readonly socket: WebSocket | undefined;
  readonly #source: Source;
  readonly #end = Promise.withResolvers<Ended>();
  readonly #close: () => Promise<void>;

  constructor(response: Response) {
    const { webSocket: socket, body } = response;
    const aside: Aside = {
      ping: () => {
        this.pings += 1;
      },
      text: (text) => this.texts.push(text),
    };
    this.ended = this.#end.promise;
    watching.add(this);
    if (socket) {
      this.socket = socket;
      this.#source = readSocket(socket, aside);
      this.#close = async () => socket.close(1000);
      return;
    }
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    this.#source = readBody(reader, aside);
    this.#close = () => reader.cancel();
  }

  /** The next event; undefined at the end. Over SSE nothing is read before it is asked for. */
  async next(): Promise<Told | undefined> {
    const { done, value } = await this.#source.next();
    if (!done) return value;
    if (value) this.#end.resolve(value); // an ended generator has nothing more to say
    watching.delete(this);
    return undefined;
  }

  /** The next `count` events. Throws where the end comes first. */
  async take(count: number): Promise<Told[]> {
    const taken: Told[] = [];
    while (taken.length < count) {
      const told = await this.next();
      if (!told) throw new Error(`the end came after ${taken.length} of ${count} events`);
      taken.push(told);
    }
    return taken;
  }

  /** Everything up to and including the first event that `found` fits. Throws where none does. */
  async until(found: (told: Told) => boolean): Promise<Told[]> {
    const taken: Told[] = [];
    for (;;) {
      const [told] = (await this.take(1)) as [Told];
      taken.push(told);
      if (found(told)) return taken;
    }
  }

  /** All that is left, to the end. */
  async rest(): Promise<Told[]> {
    const told: Told[] = [];
    for await (const event of this) told.push(event);
    return told;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Told, void, void> {
    for (let told = await this.next(); told; told = await this.next()) yield told;
  }

  /** Leaves. */
  close(): Promise<void> {
    watching.delete(this);
    return this.#close();
  }
}

async function* readBody(reader: ReadableStreamDefaultReader<Uint8Array>, aside: Aside): Source {
  let told: Told[] = [];
  const parser = createParser({
    onEvent({ id, event = "message", data }) {
      if (event === "ping") aside.ping();
      else told.push({ id: Number(id), event, data });
    },
    onError(error) {
      throw error;
    },
  });
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: "closed" };
      parser.feed(decoder.decode(value, { stream: true }));
      yield* told;
      told = [];
    }
  } catch {
    return { kind: "broken" };
  }
}

function readSocket(socket: WebSocket, aside: Aside): Source {
  const told: Told[] = [];
  let end: Ended | undefined;
  let wake = (): void => {};
  socket.addEventListener("message", ({ data }) => {
    const frame = readFrame(data as string);
    if (frame === undefined) aside.text(data as string);
    else if (frame.event === "ping") aside.ping();
    else told.push(frame);
    wake();
  });
  socket.addEventListener("close", ({ code, reason }) => {
    end = { kind: "closed", code, reason };
    wake();
  });
  socket.accept();
  return (async function* () {
    for (;;) {
      const next = told.shift();
      if (next) yield next;
      else if (end) return end;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  })();
}

/** `{"id": …, "event": …, "data": …}` with the text of `data` as it stands there. */
function readFrame(text: string): Told | undefined {
  const [, id, event, data] =
    /^\{(?:"id":(\d+),)?"event":"([^"]+)","data":(.*)\}$/s.exec(text) ?? [];
  if (event === undefined || data === undefined) return undefined;
  return { id: Number(id), event, data };
}
