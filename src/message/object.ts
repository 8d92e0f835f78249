// The Durable Object of one message: what can be asked of it. Commands are RPC methods; what may
// be long or needs a connection is answered by `fetch`.

import { DurableObject } from "cloudflare:workers";
import { type Env, settingsOf } from "../env.ts";
import { randomId } from "../lib/digest.ts";
import { parseReading } from "../protocol/durable-streams.ts";
import { FORMATS, parseFormat } from "../protocol/projections/format.ts";
import type { Status } from "../protocol/state.ts";
import type { Grant } from "../protocol/token.ts";
import { openDelivery } from "../webhooks/schedule.ts";
import { acknowledge, answer, refuse, type Started } from "./answer.ts";
import { Completion } from "./completion.ts";
import { ASK_FIRST, unlessKnown } from "./entity-tag.ts";
import { readEnvelope, type Start } from "./envelope.ts";
import { grantIn } from "./grant.ts";
import { GrantedLog } from "./granted-log.ts";
import { EVENT_LIST } from "./paged-log.ts";
import { readPages } from "./pages.ts";
import { parsePosition, wantsSnapshot } from "./position.ts";
import { isResume, toView } from "./projected.ts";
import { MessageRecord, type Opening } from "./record.ts";
import { Sockets } from "./sockets.ts";
import { watch } from "./sse.ts";
import type { MessageStatus } from "./status.ts";
import { type Prepared, prepareTools } from "./toolbox.ts";
import { answerClose } from "./websocket.ts";

/** Why nothing is told: there is no such message, or the token does not count any more. */
export type Denial = "unknown" | "revoked";

const NOTHING_TO_PREPARE: Prepared = { ok: true, listings: [] };

export class MessageObject extends DurableObject<Env> {
  #completion: Completion | undefined;
  #asleep = true;
  readonly #sockets: Sockets;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sockets = new Sockets(ctx);
    const record = MessageRecord.load(ctx.storage.sql);
    if (record) this.#completion = new Completion(ctx, env, record);
  }

  async status(grant?: Grant): Promise<MessageStatus | Denial> {
    const completion = this.#admit(grant);
    return typeof completion === "string" ? completion : completion.toStatus();
  }

  /** Where it stands afterwards, which is its end. */
  async cancel(grant?: Grant): Promise<Status | Denial> {
    const completion = this.#admit(grant);
    if (typeof completion === "string") return completion;
    completion.cancel();
    return completion.status;
  }

  /** What a token of this message must name; null where there is no such message. */
  async epoch(): Promise<number | null> {
    return this.#wake()?.epoch ?? null;
  }

  /** False where there is no such message. */
  async revokeTokens(): Promise<boolean> {
    const completion = this.#wake();
    completion?.revokeTokens();
    return completion !== undefined;
  }

  /** False where there is no such message. */
  async delete(): Promise<boolean> {
    const completion = this.#wake();
    if (!completion) return false;
    this.#completion = undefined;
    await Promise.all([completion.erase(), completion.container.eraseOwn()]);
    return true;
  }

  /**
   * `/stream` observes; `/events` reads page by page; `/message` answers the message folded so far. What
   * is posted starts a message: `/start` answers at once, `/answer` as the synchronous endpoint does, when
   * it ends (`?stream=true`: with its events).
   */
  override async fetch(request: Request): Promise<Response> {
    if (request.method === "POST") return this.#start(request);
    const grant = grantIn(request.headers);
    const completion = this.#admit(grant);
    if (completion === "revoked") return refuse(request, { reason: "token_refused" });
    if (completion === "unknown") {
      return isResume(request) ? new Response(null, { status: 204 }) : this.#refuseUnknown(request);
    }
    const response = await this.#route(completion, request, grant);
    const { correlationId } = completion.opening;
    if (correlationId !== null) response.headers.set("x-correlation-id", correlationId);
    return response;
  }

  /** Starts what an envelope describes, or finds it started; its path says how it is answered. */
  async #start(post: Request): Promise<Response> {
    const { start, request } = await readEnvelope(post);
    const started = this.#find(start.opening) ?? (await this.#create(start, request));
    if (started.outcome === "refused") return refuse(post, started.problem);
    const { pathname, searchParams: query } = new URL(post.url);
    if (pathname === "/start") return acknowledge(started);
    started.completion.catchUp();
    return this.#answer(started.completion, post, query);
  }

  async #create({ opening, prepares, webhook }: Start, request: string): Promise<Started> {
    const prepared = prepares
      ? await prepareTools(JSON.parse(request), this.env, opening.tenant)
      : NOTHING_TO_PREPARE;
    if (!prepared.ok) {
      return {
        outcome: "refused",
        problem: { reason: "invalid_request", issues: prepared.issues },
      };
    }
    // Somebody else may have started it while the servers were asked.
    const meanwhile = this.#find(opening);
    if (meanwhile) {
      this.ctx.waitUntil(prepared.sessions?.close() ?? Promise.resolve());
      return meanwhile;
    }
    const delivery = webhook ? openDelivery(webhook, randomId("evt_")) : null;
    const record = MessageRecord.create(this.ctx.storage.sql, opening, request, prepared, delivery);
    const completion = new Completion(this.ctx, this.env, record);
    this.#completion = completion;
    completion.begin(prepared.sessions);
    return { outcome: "started", completion };
  }

  #find({ digest, messageId }: Opening): Started | undefined {
    const completion = this.#wake();
    if (!completion) return undefined;
    return completion.opening.digest === digest
      ? { outcome: "known", completion }
      : { outcome: "refused", problem: { reason: "message_id_taken", messageId } };
  }

  #route(completion: Completion, request: Request, grant?: Grant): Response | Promise<Response> {
    const { pathname, searchParams: query } = new URL(request.url);
    switch (pathname) {
      case "/stream":
        return this.#observe(completion, request, query, grant);
      case "/events":
        return this.#readPages(completion, request, query, grant);
      case "/message":
        return this.#tell(completion, request, grant);
      default:
        return new Response(null, { status: 404 });
    }
  }

  override async alarm(): Promise<void> {
    const completion = this.#wake();
    if (completion?.look() !== "expired") return;
    this.#completion = undefined;
    await completion.erase(); // its container stays as long as was told: others may be at work there
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): void {
    this.#wake();
    this.#sockets.obey(socket, frame);
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#wake();
    this.#sockets.forget(socket);
    answerClose(socket, code, reason);
  }

  override webSocketError(socket: WebSocket): void {
    this.#wake();
    this.#sockets.forget(socket);
  }

  /**
   * The message, picked up where this object's last life left it. Not done by the constructor: that
   * would move the alarm whose delivery may be what constructs the object.
   */
  #wake(): Completion | undefined {
    if (this.#asleep) {
      this.#asleep = false;
      this.#completion?.recover();
      this.#sockets.restore(this.#completion);
    }
    return this.#completion;
  }

  #admit(grant: Grant | undefined): Completion | Denial {
    const completion = this.#wake();
    if (!completion) return "unknown";
    if (!completion.admits(grant)) return "revoked";
    completion.catchUp();
    return completion;
  }

  /** The message so far. The same tag is the same message. */
  #tell(completion: Completion, request: Request, grant: Grant | undefined): Response {
    const { status } = completion;
    const message = () => ({ ...completion.toMessage(grant?.hide), status });
    if (grant) return Response.json(message()); // a token can be taken back: nothing is to be kept
    const etag = [completion.tag, completion.last, status].join(":");
    const headers = { ...ASK_FIRST, etag: `"${etag}"` };
    return unlessKnown(request, headers, () => Response.json(message(), { headers }));
  }

  #observe(
    completion: Completion,
    request: Request,
    query: URLSearchParams,
    grant: Grant | undefined,
  ): Response {
    const isSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    const position = parsePosition(request.headers, query, completion.last);
    const wanted = parseFormat(query, isSocket ? [] : FORMATS);
    const issues = [position, wanted].flatMap((parsed) => (parsed.ok ? [] : [parsed.issue]));
    if (!position.ok || !wanted.ok) return refuse(request, { reason: "invalid_request", issues });
    const crowded = completion.feed.crowded(this.#maxObservers);
    if (crowded) return refuse(request, crowded);
    const { after } = position;
    const source = wantsSnapshot(query) ? completion.feed.snapshots : undefined;
    if (isSocket) return this.#sockets.accept(completion, after, source, grant);
    // EventSource reconnects after every end; only this tells it that nothing will follow.
    if (completion.isEnded && after === completion.last) return new Response(null, { status: 204 });
    const view = toView(completion.opening, after, wanted.format, source);
    if (request.method === "HEAD") return new Response(null, { headers: view.dialect.headers });
    return watch(completion, request, view, grant);
  }

  async #readPages(
    completion: Completion,
    request: Request,
    query: URLSearchParams,
    grant: Grant | undefined,
  ): Promise<Response> {
    const parsed = parseReading(query, completion.last);
    if (!parsed.ok) return refuse(request, { reason: "bad_query", issue: parsed.issue });
    const { reading } = parsed;
    const crowded = reading.live && completion.feed.crowded(this.#maxObservers);
    if (crowded) return refuse(request, crowded);
    const log = grant ? new GrantedLog(completion, grant) : completion;
    const response = await readPages(log, EVENT_LIST, reading, request);
    // It may have been taken back while there was nothing to read.
    if (!completion.admits(grant)) return refuse(request, { reason: "token_refused" });
    return response ?? this.#refuseUnknown(request);
  }

  async #answer(
    completion: Completion,
    request: Request,
    query: URLSearchParams,
  ): Promise<Response> {
    const { messageId } = completion.opening;
    const answered = await answer(completion, request, query, this.#maxObservers);
    const response = answered ?? this.#refuseUnknown(request);
    response.headers.set("message-id", messageId);
    return response;
  }

  #refuseUnknown(request: Request): Response {
    const [, messageId = ""] = this.ctx.id.name?.split("/") ?? [];
    return refuse(request, { reason: "message_not_found", messageId });
  }

  get #maxObservers(): number {
    return settingsOf(this.env).MAX_OBSERVERS;
  }
}
