// The asynchronous half of the Messages API, for browsers, Node and Workers: start a message, observe
// it, ask for it, stop it, erase it.

import type { Message, MessageCreateParamsBase } from "@anthropic-ai/sdk/resources/messages";
import type { Status } from "../protocol/state.ts";
import { Observation, type ObserveOptions } from "./observation.ts";
import { Service, type ServiceOptions } from "./service.ts";

export type { Transport } from "./course.ts";
export type { Observed, ObservedEvent } from "./event.ts";
export type { ConnectionState, Observation, ObserveOptions } from "./observation.ts";
export { AsyncMessagesError } from "./problem.ts";
export type { Fetch, MakeSocket, Socket, SocketInit } from "./runtime.ts";

/** What the official SDK would send, all of it but the messages optional; and the service's own. */
export type StartRequest = Pick<MessageCreateParamsBase, "messages"> &
  Partial<MessageCreateParamsBase> & { [field: string]: unknown };

export interface Acknowledgement {
  message_id: string;
  status: Status;
  message: string;
}

export interface MessageStatus {
  message_id: string;
  status: Status;
  created_at: string;
  updated_at: string;
  completed_at: string | null;
  error_message: string | null;
  metadata: { last_event_id: number; stop_reason: string | null; [fact: string]: unknown };
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface StartOptions extends CallOptions {
  /** Starting twice with one id is starting once. Made here, unless given. */
  messageId?: string | undefined;
}

export class AsyncMessages {
  readonly #service: Service;

  constructor(options: ServiceOptions) {
    this.#service = new Service(options);
  }

  /** Resolves when the request is durable; the message runs by itself. */
  start(request: StartRequest, options: StartOptions = {}): Promise<Acknowledgement> {
    // The same id and the same body, however often it is sent: a lost answer runs nothing twice.
    const { messageId = generateId(), signal } = options;
    const body = JSON.stringify(request);
    const path = `?message_id=${encodeURIComponent(messageId)}`;
    return this.#service.call("POST", path, { body, signal });
  }

  /** Nothing is sent before the first event is asked for. */
  observe(messageId: string, options?: ObserveOptions): Observation {
    return new Observation(this.#service, `${pathOf(messageId)}/stream`, options);
  }

  status(messageId: string, options?: CallOptions): Promise<MessageStatus> {
    return this.#service.call("GET", `${pathOf(messageId)}/status`, options);
  }

  /** The message so far, folded by the service. */
  message(messageId: string, options?: CallOptions): Promise<Message & { status: Status }> {
    return this.#service.call("GET", pathOf(messageId), options);
  }

  /** Stops it and keeps what there is. */
  cancel(messageId: string, options?: CallOptions): Promise<Acknowledgement> {
    return this.#service.call("POST", `${pathOf(messageId)}/cancel`, options);
  }

  /** Stops it and erases it. */
  delete(messageId: string, options?: CallOptions): Promise<void> {
    return this.#service.call("DELETE", pathOf(messageId), options);
  }
}

function pathOf(messageId: string): string {
  return `/${encodeURIComponent(messageId)}`;
}

/** 128 random bits; `randomUUID` is not there for pages without TLS. */
function generateId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `msg_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
