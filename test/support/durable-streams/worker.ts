// The writing half of the Durable Streams protocol, as little of it as its conformance suite needs to
// write what it then reads; what reads is the code that reads messages. Not for use.

import { DurableObject } from "cloudflare:workers";
import { EVENTS_TABLE, EventLog } from "../../../src/message/log.ts";
import { type Observer, Observers } from "../../../src/message/observers.ts";
import type { PagedLog } from "../../../src/message/paged-log.ts";
import { readPages } from "../../../src/message/pages.ts";
import { parseReading, StreamHeader, toOffset } from "../../../src/protocol/durable-streams.ts";
import { formOf, isBinary, type Value } from "./forms.ts";

interface Env {
  STREAMS: DurableObjectNamespace<StreamObject>;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/health") return new Response("ok");
    if (request.method === "OPTIONS") {
      const allowed = request.headers.get("access-control-request-headers") ?? "";
      return new Response(null, { headers: { "access-control-allow-headers": allowed } });
    }
    return env.STREAMS.getByName(pathname).fetch(request);
  },
};

/** Shorter than the suite's patience. */
const LONG_POLL_MS = 1_000;

export class StreamObject extends DurableObject<Env> {
  #stream: Stream | undefined;

  override async fetch(request: Request): Promise<Response> {
    const body = new Uint8Array(await request.arrayBuffer());
    const response = await this.#answer(request, body);
    response.headers.set("x-content-type-options", "nosniff");
    return response;
  }

  async #answer(request: Request, body: Uint8Array<ArrayBuffer>): Promise<Response> {
    const stream = this.#stream;
    if (request.method === "PUT") return this.#create(request, body);
    if (!stream) return new Response(null, { status: 404 });
    switch (request.method) {
      case "POST":
        return stream.append(request, body);
      case "DELETE":
        this.#stream = undefined;
        await stream.erase();
        return new Response(null, { status: 204 });
      default:
        return stream.read(request);
    }
  }

  #create(request: Request, body: Uint8Array<ArrayBuffer>): Response {
    const type = request.headers.get("content-type") ?? "application/octet-stream";
    const isSame = this.#stream?.type.toLowerCase() === type.toLowerCase();
    if (this.#stream) return this.#stream.answer(isSame ? 200 : 409);
    const stream = new Stream(this.ctx, type);
    const refused = stream.write(body, closes(request), { isFirst: true });
    if (refused) return new Response(null, { status: refused });
    this.#stream = stream;
    return stream.answer(201, { location: request.url });
  }
}

/** One stream, in memory but for its log. */
class Stream implements PagedLog {
  readonly type: string;
  readonly tag = crypto.randomUUID().replaceAll("-", "");
  isEnded = false;
  isErased = false;
  readonly #storage: DurableObjectStorage;
  readonly #log: EventLog;
  readonly #observers: Observers;

  constructor({ storage }: DurableObjectState, type: string) {
    this.type = type;
    this.#storage = storage;
    storage.sql.exec(EVENTS_TABLE);
    this.#log = new EventLog(storage.sql);
    this.#observers = new Observers({
      after: (seq) => this.#log.after(seq),
      ended: () => this.isEnded && !this.isErased,
    });
  }

  get last(): number {
    return this.#log.last;
  }

  after(seq: number) {
    return this.#log.after(seq);
  }

  join(observer: Observer): void {
    this.#observers.join(observer);
  }

  leave(observer: Observer): void {
    this.#observers.leave(observer);
  }

  async read(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const parsed = parseReading(searchParams, this.last);
    if (!parsed.ok) return Response.json(parsed.issue, { status: 400 });
    const { reading } = parsed;
    const form = formOf(this.type);
    const response = await readPages(this, form, reading, request, LONG_POLL_MS);
    if (!response) return new Response(null, { status: 404 });
    const headers = new Headers(response.headers);
    if (reading.live === "sse" && isBinary(this.type)) {
      headers.set("stream-sse-data-encoding", "base64");
    }
    const { status, body } = response;
    return new Response(body, { status, headers });
  }

  append(request: Request, body: Uint8Array<ArrayBuffer>): Response {
    const close = closes(request);
    if (this.isEnded) return this.answer(close && body.length === 0 ? 204 : 409);
    const type = request.headers.get("content-type");
    if (body.length === 0) {
      if (!close) return new Response(null, { status: 400 });
    } else if (type === null) {
      return new Response(null, { status: 400 });
    } else if (type.toLowerCase() !== this.type.toLowerCase()) {
      return this.answer(409);
    }
    const refused = this.write(body, close);
    return refused ? new Response(null, { status: refused }) : this.answer(204);
  }

  /** The status of a refusal, or nothing. */
  write(body: Uint8Array, close: boolean, { isFirst = false } = {}): number | undefined {
    let values: Value[];
    try {
      values = body.length === 0 ? [] : formOf(this.type).parse(body);
    } catch {
      return 400;
    }
    if (values.length === 0 && body.length > 0 && !isFirst) return 400;
    const events = values.map((value, at) => {
      return { seq: this.last + at + 1, type: "value", data: JSON.stringify(value) };
    });
    this.isEnded ||= close;
    const batches = events.length > 0 ? this.#log.append(events) : [];
    for (const batch of batches) this.#observers.publish(batch);
    // The end may come without a last word; messages never end so.
    if (close && batches.length === 0) this.#observers.dismiss("ended", this.last);
    return undefined;
  }

  answer(status: number, headers: Record<string, string> = {}): Response {
    return new Response(null, {
      status,
      headers: {
        ...headers,
        "content-type": this.type,
        [StreamHeader.nextOffset]: toOffset(this.last),
        ...(this.isEnded && { [StreamHeader.closed]: "true" }),
      },
    });
  }

  async erase(): Promise<void> {
    this.isErased = true;
    this.#observers.dismiss("deleted", this.last);
    await this.#storage.deleteAll();
  }
}

function closes({ headers }: Request): boolean {
  return headers.get(StreamHeader.closed) === "true";
}
