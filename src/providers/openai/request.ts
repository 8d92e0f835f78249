// A request of the Messages API as the body of `POST /chat/completions`, and what is lost in that.
// Pure. https://platform.openai.com/docs/api-reference/chat/create

import { isRecord } from "../../lib/zod-kinds.ts";
import type { MessageRequest } from "../../protocol/request.ts";
import { type CustomTool, isCustomTool, type Tool } from "../../protocol/tool.ts";
import type { Question } from "../provider.ts";
import { maxTokens, type Route, upstreamModel } from "../route.ts";
import { setFields } from "../set-fields.ts";
import { toChatMessages } from "./messages.ts";
import { type Block, isCarried, toBlocks } from "./parts.ts";

/** What this service does itself; and what says nothing to an upstream. */
const OURS = ["model", "stream", "on_interrupt", "webhook", "expires_after", "correlation_id"];

/** Fields with a counterpart in a chat completion, under this name or another. */
const CARRIED = new Set([
  ...OURS,
  "messages",
  "system",
  "max_tokens",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "response_format", // normalised into output_config
  "temperature",
  "top_p",
  "top_k",
  "min_p",
  "seed",
  "priority",
  "presence_penalty",
  "frequency_penalty",
  "repetition_penalty",
  "stop_sequences",
  "metadata",
  "service_tier",
]);

/** What is carried of fields that hold several things. How tools are cached and deferred is told of apart. */
const CARRIED_MEMBERS: Record<string, readonly string[]> = {
  tools: [
    ...["type", "name", "description", "input_schema", "strict"],
    ...["cache_control", "defer_loading"],
  ],
  tool_choice: ["type", "name", "disable_parallel_tool_use"],
  thinking: ["type", "budget_tokens"],
  output_config: ["effort", "format"],
};

const SERVICE_TIERS: Record<string, string> = { auto: "auto", standard_only: "default" };

/** OpenAI documents none, minimal, low, medium, high and xhigh: "max" is the most there is. */
const EFFORTS: Record<string, string> = { max: "xhigh" };

/** Thinking budgets below which the effort is low, or medium. OpenAI itself names no numbers. */
const LOW_BUDGET_TOKENS = 4_000;
const MEDIUM_BUDGET_TOKENS = 16_000;

/** The body that asks an OpenAI-compatible server to answer `question`. */
export function toChatCompletion({ request, route }: Question): Record<string, unknown> {
  const { options } = route;
  const tools = request.tools?.filter(isCustomTool) ?? [];
  const extra = isRecord(options.extra_body) ? options.extra_body : {};
  const body = {
    model: upstreamModel(route, request.model),
    messages: toChatMessages(request, reasoningField(route)),
    stream: true,
    stream_options: { include_usage: true },
    [maxTokensField(route)]: maxTokens(route, request),
    tools: tools.length > 0 ? tools.map(toFunction) : undefined,
    tool_choice: tools.length > 0 ? toToolChoice(request) : undefined,
    parallel_tool_calls:
      tools.length > 0 && request.tool_choice?.disable_parallel_tool_use ? false : undefined,
    response_format: toResponseFormat(request),
    reasoning_effort: toReasoningEffort(request, route),
    temperature: request.temperature,
    top_p: request.top_p,
    top_k: request.top_k,
    min_p: request.min_p,
    seed: request.seed,
    priority: request.priority,
    presence_penalty: request.presence_penalty,
    frequency_penalty: request.frequency_penalty,
    repetition_penalty: request.repetition_penalty,
    stop:
      request.stop_sequences?.length && !options.local_stop ? request.stop_sequences : undefined,
    user: request.metadata?.user_id,
    service_tier: request.service_tier && SERVICE_TIERS[request.service_tier],
    ...extra,
  };
  const set = Object.entries(body).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(set);
}

/** Names of what is set in `request` and does not reach an OpenAI-compatible server. */
export function openaiIgnoredFields(request: MessageRequest, route: Route): string[] {
  const ignored = new Set<string>();
  for (const [name, value] of setFields(request)) {
    if (!CARRIED.has(name)) ignored.add(name);
    else for (const member of lostMembers(name, value)) ignored.add(`${name}.${member}`);
  }

  const tools = request.tools ?? [];
  const blocks = [...toBlocks(request.system), ...request.messages.flatMap(blocksOf)];
  const cached = [...tools, ...blocks].some(({ cache_control }) => cache_control);
  if (cached) ignored.add("cache_control");
  const cited = blocks.some(({ citations }) => isRecord(citations) && citations.enabled);
  if (cited) ignored.add("citations");
  for (const block of blocks) if (!isKnown(block)) ignored.add(`messages.${block.type}`);

  const custom = tools.filter(isCustomTool);
  if (custom.length < tools.length) ignored.add("tools");
  if (request.tool_choice && custom.length === 0) ignored.add("tool_choice");
  const effort = toReasoningEffort(request, route);
  if (request.output_config?.effort && effort === undefined) ignored.add("output_config.effort");
  return [...ignored];
}

/** Names of what is set within a field, or within the entries of one, and has no counterpart. */
function lostMembers(field: string, value: unknown): string[] {
  const carried = CARRIED_MEMBERS[field];
  if (!carried) return [];
  const entries = [value].flat().filter((entry): entry is Tool => isRecord(entry));
  const own = field === "tools" ? entries.filter(isCustomTool) : entries; // others are told of as a whole
  return own.flatMap(Object.keys).filter((member) => !carried.includes(member));
}

/** The blocks of a message, and those inside of them. */
function blocksOf({ content }: { content: unknown }): Block[] {
  return toBlocks(content).flatMap((block) => [block, ...blocksOf({ content: insideOf(block) })]);
}

function insideOf({ type, content, source }: Block): unknown {
  if (type === "document") return isRecord(source) ? source.content : undefined;
  return type === "tool_result" || type === "search_result" ? content : undefined;
}

function isKnown(block: Block): boolean {
  // Thinking is left out unless the route asks for it, as it is for models that get it back.
  if (block.type === "thinking" || block.type === "redacted_thinking") return true;
  return block.type === "tool_use" || block.type === "tool_result" || isCarried(block);
}

/** Most servers know only `max_tokens`; OpenAI's newer models refuse just that. */
function maxTokensField({ options }: Route): string {
  return typeof options.max_tokens_field === "string" ? options.max_tokens_field : "max_tokens";
}

function reasoningField({ options: { send_reasoning } }: Route): string | undefined {
  if (typeof send_reasoning === "string") return send_reasoning;
  return send_reasoning === true ? "reasoning_content" : undefined;
}

function toFunction({ name, description, input_schema, strict }: CustomTool) {
  const called = { name, description, parameters: input_schema };
  return {
    type: "function",
    function: typeof strict === "boolean" ? { ...called, strict } : called,
  };
}

function toToolChoice({ tool_choice }: MessageRequest): unknown {
  switch (tool_choice?.type) {
    case "any":
      return "required";
    case "tool":
      return { type: "function", function: { name: tool_choice.name } };
    default:
      return tool_choice?.type;
  }
}

function toResponseFormat({ output_config }: MessageRequest): unknown {
  const format = output_config?.format;
  if (!format) return undefined;
  const json_schema = { name: "response", strict: true, schema: format.schema };
  return { type: "json_schema", json_schema };
}

/** What is said about effort goes before what follows from a budget; no number says "medium". */
function toReasoningEffort(
  { thinking, output_config }: MessageRequest,
  { options }: Route,
): string | undefined {
  const { type, budget_tokens } = (thinking ?? {}) as { type?: string; budget_tokens?: number };
  if (type === "disabled") return options.reasoning_effort_none ? "none" : undefined;
  const effort = output_config?.effort;
  if (effort) return EFFORTS[effort] ?? effort;
  if (type === undefined) return undefined;
  if (budget_tokens === undefined) return "medium";
  if (budget_tokens < LOW_BUDGET_TOKENS) return "low";
  return budget_tokens < MEDIUM_BUDGET_TOKENS ? "medium" : "high";
}
