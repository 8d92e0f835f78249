// Watching one message until it ends, over as many lines as that takes. What follows each line is
// decided in course.ts and what each event means in place.ts; this carries it out.

import type { Message } from "@anthropic-ai/sdk/resources/messages";
import type { StreamEvent } from "../protocol/event.ts";
import { type Ending, embark, next, type Transport, type Yield } from "./course.ts";
import { isTerminal, type Observed, type ObservedEvent } from "./event.ts";
import { broken, type Line } from "./line.ts";
import { advance, type From, type Place, placeOf, toQuery } from "./place.ts";
import { AsyncMessagesError } from "./problem.ts";
import type { Service } from "./service.ts";
import { readSocket } from "./socket.ts";
import { readSse, refusalOf } from "./sse.ts";
import { type Patience, wait, within } from "./timing.ts";
import { Transcript } from "./transcript.ts";

export type ConnectionState =
  | { phase: "connecting" | "live"; transport: Transport }
  | { phase: "waiting"; ms: number; problem: AsyncMessagesError }
  | { phase: "ended" };

export interface ObserveOptions {
  /**
   * Where to begin; at the start, unless said. A number: after the event with this id. `now`: with
   * the first event that arrives. `snapshot`: at the start, with deltas that are there already joined.
   */
  from?: From | undefined;
  /** `auto` begins over SSE and takes the other where nothing gets through. */
  transport?: Transport | "auto" | undefined;
  /** Leaves. Without it, an observation goes on for as long as the message and however often it takes. */
  signal?: AbortSignal | undefined;
  onState?: ((state: ConnectionState) => void) | undefined;
  /** A line without a byte for so long is given up. The service says something every 15 s. */
  silenceMs?: number | undefined;
}

/** Three signs of life that did not come. */
const SILENCE_MS = 45_000;

const OVER: Ending = { kind: "over" };

/**
 * The events of a message, each once and in order, up to the last. Iterated once; left by leaving the
 * loop. Connects when it is first asked for an event.
 */
export class Observation implements AsyncIterable<Observed> {
  readonly #service: Service;
  readonly #path: string;
  readonly #options: ObserveOptions;
  readonly #leaving = new AbortController();
  readonly #patience: Patience;
  /** Undefined where the beginning is not observed. */
  readonly #transcript: Transcript | undefined;
  readonly #end = Promise.withResolvers<void>();
  #place: Place;
  #isTaken = false;

  constructor(service: Service, path: string, options: ObserveOptions = {}) {
    const { from = "start", signal, silenceMs = SILENCE_MS } = options;
    const left = this.#leaving.signal;
    this.#service = service;
    this.#path = path;
    this.#options = options;
    this.#patience = { silenceMs, signal: signal ? AbortSignal.any([signal, left]) : left };
    this.#place = placeOf(from);
    if (from === "start" || from === "snapshot") this.#transcript = new Transcript();
    this.#end.promise.catch(() => {}); // told to whoever asks for the end
  }

  /**
   * The id from which another observation goes on with nothing missed, in another process or after
   * a reload. Undefined from `now`, before the first event.
   */
  get lastEventId(): number | undefined {
    return this.#place.last;
  }

  /**
   * The whole message, once it has ended; without a loop, beside one or after it. Rejects where it
   * ended in an error. For observations from `start` or `snapshot`.
   */
  async final(): Promise<Message> {
    if (!this.#transcript) throw new TypeError("The beginning of the message was not observed.");
    if (!this.#isTaken) for await (const _ of this);
    await this.#end.promise;
    return this.#transcript.toMessage() as unknown as Message;
  }

  /** The text of the whole message, likewise. */
  async text(): Promise<string> {
    const { content } = await this.final();
    return content.map((block) => (block.type === "text" ? block.text : "")).join("");
  }

  /**
   * The log from the start as the official SDK reads it:
   * `MessageStream.fromReadableStream(client.observe(id).toReadableStream())`.
   */
  toReadableStream(): ReadableStream<Uint8Array> {
    const events = this[Symbol.asyncIterator]();
    const encoder = new TextEncoder();
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await events.next();
        if (done) controller.close();
        // There the SDK knows no errors but those of the stream itself.
        else if (value.event.type === "error") controller.error(toError(value.event));
        else controller.enqueue(encoder.encode(`${JSON.stringify(value.event)}\n`));
      },
      cancel: () => void events.return?.(),
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Observed, void, void> {
    if (this.#isTaken) throw new TypeError("Observe again to iterate again.");
    this.#isTaken = true;
    const events = this.#events();
    return {
      next: () => events.next(),
      return: () => {
        this.#leaving.abort(); // whoever waits for an event waits no longer
        return events.return();
      },
    };
  }

  async *#events(): AsyncGenerator<Observed, void, void> {
    const { signal } = this.#patience;
    const { onState, transport = "auto" } = this.#options;
    let course = embark(transport);
    try {
      for (;;) {
        signal.throwIfAborted();
        const brought: Yield = { heard: false, told: false };
        const ending = yield* this.#follow(course.transport, brought);
        signal.throwIfAborted();
        const following = next(course, ending, brought, Math.random());
        if (following.action === "stop") return this.#end.resolve();
        const { problem } = following;
        if (following.action === "fail") throw problem;
        onState?.({ phase: "waiting", ms: following.waitMs, problem });
        await wait(following.waitMs, signal);
        course = following.course;
      }
    } catch (cause) {
      this.#end.reject(cause);
      if (!this.#leaving.signal.aborted) throw cause;
    } finally {
      this.#end.reject(new Error("The message was left before its end."));
      onState?.({ phase: "ended" });
    }
  }

  /** One line: what is new on it, and how it ended. */
  async *#follow(transport: Transport, brought: Yield): AsyncGenerator<Observed, Ending, void> {
    const { onState } = this.#options;
    onState?.({ phase: "connecting", transport });
    const line = this.#connect(transport);
    try {
      for (;;) {
        const { done, value: sign } = await line.next();
        if (done) return brought.heard || transport === "sse" ? sign : this.#inquire(sign);
        if (sign === "open") onState?.({ phase: "live", transport });
        else brought.heard = true;
        if (typeof sign === "string") continue;
        const step = advance(this.#place, sign);
        if (step.action === "skip") continue;
        if (step.action === "gap") return broken(`event ${sign.id} came where ${step.due} was due`);
        this.#place = step.place;
        brought.told = true;
        this.#keep(sign.event);
        yield sign;
        if (isTerminal(sign.event)) return OVER;
      }
    } finally {
      await line.return(OVER);
    }
  }

  #connect(transport: Transport): Line {
    return transport === "sse"
      ? readSse((signal) => this.#service.ask(this.#rest, signal), this.#patience)
      : readSocket((signal) => this.#service.socket(this.#rest, signal), this.#patience);
  }

  /** Why nothing came over a socket: only HTTP tells. */
  async #inquire(ending: Ending): Promise<Ending> {
    if (ending.kind !== "broken") return ending;
    const leaving = new AbortController();
    const asked = this.#service.ask(this.#rest, leaving.signal);
    const refusal = await within(asked.then(refusalOf), this.#patience).catch(() => {});
    leaving.abort(); // where it is no refusal, it is a stream
    return refusal ?? ending;
  }

  /** What to ask for, by what has been told. */
  get #rest(): string {
    return `${this.#path}?${toQuery(this.#place)}`;
  }

  /** Before it is told: whoever leaves the loop at the last event has seen the end. */
  #keep(event: ObservedEvent): void {
    this.#transcript?.add(event as StreamEvent);
    if (event.type === "message_stop") this.#end.resolve();
    if (event.type === "error") this.#end.reject(toError(event));
  }
}

/** What a message ended in. */
function toError({ error, request_id }: Extract<ObservedEvent, { type: "error" }>): Error {
  return new AsyncMessagesError(error.message, { type: error.type, requestId: request_id });
}
