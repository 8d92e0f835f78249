// What an Anthropic-compatible upstream is sent, and what it cannot be sent. Pure.

import { isRecord } from "../../lib/zod-kinds.ts";
import type { MessageRequest } from "../../protocol/request.ts";
import { isBuiltInTool } from "../../protocol/tool.ts";
import type { Question } from "../provider.ts";
import { editsContext, maxTokens, type Route, upstreamModel } from "../route.ts";
import { setFields } from "../set-fields.ts";
import { toHeaderValue } from "../upstream.ts";
import { withBlockCache } from "./cache-control.ts";
import { hasUnsigned, toAnthropicMessages } from "./messages.ts";

const ANTHROPIC_VERSION = "2023-06-01";

/** https://docs.claude.com/en/docs/build-with-claude/context-editing */
const CONTEXT_BETA = "context-management-2025-06-27";

/** What this service does itself: never sent, and not ignored either. */
const OURS = new Set(["on_interrupt", "webhook", "expires_after", "correlation_id"]);

/** What only tools on our side can work with. */
const TOOL_FIELDS = ["tool_context", "maximum_loaded_skills"];

/** Sampling that Anthropic refuses; `options.extra_fields` says that this server takes it. */
const EXTRA_FIELDS = [
  "min_p",
  "repetition_penalty",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "priority",
];

/** The request as `POST /v1/messages` takes it. Pure. */
export function toAnthropicBody({ request, route }: Question): Record<string, unknown> {
  const body = {
    ...divide(request, route).sent,
    messages: toAnthropicMessages(request.messages),
    model: upstreamModel(route, request.model),
    max_tokens: maxTokens(route, request),
    stream: true,
  };
  const { cache_control, ...rest } = body as Record<string, unknown>;
  const isForBlocks = route.options.cache_control === "block" && cache_control !== undefined;
  return isForBlocks ? withBlockCache(rest, cache_control) : body;
}

/** What has no part in the input, and is refused by the endpoint that counts it. */
const NOT_COUNTED = [
  "max_tokens",
  "stream",
  "stop_sequences",
  "temperature",
  "top_p",
  "top_k",
  "metadata",
  "service_tier",
  "inference_geo",
  "container",
  ...EXTRA_FIELDS,
];

/** The request as `POST /v1/messages/count_tokens` takes it. Pure. */
export function toCountBody(question: Question): Record<string, unknown> {
  const counted = Object.entries(toAnthropicBody(question));
  return Object.fromEntries(counted.filter(([name]) => !NOT_COUNTED.includes(name)));
}

/** The fields set in `request` that do not go upstream, though nothing on our side replaces them. */
export function anthropicIgnoredFields(request: MessageRequest, route: Route): string[] {
  return divide(request, route).ignored;
}

/** The fields that go upstream, and the names of those that should but cannot. */
function divide(
  request: MessageRequest,
  route: Route,
): { sent: Record<string, unknown>; ignored: string[] } {
  const { options } = route;
  const sent: Record<string, unknown> = {};
  const ignored: string[] = [];
  const unfit = new Set(TOOL_FIELDS);
  if (options.extra_fields !== true) for (const name of EXTRA_FIELDS) unfit.add(name);
  if (!options.native_mcp) unfit.add("mcp_servers");
  if (!editsContext(route)) unfit.add("context_management");

  for (const [name, value] of setFields(request)) {
    if (OURS.has(name)) continue;
    if (unfit.has(name)) ignored.push(name);
    else sent[name] = value;
  }

  if (isRecord(sent.metadata)) {
    const { user_id } = sent.metadata;
    if (user_id === undefined) delete sent.metadata;
    else sent.metadata = { user_id };
  }
  if (Array.isArray(sent.tools)) {
    const fit = sent.tools.filter((tool) => !isBuiltInTool(tool)); // they run here, or nowhere
    if (fit.length < sent.tools.length) ignored.push("tools");
    if (fit.length > 0) sent.tools = fit;
    else delete sent.tools;
  }
  const hasTools = sent.tools !== undefined || sent.mcp_servers !== undefined;
  if (sent.tool_choice !== undefined && !hasTools) {
    ignored.push("tool_choice");
    delete sent.tool_choice;
  }
  if (hasUnsigned(request.messages)) ignored.push("messages.thinking");
  return { sent, ignored };
}

/** The headers it goes with, beside those of every request. */
export function toAnthropicHeaders({ request, route, key }: Question): Headers {
  const { beta, headers: extra } = route.options;
  const headers = new Headers({ "anthropic-version": ANTHROPIC_VERSION });
  if (key !== undefined) headers.set("x-api-key", key);
  const betas = new Set([beta].flat().filter((name) => typeof name === "string"));
  if (editsContext(route)) {
    for (const { type } of request.context_management?.edits ?? []) {
      betas.add(CONTEXT_BETA);
      // A summary has a beta of its own, by its date.
      const [, year, month, day] = /^compact_(\d{4})(\d\d)(\d\d)$/.exec(type) ?? [];
      if (year !== undefined) betas.add(`compact-${year}-${month}-${day}`);
    }
  }
  if (betas.size > 0) headers.set("anthropic-beta", [...betas].join(","));
  if (request.correlation_id) {
    headers.set("x-correlation-id", toHeaderValue(request.correlation_id));
  }
  for (const [name, value] of Object.entries(isRecord(extra) ? extra : {})) {
    headers.set(name, String(value));
  }
  return headers;
}
