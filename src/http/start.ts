// Starting a message: what the asynchronous and the synchronous endpoint have in common.

import type { Context } from "hono";
import { type Settings, settingsOf } from "../env.ts";
import { judgeAddress } from "../lib/address.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
import { randomId, sha256Hex } from "../lib/digest.ts";
import { MAX_FAULTS } from "../lib/zod-kinds.ts";
import type { Opening } from "../message/record.ts";
import { needsListing } from "../message/toolbox.ts";
import { addressesOf, PROTOCOLS } from "../protocol/addresses.ts";
import { ApiError, type Issue } from "../protocol/errors.ts";
import {
  type MessageRequest,
  type ParsedRequest,
  parseMessageRequest,
} from "../protocol/request.ts";
import type { Status } from "../protocol/state.ts";
import { findRoutes, formatsWithTools } from "../providers/route.ts";
import { runsHere, toolFaults } from "../tools/catalogue.ts";
import { readJson } from "./body.ts";
import type { App } from "./context.ts";
import { messageObject, parseMessageId } from "./message-id.ts";

/** The period of the rate-limit binding, in seconds: after it, there is room again. */
const RATE_LIMIT_SECONDS = 60;

/** One call to an object takes 32 MiB; a longer request goes as a stream. In UTF-16 units. */
const MAX_CALL_LENGTH = 8 * 1024 ** 2;

/** Starts the message that the request describes, or finds it started. */
export async function startMessage(c: Context<App>) {
  const { messageId, isOwn } = chooseId(c);
  const body = await readJson(c);
  refuseThread(body);
  const settings = settingsOf(c.env);
  const checked = checkRequest(body, settings);
  if (!checked.ok) throw new ApiError({ reason: "invalid_request", issues: checked.issues });
  const { request } = checked;
  await limitRate(c);
  const opening = toOpening(c, messageId, await digest(body), request, settings);
  const message = messageObject(c, messageId);
  const text = toCallable(JSON.stringify(request));
  const started = await message.start(opening, text, needsListing(request, c.env));
  if (started.outcome === "taken") throw new ApiError({ reason: "message_id_taken", messageId });
  if (started.outcome === "refused") {
    throw new ApiError({ reason: "invalid_request", issues: started.issues });
  }
  const status: Status = started.status;
  return { message, messageId, isOwn, request, outcome: started.outcome, status };
}

/** Everything that starting would check of a body. */
export function checkRequest(body: unknown, settings: Settings): ParsedRequest {
  const parsed = parseMessageRequest(body);
  const issues = parsed.ok
    ? [...addressIssues(parsed.request, settings), ...toolIssues(parsed.request, settings)].slice(
        0,
        MAX_FAULTS,
      )
    : [...parsed.issues];
  const model = parsed.ok ? parsed.request.model : askedModel(body);
  const isAtFault = issues.some(({ loc }) => loc[1] === "model");
  if (model !== undefined && !isAtFault && !findRoutes(settings.MODELS, model)) {
    const msg = "there is no such model; GET /v1/models lists them";
    issues.push({ loc: ["body", "model"], msg, type: "model_not_found" });
  }
  return parsed.ok && issues.length === 0 ? parsed : { ok: false, issues };
}

/** What is wrong with where a request would have this service go. */
function addressIssues(request: MessageRequest, { ALLOWED_HOSTS }: Settings): Issue[] {
  const issues: Issue[] = [];
  for (const { kind, address, path } of addressesOf(request)) {
    const rules = { protocols: PROTOCOLS[kind], allowedHosts: ALLOWED_HOSTS };
    const msg = judgeAddress(address, rules);
    if (msg !== undefined) issues.push({ loc: ["body", ...path], msg, type: "address_refused" });
    if (issues.length >= MAX_FAULTS) break;
  }
  return issues;
}

function toolIssues(request: MessageRequest, { MODELS }: Settings): Issue[] {
  const faults = [...toolFaults(request)].slice(0, MAX_FAULTS);
  const routes = findRoutes(MODELS, request.model) ?? [];
  if (request.output_config?.format && runsHere(request) && !routes.some(formatsWithTools)) {
    const message = "no upstream of this model can keep to it beside tools that run here";
    faults.push({ path: ["output_config", "format"], message });
  }
  return faults.map(({ path, message }) => ({
    loc: ["body", ...path],
    msg: message,
    type: "value_error",
  }));
}

/** The model that a faulty body names, so that an unknown one is reported with its other faults. */
function askedModel(body: unknown): string | undefined {
  const model = typeof body === "object" && body !== null && "model" in body && body.model;
  return typeof model === "string" && model !== "" ? model : undefined;
}

/** A thread would have to be continued; an answer that ignores it would be garbage. */
export function refuseThread(body: unknown): void {
  const asksForThread = typeof body === "object" && body !== null && "thread" in body;
  if (asksForThread && body.thread != null) throw new ApiError({ reason: "thread_unsupported" });
}

/** The caller's id, or one that nobody can guess. */
function chooseId(c: Context<App>): { messageId: string; isOwn: boolean } {
  const chosen = c.req.query("message_id");
  if (chosen === undefined) return { messageId: randomId("msg_"), isOwn: false };
  return { messageId: parseMessageId(chosen, "query"), isOwn: true };
}

async function limitRate(c: Context<App>): Promise<void> {
  const limited = await c.env.STARTS?.limit({ key: c.get("tenant") });
  if (limited && !limited.success) {
    throw new ApiError({ reason: "too_many_requests", retryAfterSeconds: RATE_LIMIT_SECONDS });
  }
}

/** An explicit null means absent, so it makes no difference here either. */
async function digest(body: unknown): Promise<string> {
  const present = Object.entries(body as object).filter(([, value]) => value !== null);
  return sha256Hex(canonicalJson(Object.fromEntries(present)));
}

function toOpening(
  c: Context<App>,
  messageId: string,
  digest: string,
  request: MessageRequest,
  settings: Settings,
): Opening {
  const retention = request.expires_after ?? settings.RETENTION_SECONDS;
  return {
    tenant: c.get("tenant"),
    messageId,
    digest,
    model: request.model,
    messageCount: request.messages.length,
    thinkingEnabled: request.thinking !== undefined && request.thinking.type !== "disabled",
    correlationId: request.correlation_id ?? null,
    requestId: c.get("requestId"),
    requestMetadata: request.metadata ?? null,
    retentionSeconds: Math.min(retention, settings.MAX_RETENTION_SECONDS),
    createdAt: Date.now(),
  };
}

function toCallable(text: string): string | ReadableStream<Uint8Array> {
  if (text.length <= MAX_CALL_LENGTH) return text;
  return new Response(text).body as ReadableStream<Uint8Array>; // never null for a text
}
