// The Durable Object of one message: what can be asked of it. Commands are RPC methods; what may
// be long or needs a connection is answered by `fetch`.

import { DurableObject } from "cloudflare:workers";
import { type Env, settingsOf } from "../env.ts";
import { type Problem, toResponse } from "../protocol/errors.ts";
import type { Status } from "../protocol/state.ts";
import { Completion } from "./completion.ts";
import { parsePosition } from "./position.ts";
import { MessageRecord, type Opening } from "./record.ts";
import { SSE_HEADERS, SseObserver } from "./sse.ts";
import type { MessageStatus } from "./status.ts";
import {
  answerClose,
  CloseCode,
  closeSocket,
  KEEP_ALIVE,
  parseCommand,
  SocketObserver,
} from "./websocket.ts";

export type Started = { outcome: "started" | "known"; status: Status } | { outcome: "taken" };

/** How soon a refused observer may try again, in seconds. */
const OBSERVER_RETRY_SECONDS = 5;

export class MessageObject extends DurableObject<Env> {
  #completion: Completion | undefined;
  readonly #sockets = new Map<WebSocket, SocketObserver>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(KEEP_ALIVE);
    const record = MessageRecord.load(ctx.storage.sql);
    if (!record) return;
    this.#completion = new Completion(ctx, env, record);
    this.#completion.recover();
    this.#restoreSockets(this.#completion);
  }

  /** Starts the message, or finds it started. `body` is a stream where it is too long for one call. */
  async start(opening: Opening, body: string | ReadableStream<Uint8Array>): Promise<Started> {
    const request = typeof body === "string" ? body : await new Response(body).text();
    const known = this.#completion;
    if (known) {
      if (known.digest !== opening.digest) return { outcome: "taken" };
      return { outcome: "known", status: known.status };
    }
    const record = MessageRecord.create(this.ctx.storage.sql, opening, request);
    this.#completion = new Completion(this.ctx, this.env, record);
    const { status } = record.state;
    this.#completion.begin();
    return { outcome: "started", status };
  }

  async status(): Promise<MessageStatus | null> {
    return this.#completion?.toStatus() ?? null;
  }

  /** Null where there is no such message; otherwise where it stands, which is its end. */
  async cancel(): Promise<Status | null> {
    this.#completion?.cancel();
    return this.#completion?.status ?? null;
  }

  /** False where there is no such message. */
  async delete(): Promise<boolean> {
    const completion = this.#completion;
    if (!completion) return false;
    this.#completion = undefined;
    await completion.erase();
    return true;
  }

  /**
   * `/stream` observes; `/message` answers the message folded so far; `/answer` waits for the
   * message as the synchronous endpoint does (`?stream=true` for its events).
   */
  override async fetch(request: Request): Promise<Response> {
    const completion = this.#completion;
    if (!completion) return new Response(null, { status: 404 });
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/stream":
        return this.#observe(completion, request, searchParams);
      case "/message":
        return Response.json({ ...completion.toMessage(), status: completion.status });
      case "/answer":
        return this.#answer(completion, request, searchParams);
      default:
        return new Response(null, { status: 404 });
    }
  }

  override async alarm(): Promise<void> {
    if (this.#completion?.wake() === "expired") await this.delete();
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): void {
    if (!this.#sockets.has(socket)) return; // let go already
    if (parseCommand(frame)) {
      this.#completion?.cancel();
    } else {
      this.#forget(socket);
      closeSocket(socket, CloseCode.malformed, 'the only command is {"type":"cancel"}');
    }
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#forget(socket);
    answerClose(socket, code, reason);
  }

  override webSocketError(socket: WebSocket): void {
    this.#forget(socket);
  }

  #observe(completion: Completion, request: Request, query: URLSearchParams): Response {
    const position = parsePosition(request.headers, query, completion.last);
    if (!position.ok) {
      return refuse(request, { reason: "invalid_request", issues: [position.issue] });
    }
    const crowded = this.#crowded(completion);
    if (crowded) return refuse(request, crowded);
    if (request.headers.get("upgrade")?.toLowerCase() === "websocket") {
      return this.#observeOverSocket(completion, position.after);
    }
    // EventSource reconnects after every end; only this tells it that nothing will follow.
    if (completion.isEnded && position.after === completion.last) {
      return new Response(null, { status: 204 });
    }
    if (request.method === "HEAD") return new Response(null, { headers: SSE_HEADERS });
    return this.#observeOverSse(completion, request, position.after);
  }

  #observeOverSse(completion: Completion, request: Request, after: number): Response {
    const observer = new SseObserver(after);
    request.signal.addEventListener("abort", () => completion.leave(observer));
    completion.join(observer);
    return observer.response;
  }

  #observeOverSocket(completion: Completion, after: number): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#join(completion, server, new SocketObserver(server, after));
    return new Response(null, { status: 101, webSocket: client });
  }

  async #answer(
    completion: Completion,
    request: Request,
    query: URLSearchParams,
  ): Promise<Response> {
    const streamed = query.get("stream") === "true";
    // A message that nobody else can name is of no use to anybody once its only reader has gone.
    if (query.get("owned") === "true") {
      request.signal.addEventListener("abort", () => completion.cancel());
    }
    await (streamed ? completion.opened : completion.ended);
    const { problem } = completion;
    // As upstreams do: a failure before the first event is an HTTP error, a later one an event.
    if (problem && !(streamed && completion.hasMessage)) return refuse(request, problem);
    if (streamed) return this.#observeOverSse(completion, request, 0);
    return Response.json(completion.toMessage());
  }

  #crowded(completion: Completion): Problem | undefined {
    const limit = settingsOf(this.env).MAX_OBSERVERS;
    if (completion.observers < limit) return undefined;
    return { reason: "too_many_observers", limit, retryAfterSeconds: OBSERVER_RETRY_SECONDS };
  }

  #join(completion: Completion, socket: WebSocket, observer: SocketObserver): void {
    this.#sockets.set(socket, observer);
    completion.join(observer);
  }

  #forget(socket: WebSocket): void {
    const observer = this.#sockets.get(socket);
    if (observer) this.#completion?.leave(observer);
    this.#sockets.delete(socket);
  }

  #restoreSockets(completion: Completion): void {
    for (const socket of this.ctx.getWebSockets()) {
      const observer = SocketObserver.restore(socket);
      if (observer.after <= completion.last) this.#join(completion, socket, observer);
      else closeSocket(socket, CloseCode.restarted, "restarted; resume from the last id");
    }
  }
}

function refuse(request: Request, problem: Problem): Response {
  return toResponse(problem, request.headers.get("request-id") ?? "");
}
