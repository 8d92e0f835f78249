// The service as this client reaches it: where it is, what opens it, and requests that are sent
// again where that may help.

import { backoff } from "../lib/backoff.ts";
import { type AsyncMessagesError, isTransient, toConnectionError, toProblem } from "./problem.ts";
import {
  type Fetch,
  type MakeSocket,
  runtimeFetch,
  runtimeWebSocket,
  type Socket,
} from "./runtime.ts";
import { wait } from "./timing.ts";

export interface ServiceOptions {
  /** The part before `/v1`. */
  baseUrl: string;
  apiKey?: string | undefined;
  /** Leave to watch one message: what a page has instead of a key. */
  token?: string | undefined;
  /** Instead of the runtime's own. */
  fetch?: Fetch | undefined;
  /** Makes a WebSocket, instead of the runtime. */
  webSocket?: MakeSocket | undefined;
}

export interface Call {
  /** JSON. */
  body?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A request is sent so often at most. */
const MAX_ATTEMPTS = 5;
/** A service that wants to be left alone for longer is not waited for: the caller is told. */
const MAX_RETRY_AFTER_MS = 60_000;

export class Service {
  readonly #messages: string;
  readonly #token: string | undefined;
  readonly #headers: Record<string, string>;
  readonly #fetch: Fetch;
  readonly #makeSocket: MakeSocket;

  constructor({ baseUrl, apiKey, token, fetch = runtimeFetch, webSocket }: ServiceOptions) {
    const credential = token ?? apiKey;
    this.#messages = `${baseUrl.replace(/\/+$/, "")}/v1/messages/async`;
    this.#token = token;
    this.#headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    // A runtime's own will not be called as a method of anything.
    this.#fetch = (url, init) => fetch(url, init);
    this.#makeSocket = webSocket ?? runtimeWebSocket(this.#fetch);
  }

  /**
   * The JSON that a request is answered with; undefined for an empty answer. To be called only for
   * what may be done twice, as an answer may get lost. Throws `AsyncMessagesError`.
   */
  async call<Answer>(method: string, path: string, { body, signal }: Call = {}): Promise<Answer> {
    const headers = body ? { ...this.#headers, ...JSON_TYPE } : this.#headers;
    const init = { method, headers, body, signal } as Parameters<Fetch>[1]; // undefined is absent
    for (let attempt = 0; ; attempt += 1) {
      let problem: AsyncMessagesError;
      try {
        const response = await this.#fetch(this.#messages + path, init);
        if (response.status === 204) return undefined as Answer;
        if (response.ok) return (await response.json()) as Answer;
        problem = await toProblem(response);
      } catch (cause) {
        signal?.throwIfAborted();
        problem = toConnectionError(cause);
      }
      // An attempt before this one has erased it, and its answer got lost.
      if (method === "DELETE" && attempt > 0 && problem.status === 404) return undefined as Answer;
      const { retryAfterMs = 0 } = problem;
      const isLast = attempt + 1 === MAX_ATTEMPTS || retryAfterMs > MAX_RETRY_AFTER_MS;
      if (isLast || !isTransient(problem)) throw problem;
      await wait(retryAfterMs + backoff(attempt, Math.random()), signal);
    }
  }

  /** One request for a stream, whatever becomes of it. */
  ask(path: string, signal: AbortSignal): Promise<Response> {
    return this.#fetch(this.#messages + path, { headers: this.#headers, signal });
  }

  socket(path: string, signal: AbortSignal): Socket | Promise<Socket> {
    const url = this.#messages.replace(/^http/, "ws") + path;
    const protocols = this.#token === undefined ? [] : ["bearer", this.#token];
    return this.#makeSocket(url, { headers: this.#headers, protocols, signal });
  }
}

const JSON_TYPE = { "content-type": "application/json" };
