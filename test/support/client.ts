// The API as a test speaks it: start, ask, stop, erase, observe.

import { env, exports } from "cloudflare:workers";
import { vi } from "vitest";
import type { MessageObject, SkillsObject } from "../../src/index.ts";
import { toEnvelope } from "../../src/message/envelope.ts";
import type { Opening } from "../../src/message/record.ts";
import type { MessageStatus } from "../../src/message/status.ts";
import type { Message } from "../../src/protocol/event.ts";
import { Observation } from "./observation.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      MESSAGES: DurableObjectNamespace<MessageObject>;
      SKILLS: DurableObjectNamespace<SkillsObject>;
    }
    interface GlobalProps {
      mainModule: typeof import("../../src/index.ts");
    }
  }
}

export type Transport = "sse" | "websocket";
export const TRANSPORTS: readonly Transport[] = ["sse", "websocket"];

export interface Reply<Body> {
  code: number;
  headers: Headers;
  body: Body;
}

/** The body of every refusal. */
export interface Refusal {
  type: "error";
  error: { type: string; message: string };
  detail: string | { loc: (string | number)[]; msg: string; type: string }[];
  request_id: string;
}

interface Acknowledgement {
  message_id: string;
  status: string;
  message: string;
}

export interface Caller {
  key?: string;
}

const ORIGIN = "https://api.example";
const MESSAGES = "/v1/messages/async";
const JSON_TYPE = { "content-type": "application/json" };

export function uniqueId(): string {
  return `msg_${crypto.randomUUID()}`;
}

/** One request. */
export async function send(
  method: string,
  path: string,
  { key = "acme-key", headers, ...init }: RequestInit & Caller = {},
): Promise<Response> {
  const sent = new Headers(headers);
  sent.set("authorization", `Bearer ${key}`);
  return exports.default.fetch(`${ORIGIN}${path}`, { ...init, method, headers: sent });
}

async function ask<Body>(method: string, path: string, init?: RequestInit & Caller) {
  const response = await send(method, path, init);
  const text = await response.text();
  const body = (text === "" ? undefined : JSON.parse(text)) as Body;
  return { code: response.status, headers: response.headers, body } satisfies Reply<Body>;
}

/** A request that says `text`, for the simulated models and for aimock. */
export function prompt(model: string, text = "Tell me about rivers.") {
  return { model, messages: [{ role: "user", content: text }] };
}

export function start(body: unknown, { id, ...caller }: Caller & { id?: string } = {}) {
  const query = id === undefined ? "" : `?message_id=${id}`;
  const init = { ...caller, headers: JSON_TYPE, body: JSON.stringify(body) };
  return ask<Acknowledgement & Refusal>("POST", `${MESSAGES}${query}`, init);
}

export function status(id: string, caller?: Caller) {
  return ask<MessageStatus & Refusal>("GET", `${MESSAGES}/${id}/status`, caller);
}

export function message(id: string, caller?: Caller) {
  return ask<Message & { status: string }>("GET", `${MESSAGES}/${id}`, caller);
}

export function cancel(id: string, caller?: Caller) {
  return ask<Acknowledgement>("POST", `${MESSAGES}/${id}/cancel`, caller);
}

export function remove(id: string, caller?: Caller) {
  return ask<undefined>("DELETE", `${MESSAGES}/${id}`, caller);
}

export function mint(id: string, wish: object = {}, caller?: Caller) {
  const init = { ...caller, headers: JSON_TYPE, body: JSON.stringify(wish) };
  return ask<{ token: string; expires_at: string } & Refusal>("POST", tokensOf(id), init);
}

/** A token of a message that is there: as good as a key, in `Caller`, for what it allows. */
export async function tokenFor(id: string, wish?: object): Promise<string> {
  const { code, body } = await mint(id, wish);
  if (code !== 200) throw new Error(JSON.stringify(body));
  return body.token;
}

export function revoke(id: string, caller?: Caller) {
  return ask<undefined>("DELETE", tokensOf(id), caller);
}

function tokensOf(id: string): string {
  return `${MESSAGES}/${id}/tokens`;
}

export interface From extends Caller {
  /** `Last-Event-ID`. */
  after?: number | string;
  /** The query, such as `starting_after=3` or `from=now`. */
  query?: string;
}

/** The answer to a request to observe, whatever it is. */
export function connect(transport: Transport, id: string, { after, query, ...caller }: From = {}) {
  const headers: Record<string, string> = {};
  if (after !== undefined) headers["last-event-id"] = String(after);
  if (transport === "websocket") headers.upgrade = "websocket";
  const search = query === undefined ? "" : `?${query}`;
  return send("GET", `${MESSAGES}/${id}/stream${search}`, { ...caller, headers });
}

/** Observes. Throws where that is refused. */
export async function observe(transport: Transport, id: string, from?: From): Promise<Observation> {
  const response = await connect(transport, id, from);
  if (response.status === (transport === "sse" ? 200 : 101)) return new Observation(response);
  throw new Error(`${response.status} ${await response.text()}`);
}

/** The status once the message has ended, for tests in which nobody may watch it. */
export function ended(id: string, caller?: Caller): Promise<MessageStatus> {
  return vi.waitFor(
    async () => {
      const { code, body } = await status(id, caller);
      if (code === 200 && body.completed_at !== null) return body;
      throw new Error(`${id} has not ended: ${code} ${body.status}`);
    },
    { timeout: 15_000, interval: 10 },
  );
}

/** The object of a message. */
export function objectOf(id: string, tenant = "acme"): DurableObjectStub<MessageObject> {
  return env.MESSAGES.getByName(`${tenant}/${id}`);
}

/** Starts a message as the Worker does, in its object and within one turn of it. */
export function post(object: MessageObject, opening: Opening, body: unknown): Promise<Response> {
  const envelope = toEnvelope({ opening }, JSON.stringify(body));
  return object.fetch(new Request("https://message/start", { method: "POST", body: envelope }));
}
