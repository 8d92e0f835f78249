// What an Anthropic-compatible upstream is sent, field by field, and what is reported as ignored.

import { expect, test } from "vitest";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import {
  anthropicIgnoredFields,
  toAnthropicBody,
} from "../../../src/providers/anthropic/request.ts";
import type { Call } from "../../../src/providers/provider.ts";
import type { Route } from "../../../src/providers/route.ts";

const messages = [{ role: "user", content: "Hi" }];

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
