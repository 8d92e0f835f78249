// What an Anthropic-compatible upstream is sent, field by field, and what is reported as ignored.

import { expect, test } from "vitest";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import {
  anthropicIgnoredFields,
  toAnthropicBody,
  toAnthropicHeaders,
} from "../../../src/providers/anthropic/request.ts";
import type { Call } from "../../../src/providers/provider.ts";
import type { Route } from "../../../src/providers/route.ts";

const hi = { role: "user", content: "Hi" };
const messages = [hi];

function createCall(request: Record<string, unknown> = {}, route: Partial<Route> = {}): Call {
  return {
    messageId: "msg_ours",
    request: { model: "claude", messages, ...request } as unknown as MessageRequest,
    route: { provider: "anthropic", options: {}, ...route },
  };
}

const custom = { name: "f", input_schema: { type: "object" } };
const dated = { type: "web_search_20250305", name: "web_search" };
const builtIn = { type: "semantic_search_v1", name: "semantic_search" };
const server = { type: "url", url: "https://mcp.test/", name: "m" };

/** What is asked, on which route; what is sent beside model, messages, max_tokens; what is not. */
test.for<[string, Record<string, unknown>, Record<string, unknown>, object, string[]]>([
  ["nothing more", {}, {}, {}, []],
  [
    "what Anthropic knows",
    {
      system: [{ type: "text", text: "s", cache_control: { type: "ephemeral" } }],
      thinking: { type: "adaptive" },
      tools: [custom, dated],
      tool_choice: { type: "any" },
      output_config: { effort: "low" },
      cache_control: { type: "ephemeral" },
      container: "c",
      context_management: { edits: [] },
      temperature: 0,
      top_k: 0,
      stop_sequences: ["x"],
      service_tier: "auto",
      inference_geo: "eu",
      novelty: [1],
    },
    {},
    {
      system: [{ type: "text", text: "s", cache_control: { type: "ephemeral" } }],
      thinking: { type: "adaptive" },
      tools: [custom, dated],
      tool_choice: { type: "any" },
      output_config: { effort: "low" },
      cache_control: { type: "ephemeral" },
      container: "c",
      context_management: { edits: [] },
      temperature: 0,
      top_k: 0,
      stop_sequences: ["x"],
      service_tier: "auto",
      inference_geo: "eu",
      novelty: [1],
    },
    [],
  ],
  [
    "what is ours",
    { on_interrupt: "fail", webhook: { url: "u" }, expires_after: 1, correlation_id: "c" },
    {},
    {},
    [],
  ],
  [
    "sampling",
    {
      min_p: 0.1,
      repetition_penalty: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      seed: 0,
      priority: 1,
    },
    {},
    {},
    ["min_p", "repetition_penalty", "presence_penalty", "frequency_penalty", "seed", "priority"],
  ],
  [
    "sampling where it is understood",
    { min_p: 0.1, seed: 0 },
    { extra_fields: true },
    { min_p: 0.1, seed: 0 },
    [],
  ],
  [
    "what tools of ours need",
    { tool_context: [{ type: "text" }], maximum_loaded_skills: 2 },
    { extra_fields: true },
    {},
    ["tool_context", "maximum_loaded_skills"],
  ],
  [
    "context management where there is none",
    { context_management: { edits: [{ type: "clear_thinking_20251015" }] } },
    { context_management: "local" },
    {},
    ["context_management"],
  ],
  ["empty lists", { tool_context: [], mcp_servers: [], tools: [] }, {}, {}, []],
  ["a user", { metadata: { user_id: "u", x: 1 } }, {}, { metadata: { user_id: "u" } }, []],
  ["metadata without a user", { metadata: { x: 1 } }, {}, {}, []],
  ["MCP servers", { mcp_servers: [server] }, {}, {}, ["mcp_servers"]],
  [
    "MCP servers where they are native",
    { mcp_servers: [server], tool_choice: { type: "any" } },
    { native_mcp: true },
    { mcp_servers: [server], tool_choice: { type: "any" } },
    [],
  ],
  ["some tools of ours", { tools: [builtIn, custom] }, {}, { tools: [custom] }, ["tools"]],
  [
    "only tools of ours",
    { tools: [builtIn], tool_choice: { type: "any" } },
    {},
    {},
    ["tools", "tool_choice"],
  ],
])("sends %s", ([, request, options, sent, ignored]) => {
  const call = createCall(request, { options });
  const copy = structuredClone(call.request);
  expect(toAnthropicBody(call)).toEqual({
    model: "claude",
    messages,
    max_tokens: 4096,
    stream: true,
    ...sent,
  });
  expect(anthropicIgnoredFields(call.request, call.route)).toEqual(ignored);
  expect(call.request).toEqual(copy);
});

test.for<[object, Partial<Route>, object]>([
  [{ max_tokens: 5, stream: false }, {}, { max_tokens: 5, stream: true }],
  [{}, { options: { max_tokens: 9 } }, { max_tokens: 9 }],
  [
    { max_tokens: 5 },
    { options: { max_tokens: 9 }, model: "inner" },
    { max_tokens: 5, model: "inner" },
  ],
])("%j on %j becomes %j", ([request, route, body]) => {
  expect(toAnthropicBody(createCall({ ...request }, route))).toMatchObject(body);
});

const signed = { type: "thinking", thinking: "t", signature: "s" };
const unsigned = { type: "thinking", thinking: "t", signature: "" };
const redacted = { type: "redacted_thinking", data: "r" };
const text = { type: "text", text: "a" };
const blank = { type: "text", text: " \n" };
const user = (...content: unknown[]) => ({ role: "user", content });
const assistant = (...content: unknown[]) => ({ role: "assistant", content });

/** What is said, and what of it is sent: the same where nothing is given. */
test.for<[said: unknown[], sent?: unknown[]]>([
  [[hi, assistant(signed, redacted, text), hi]],
  [
    [hi, assistant(unsigned, text), hi],
    [hi, assistant(text), hi],
  ],
  [
    [hi, assistant({ type: "thinking", thinking: "t" }, text)],
    [hi, assistant(text)],
  ],
  [
    [hi, assistant(signed, unsigned, blank, text)],
    [hi, assistant(signed, text)],
  ],
  [
    [hi, assistant(unsigned), hi, assistant(blank), hi],
    [hi, hi, hi],
  ],
  [[user(blank, text)], [user(text)]],
  [[user(blank)]],
  [[{ role: "user", content: " " }]],
])("of the conversation %j it sends %j", ([said, sent]) => {
  const call = createCall({ messages: said });
  expect(toAnthropicBody(call).messages).toEqual(sent ?? said);
  const isLost = JSON.stringify(said).match(/"thinking":"t"(,"signature":"")?}/) !== null;
  expect(anthropicIgnoredFields(call.request, call.route)).toEqual(
    isLost ? ["messages.thinking"] : [],
  );
});

const cache_control = { type: "ephemeral", ttl: "1h" };
const cached = { ...text, cache_control };
const result = { type: "tool_result", tool_use_id: "t", content: [text] };
const own = { ...text, cache_control: { type: "ephemeral" } };

test.for<[request: Record<string, unknown>, sent: Record<string, unknown>]>([
  [{}, { messages: [user({ type: "text", text: "Hi", cache_control })] }],
  [{ messages: [hi, user(text, text)] }, { messages: [hi, user(text, cached)] }],
  [{ messages: [user(result)] }, { messages: [user({ ...result, cache_control })] }],
  [{ messages: [hi, assistant(text, signed)] }, { messages: [hi, assistant(cached, signed)] }],
  [
    { messages: [user(text), assistant(redacted)] },
    { messages: [user(cached), assistant(redacted)] },
  ],
  [{ messages: [user(text, own)] }, { messages: [user(text, own)] }],
  [{ messages: [assistant(signed)], system: [text, text] }, { system: [text, cached] }],
  [{ messages: [assistant(signed)], tools: [custom] }, { tools: [{ ...custom, cache_control }] }],
])("cache_control on blocks: %j becomes %j", ([request, sent]) => {
  const asked = { ...request, cache_control };
  const call = createCall(asked, { options: { cache_control: "block" } });
  const { cache_control: atTop, ...body } = toAnthropicBody(call);
  expect([atTop, body]).toEqual([undefined, expect.objectContaining(sent)]);
  expect(anthropicIgnoredFields(call.request, call.route)).toEqual([]);
  expect(call.request).toEqual({ model: "claude", messages, ...asked });
});

test("on no block where the request does not ask for it", () => {
  const call = createCall({}, { options: { cache_control: "block" } });
  expect(toAnthropicBody(call)).toEqual(toAnthropicBody(createCall()));
});

const edits = [{ type: "clear_tool_uses_20250919" }];
const compaction = { type: "compact_20260112" };
const BETA = "context-management-2025-06-27";

test.for<[request: object, options: object, beta: string | null]>([
  [{}, {}, null],
  [{}, { beta: "a" }, "a"],
  [{}, { beta: ["a", "b", "a"] }, "a,b"],
  [{ context_management: { edits } }, {}, BETA],
  [{ context_management: { edits } }, { beta: ["a", BETA] }, `a,${BETA}`],
  [{ context_management: { edits: [...edits, compaction] } }, {}, `${BETA},compact-2026-01-12`],
  [{ context_management: { edits } }, { context_management: "local" }, null],
  [{ context_management: { edits: [] } }, {}, null],
  [{ context_management: {} }, {}, null],
])("%j with %j needs the beta %j", ([request, options, beta]) => {
  const headers = toAnthropicHeaders(createCall({ ...request }, { options: { ...options } }));
  expect(headers.get("anthropic-beta")).toBe(beta);
});
