// One session with one MCP server, held by the official client. The only file that knows that client,
// and imported only where a request has MCP servers: the client is as large as the whole service.

import {
  type CallToolResult,
  Client,
  InsufficientScopeError,
  isJSONRPCNotification,
  isJSONRPCRequest,
  type JSONRPCMessage,
  ProtocolError,
  type RequestOptions,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import type { Judge } from "../outbound.ts";
import type { Use } from "../tool.ts";
import { type Fault, McpFailure } from "./fault.ts";
import { type OfferedTool, toolsPage } from "./listing.ts";
import { createFetch, MAX_ANSWER_BYTES } from "./outbound.ts";

/** Whoever asks says with a signal when it has waited long enough. The longest time of a timer. */
const NO_TIMEOUT = { timeout: 2 ** 31 - 1 };

/** How long a server is given to take note that a request is cancelled, or a session ended. */
const FAREWELL_TIMEOUT_MS = 2_000;

/** When a stream that broke off is asked for again, whatever its server says: it might say at once, or never. */
const MIN_RESUME_MS = 500;
const MAX_RESUME_MS = 60_000;

/** What a server asks is answered so often in a session: each answer is a request, and a stream can ask much. */
const MAX_ANSWERS = 100;

/** The code of the error that stands for a stream that ended early. None of JSON-RPC's, nor of MCP's. */
const VANISHED = 4_000;

export interface Endpoint {
  url: string;
  token: string | undefined;
  judge: Judge;
}

/** Its methods throw `McpFailure`, or the reason of the signal that they are given. */
export class Session {
  readonly #client = new Client({ name: "async-messages", version: "1" });
  readonly #transport: Transport;
  #flooded = false;
  #forgotten = false;

  private constructor({ url, token, judge }: Endpoint) {
    const flooded = () => {
      // The client would ask for the same flood again and again.
      this.#flooded = true;
      this.#hangUp();
    };
    this.#transport = new Transport(new URL(url), {
      fetch: createFetch(judge, flooded),
      reconnectionScheduler: resumeLater,
      requestInit: token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    });
  }

  static async open(endpoint: Endpoint, signal: AbortSignal): Promise<Session> {
    const session = new Session(endpoint);
    const hangUp = () => session.#hangUp(); // some of what the client sends heeds no signal
    signal.addEventListener("abort", hangUp, { once: true });
    try {
      await session.#ask(signal, (options) => session.#client.connect(session.#transport, options));
      // The client takes it for a success when what it sends last is cut off.
      if (!session.isOpen) throw new McpFailure({ reason: "vanished" });
      return session;
    } finally {
      signal.removeEventListener("abort", hangUp);
    }
  }

  /** False where the next request needs another session. */
  get isOpen(): boolean {
    return this.#client.transport !== undefined && !this.#forgotten;
  }

  async *listTools(signal: AbortSignal): AsyncGenerator<OfferedTool[], void, void> {
    if (!this.#client.getServerCapabilities()?.tools) return;
    let cursor: string | null | undefined;
    do {
      const request = { method: "tools/list", params: cursor == null ? {} : { cursor } };
      const { tools, nextCursor } = await this.#ask(signal, (options) =>
        this.#client.request(request, toolsPage, options),
      );
      yield tools;
      cursor = nextCursor;
    } while (cursor != null);
  }

  call(
    name: string,
    input: Record<string, unknown>,
    { signal, alive }: Use,
  ): Promise<CallToolResult> {
    return this.#ask(signal, (options) =>
      this.#client.callTool({ name, arguments: input }, { ...options, onprogress: alive }),
    );
  }

  /** Ends the session on both sides. Takes a few seconds at most, and never throws. */
  async close(): Promise<void> {
    const deadline = setTimeout(() => this.#hangUp(), FAREWELL_TIMEOUT_MS);
    await this.#transport.terminateSession().catch(() => {});
    clearTimeout(deadline);
    this.#hangUp();
  }

  #hangUp(): void {
    this.#client.close().catch(() => {});
  }

  async #ask<Answer>(
    signal: AbortSignal,
    send: (options: RequestOptions) => Promise<Answer>,
  ): Promise<Answer> {
    signal.throwIfAborted();
    try {
      return await send({ ...NO_TIMEOUT, signal });
    } catch (error) {
      signal.throwIfAborted();
      const fault = this.#flooded ? FLOODED : toFault(error, this.#transport.sessionId);
      this.#forgotten ||= fault.reason === "forgotten";
      throw new McpFailure(fault);
    }
  }
}

type SendOptions = NonNullable<Parameters<StreamableHTTPClientTransport["send"]>[1]>;

/** The official transport, but that a request ends when its stream does, or when it is cancelled. */
class Transport extends StreamableHTTPClientTransport {
  readonly #pending = new Map<unknown, AbortController>();
  #answers = 0;

  override async send(message: JSONRPCMessage, options: SendOptions = {}): Promise<void> {
    if (isJSONRPCRequest(message)) {
      const { id } = message;
      const pending = new AbortController();
      this.#pending.set(id, pending);
      const onRequestStreamEnd = () => this.#endStream(id);
      await super.send(message, { ...options, requestSignal: pending.signal, onRequestStreamEnd });
    } else if (isJSONRPCNotification(message) && message.method === "notifications/cancelled") {
      // Few connections may wait for an answer at a time: the one that nobody needs makes room.
      this.#pending.get(message.params?.requestId)?.abort();
      const requestSignal = AbortSignal.timeout(FAREWELL_TIMEOUT_MS);
      await super.send(message, { ...options, requestSignal });
    } else if (isJSONRPCNotification(message) || this.#answers < MAX_ANSWERS) {
      if (!isJSONRPCNotification(message)) this.#answers += 1;
      await super.send(message, options);
    }
  }

  /** Where the answer has not come, the client would wait for it; where it has, it takes no notice. */
  #endStream(id: string | number): void {
    this.#pending.delete(id);
    this.onmessage?.({ jsonrpc: "2.0", id, error: { code: VANISHED, message: "" } });
  }
}

function resumeLater(resume: () => void, wishedMs: number): () => void {
  const timer = setTimeout(resume, Math.min(Math.max(wishedMs, MIN_RESUME_MS), MAX_RESUME_MS));
  return () => clearTimeout(timer);
}

const FLOODED: Fault = { reason: "too_much", limitBytes: MAX_ANSWER_BYTES };

function toFault(error: unknown, sessionId: string | undefined): Fault {
  if (error instanceof McpFailure) return error.fault;
  if (error instanceof SdkHttpError) return toHttpFault(error, sessionId);
  if (error instanceof InsufficientScopeError) return { reason: "unauthorized", status: 403 };
  if (error instanceof ProtocolError) {
    const { code, message } = error;
    return code === VANISHED ? { reason: "vanished" } : { reason: "error", code, message };
  }
  const isClosed = error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed;
  return { reason: isClosed ? "vanished" : "not_mcp" };
}

function toHttpFault({ status, data }: SdkHttpError, sessionId: string | undefined): Fault {
  if (status === 401 || status === 403) return { reason: "unauthorized", status };
  if (status >= 300 && status < 400) return { reason: "redirected" };
  const isForgotten = status === 404 || (status === 400 && isUnlookedAt(data.text));
  return { reason: sessionId !== undefined && isForgotten ? "forgotten" : "refused", status };
}

/**
 * Whether a 400 is the error that the official servers answer to a session they do not know, where
 * the protocol has 404.
 */
function isUnlookedAt(text: unknown): boolean {
  try {
    return JSON.parse(String(text)).error.code === -32_000;
  } catch {
    return false;
  }
}
