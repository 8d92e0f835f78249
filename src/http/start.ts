// Starting a message: what the asynchronous and the synchronous endpoint have in common.

import type { Context } from "hono";
import { type Settings, settingsOf } from "../env.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
import { randomId, sha256Hex } from "../lib/digest.ts";
import { MAX_FAULTS } from "../lib/zod-kinds.ts";
import { toEnvelope } from "../message/envelope.ts";
import { jurisdictionOf } from "../message/jurisdiction.ts";
import type { Opening, Placement } from "../message/record.ts";
import { needsPreparing } from "../message/toolbox.ts";
import { addressesOf, judgeKind } from "../protocol/addresses.ts";
import { ApiError, type Issue } from "../protocol/errors.ts";
import {
  type MessageRequest,
  type ParsedRequest,
  parseMessageRequest,
} from "../protocol/request.ts";
import { findRoutes, formatsWithTools } from "../providers/route.ts";
import { containerId, isContainerTool, runsHere, toolFaults } from "../tools/catalogue.ts";
import { invalid, readJson } from "./body.ts";
import type { App } from "./context.ts";
import { messageObject, parseMessageId } from "./message-id.ts";
import { insist } from "./object-error.ts";
import { toPlacement } from "./placement.ts";

/** The period of the rate-limit binding, in seconds: after it, there is room again. */
const RATE_LIMIT_SECONDS = 60;

/**
 * What the request describes, ready to be started, or found started: `send` answers what its object does
 * to that, at `path`.
 */
export async function prepareStart(c: Context<App>) {
  const ownId = readId(c);
  const { body: asked, request, settings } = await readRequest(c);
  const { messageId, placement } = place(ownId, request, settings);
  const [digest] = await Promise.all([digestOf(asked), limitRate(c)]);
  const opening = toOpening(c, messageId, digest, request, settings, placement);
  c.set("quiet", true); // its run is told of
  const prepares = needsPreparing(request, c.env);
  const body = toEnvelope({ opening, prepares, webhook: request.webhook }, JSON.stringify(request));
  const headers = { "request-id": c.get("requestId"), "content-type": "text/plain" };
  const send = (path: string, signal?: AbortSignal): Promise<Response> => {
    const post = { method: "POST", headers, body, ...(signal && { signal }) };
    const url = `https://message${path}`;
    return insist(() => messageObject(c, messageId, placement.location_hint).fetch(url, post));
  };
  return { isOwn: ownId !== undefined, request, send };
}

/** What the body asks for. Throws `ApiError` for one that nothing could be started with. */
export async function readRequest(c: Context<App>) {
  const body = await readJson(c);
  refuseThread(body);
  const settings = settingsOf(c.env);
  const checked = checkRequest(body, settings);
  if (!checked.ok) throw invalid(...checked.issues);
  const { request } = checked;
  c.set("correlationId", request.correlation_id);
  return { body, request, settings };
}

/** Everything that starting would check of a body. Throws where a setting is at fault. */
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
  if (!parsed.ok || issues.length > 0) return { ok: false, issues };
  if (parsed.request.webhook) requireWebhookSecret(settings);
  return parsed;
}

/** Nobody is told anything unsigned; and it is better said now than found out at the end. */
function requireWebhookSecret({ WEBHOOK_SECRET }: Settings): void {
  if (WEBHOOK_SECRET.length > 0) return;
  const message = "this secret is not set, and webhooks are signed with it";
  throw new ApiError({ reason: "bad_setting", setting: "WEBHOOK_SECRET", message });
}

/** What is wrong with where a request would have this service go. */
function addressIssues(request: MessageRequest, { ALLOWED_HOSTS }: Settings): Issue[] {
  const issues: Issue[] = [];
  for (const { kind, address, path } of addressesOf(request)) {
    const msg = judgeKind(kind, address, ALLOWED_HOSTS);
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

/** The caller's id. */
function readId(c: Context<App>): string | undefined {
  const chosen = c.req.query("message_id");
  return chosen === undefined ? undefined : parseMessageId(chosen, "query");
}

/** The caller's id, or one that nobody can guess; and where it leads. Throws `ApiError` (422) for one that leads elsewhere. */
function place(own: string | undefined, request: MessageRequest, { JURISDICTIONS }: Settings) {
  const asked = toPlacement(request.inference_geo, JURISDICTIONS);
  const prefix = asked.jurisdiction === undefined ? "" : `${asked.jurisdiction}:`;
  const messageId = own ?? prefix + randomId("msg_");
  const jurisdiction = jurisdictionOf(messageId, JURISDICTIONS);
  if (asked.jurisdiction !== undefined && jurisdiction !== asked.jurisdiction) {
    const msg = `must begin with ${prefix} as inference_geo asks for that jurisdiction`;
    throw invalid({ loc: ["query", "message_id"], msg, type: "value_error" });
  }
  const container = request.tools?.some(isContainerTool) ? containerId(request) : undefined;
  const isApart =
    container !== undefined && jurisdictionOf(container, JURISDICTIONS) !== jurisdiction;
  if (jurisdiction !== undefined && isApart) {
    const msg = `must begin with ${jurisdiction}: as the message is kept in that jurisdiction`;
    throw invalid({ loc: ["body", "container"], msg, type: "value_error" });
  }
  const placement: Placement = { ...asked, ...(jurisdiction && { jurisdiction }) };
  return { messageId, placement };
}

async function limitRate(c: Context<App>): Promise<void> {
  const limited = await c.env.STARTS?.limit({ key: c.get("tenant") });
  if (limited && !limited.success) {
    throw new ApiError({ reason: "too_many_requests", retryAfterSeconds: RATE_LIMIT_SECONDS });
  }
}

/** An explicit null means absent, so it makes no difference here either. */
async function digestOf(body: unknown): Promise<string> {
  const present = Object.entries(body as object).filter(([, value]) => value !== null);
  return sha256Hex(canonicalJson(Object.fromEntries(present)));
}

function toOpening(
  c: Context<App>,
  messageId: string,
  digest: string,
  request: MessageRequest,
  settings: Settings,
  placement: Placement,
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
    ...(Object.keys(placement).length > 0 && { placement }),
    retentionSeconds: Math.min(retention, settings.MAX_RETENTION_SECONDS),
    createdAt: Date.now(),
  };
}
