// One row for each use of a field of the request: what is asked, and by provider what its upstream is
// sent, what comes back, and what the status says of it.

import { expect, inject } from "vitest";
import type { MessageStatus } from "../../src/message/status.ts";
import { scripted } from "./mcp-script.ts";
import { createEndpoint, type Received, receivedAt } from "./receiver.ts";
import {
  anthropicBlock,
  anthropicEnd,
  anthropicEvent,
  anthropicStart,
  anthropicText,
  atOnce,
  openaiChunk,
  openaiDelta,
  openaiText,
  type Step,
} from "./script.ts";
import { alarmOf } from "./storage.ts";

const HOOK = createEndpoint(inject("receiver"), "200");

export type Provider = "anthropic" | "openai" | "simulated";
export type Fields = Record<string, unknown>;
export interface Message {
  role: string;
  content: unknown;
}

/** What one provider makes of it. What is not named is as if nothing had been asked. */
export interface Column {
  /** Another model than that of the provider: a route with options. */
  model?: string;
  /** Members of the body that the upstream is sent, beside those of every request. */
  sent?: Fields;
  /** The messages that it is sent, given the last one; else what was asked, as it was. */
  messages?: (last: Message) => Message[];
  headers?: Record<string, string>;
  /** What the upstream says. */
  says?: Step[];
  /** What the message is then. */
  came?: Fields;
  /** `ignored_fields` of the status; none unless said. */
  ignored?: string[];
  /** Other members of its `metadata`. */
  status?: Fields;
  /** How its `error_message` begins, where the message fails. */
  error?: string;
}

export interface Row extends Partial<Record<Provider, Column>> {
  asks: Fields;
  /** Messages before the last one. */
  before?: Message[];
  /** What else there is to see when the message has ended. */
  after?(id: string, status: MessageStatus): Promise<void>;
}

/** A collection in which there is nothing. */
const skills = { type: "skill", skill_filter: { collection: "empty" } };

/** Sent as it is, to both dialects. */
function forwarded(asks: Fields): Row {
  return { asks, anthropic: { sent: asks }, openai: { sent: asks } };
}

/** Sampling that Anthropic refuses; others of its kind may take it. */
function sampling(name: string, value: number): Row[] {
  const asks = { [name]: value };
  return [
    {
      asks,
      anthropic: { ignored: [name] },
      openai: { sent: asks },
      simulated: { ignored: [name] },
    },
    { asks, anthropic: { model: "extra-anthropic", sent: asks } },
  ];
}

const user = (content: unknown): Message => ({ role: "user", content });
const assistant = (content: unknown): Message => ({ role: "assistant", content });
const text = (text: string) => ({ type: "text", text });

const png = { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" };
const picture = { type: "image", source: png };
const schema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const tool = { name: "look", description: "Looks.", input_schema: schema };
const called = {
  type: "function",
  function: { name: "look", description: "Looks.", parameters: schema },
};
const format = { type: "json_schema", schema };
const response_format = {
  type: "json_schema",
  json_schema: { name: "response", strict: true, schema },
};
const MISFIT = "The upstream's answer does not fit output_config.format.";
const JSON_TEXT = '{"city": "Paris"}';

const THOUGHTS = {
  anthropic: [
    anthropicStart(),
    ...anthropicBlock(0, { type: "thinking", thinking: "", signature: "" }, [
      { type: "thinking_delta", thinking: "Well." },
      { type: "signature_delta", signature: "c2ln" },
    ]),
    ...anthropicBlock(1, { type: "text", text: "" }, [{ type: "text_delta", text: "Yes." }]),
    ...anthropicEnd(),
  ],
  openai: [openaiDelta({ reasoning_content: "Well." }), ...openaiText(["Yes."])],
};

/** One way to ask for thinking, and what the dialects are sent of it. */
function thinking(asks: Fields, anthropic: Fields, openai: Fields, isOn = true): Row {
  const thought = (signature: string) => [
    { type: "thinking", thinking: "Well.", signature },
    text("Yes."),
  ];
  const status = { thinking_enabled: isOn };
  const simulated = isOn
    ? [{ type: "thinking", signature: "simulated" }, { type: "text" }]
    : [{ type: "text" }];
  return {
    asks,
    anthropic: {
      sent: anthropic,
      status,
      ...(isOn && { says: THOUGHTS.anthropic, came: { content: thought("c2ln") } }),
    },
    openai: {
      sent: openai,
      status,
      ...(isOn && { says: THOUGHTS.openai, came: { content: thought("") } }),
    },
    simulated: { status, came: { content: simulated } },
  };
}

const cache_control = { type: "ephemeral", ttl: "1h" };
const uses = (value: number) => ({ type: "tool_uses", value });
const edits = [{ type: "clear_tool_uses_20250919", trigger: uses(1), keep: uses(1) }];
const applied_edits = [
  {
    type: "clear_tool_uses_20250919",
    cleared_tool_uses: 1,
    cleared_input_tokens: expect.any(Number),
  },
];
const TOLD = [{ ...applied_edits[0], cleared_input_tokens: 9 }];
const CLEARED = "[This result was cleared to save space.]";
const toCall = (n: number) => ({ type: "tool_use", id: `t_${n}`, name: "look", input: {} });
const toResult = (n: number, content = "blue") => ({
  ...{ type: "tool_result", tool_use_id: `t_${n}` },
  content,
});
const looks = { name: "look", arguments: "{}" };
const looked = [
  user("Look."),
  ...[1, 2].flatMap((n) => [assistant([toCall(n)]), user([toResult(n)])]),
];

const server = { type: "url", url: "https://mcp.example.com/", name: "m" };

const webFetch = { type: "web_fetch_v1", description: "Reads a page." };
const offered = {
  name: "web_fetch",
  description: "Reads a page.",
  input_schema: expect.objectContaining({ required: ["url"] }),
};
const shell = {
  name: "bash",
  description: expect.stringContaining("bash"),
  input_schema: expect.objectContaining({ type: "object" }),
};
const echo = { name: "echo", description: expect.any(String), input_schema: { type: "object" } };

function toFunction({ name, description, input_schema }: typeof offered) {
  return { type: "function", function: { name, description, parameters: input_schema } };
}

export const ROWS: Record<string, Row[]> = {
  model: [
    {
      asks: {},
      anthropic: {
        model: "inner-anthropic-1",
        sent: { model: "inner" },
        came: { model: "emulated" },
        status: { model: "inner-anthropic-1", upstream_model: "inner", provider: "anthropic" },
      },
      openai: {
        model: "inner-openai-1",
        sent: { model: "inner" },
        came: { model: "emulated" },
        status: { model: "inner-openai-1", upstream_model: "inner", provider: "openai" },
      },
      simulated: { came: { model: "simulated-9@0" }, status: { provider: "simulated" } },
    },
  ],
  messages: [
    {
      asks: {},
      before: [user([text("This?"), picture]), assistant("It is small.")],
      anthropic: { status: { message_count: 3 } },
      openai: {
        messages: (last) => [
          user([
            text("This?"),
            { type: "image_url", image_url: { url: `data:image/png;base64,${png.data}` } },
          ]),
          assistant("It is small."),
          last,
        ],
      },
    },
    {
      asks: {},
      before: [user([{ type: "novelty", of: 1 }, text("?")]), assistant("!")],
      anthropic: {},
      openai: {
        messages: (last) => [user("?"), assistant("!"), last],
        ignored: ["messages.novelty"],
      },
    },
  ],
  max_tokens: [
    {
      asks: { max_tokens: 7 },
      anthropic: {
        sent: { max_tokens: 7 },
        says: anthropicText(["So far"], { reason: "max_tokens" }),
        came: { content: [text("So far")], stop_reason: "max_tokens" },
        status: { stop_reason: "max_tokens" },
      },
      openai: {
        sent: { max_tokens: 7 },
        says: openaiText(["So far"], { reason: "length" }),
        came: { content: [text("So far")], stop_reason: "max_tokens" },
        status: { stop_reason: "max_tokens" },
      },
      simulated: { came: { stop_reason: "max_tokens", usage: { output_tokens: 7 } } },
    },
  ],
  system: [
    {
      asks: { system: ["Be brief.", { type: "text", text: "Be kind.", cache_control }] },
      anthropic: { sent: { system: [text("Be brief."), { ...text("Be kind."), cache_control }] } },
      openai: {
        messages: (last) => [{ role: "system", content: "Be brief.\n\nBe kind." }, last],
        ignored: ["cache_control"],
      },
    },
    {
      asks: { system: "Be brief." },
      before: [{ role: "system", content: "Be kind." }],
      anthropic: {
        messages: (last) => [last],
        sent: { system: [text("Be brief."), text("Be kind.")] },
      },
      openai: {
        messages: (last) => [{ role: "system", content: "Be brief.\n\nBe kind." }, last],
      },
    },
  ],
  tools: [
    {
      asks: { tools: [tool] },
      anthropic: { sent: { tools: [tool] } },
      openai: { sent: { tools: [called] } },
    },
    {
      asks: { tools: [{ type: "bash_v1" }], container: "c-1" },
      anthropic: { sent: { tools: [shell] } },
      openai: { sent: { tools: [toFunction(shell)] } },
    },
    {
      asks: { tools: [webFetch] },
      anthropic: { sent: { tools: [offered] } },
      openai: { sent: { tools: [toFunction(offered)] } },
    },
    {
      asks: { tools: [{ ...webFetch, instructions: "Cite it." }] },
      anthropic: {
        sent: {
          tools: [offered],
          system: [{ type: "text", text: "On the tool web_fetch: Cite it." }],
        },
      },
    },
    {
      asks: { tools: [{ ...tool, defer_loading: true }] },
      anthropic: { sent: { tools: [{ ...tool, defer_loading: true }] } },
      openai: { sent: { tools: [called] }, ignored: ["tools.defer_loading"] },
    },
    {
      asks: { tools: [{ ...tool, defer_loading: true }], tool_context: [skills] },
      anthropic: {},
      openai: {},
    },
    {
      asks: { tools: ["skills_v1"], tool_context: [skills] },
      anthropic: {},
      openai: {},
    },
  ],
  thinking: [
    thinking(
      { thinking: { type: "adaptive" } },
      { thinking: { type: "adaptive" } },
      { reasoning_effort: "medium" },
    ),
    thinking(
      { thinking: { type: "enabled", budget_tokens: 2_000 } },
      { thinking: { type: "enabled", budget_tokens: 2_000 } },
      { reasoning_effort: "low" },
    ),
    thinking(
      { thinking: { type: "enabled", budget_tokens: 8_000 } },
      { thinking: { type: "enabled", budget_tokens: 8_000 }, max_tokens: 12_096 },
      { reasoning_effort: "medium", max_tokens: 12_096 },
    ),
    thinking(
      { thinking: { enabled: true, effort: "high" } },
      { thinking: { type: "adaptive" }, output_config: { effort: "high" } },
      { reasoning_effort: "high" },
    ),
    thinking(
      { thinking: { effort: "max" } },
      { thinking: { type: "adaptive" }, output_config: { effort: "max" } },
      { reasoning_effort: "xhigh" },
    ),
    thinking({ thinking: { type: "disabled" } }, { thinking: { type: "disabled" } }, {}, false),
    thinking({ thinking: { enabled: false } }, { thinking: { type: "disabled" } }, {}, false),
    {
      asks: { thinking: { type: "disabled" } },
      openai: { model: "none-openai", sent: { reasoning_effort: "none" } },
    },
  ],
  tool_choice: [
    {
      asks: { tools: [tool], tool_choice: { type: "tool", name: "look" } },
      anthropic: { sent: { tools: [tool], tool_choice: { type: "tool", name: "look" } } },
      openai: {
        sent: { tools: [called], tool_choice: { type: "function", function: { name: "look" } } },
      },
      simulated: { came: { content: [{ type: "tool_use", name: "look" }] } },
    },
    {
      asks: { tools: [tool], tool_choice: { type: "any", disable_parallel_tool_use: true } },
      anthropic: {
        sent: { tools: [tool], tool_choice: { type: "any", disable_parallel_tool_use: true } },
      },
      openai: {
        sent: { tools: [called], tool_choice: "required", parallel_tool_calls: false },
      },
    },
    {
      asks: { tool_choice: { type: "auto" } },
      anthropic: { ignored: ["tool_choice"] },
      openai: { ignored: ["tool_choice"] },
    },
  ],
  output_config: [
    {
      asks: { output_config: { effort: "max" } },
      anthropic: { sent: { output_config: { effort: "max" } } },
      openai: { sent: { reasoning_effort: "xhigh" } },
    },
    {
      asks: { output_config: { effort: "low" }, thinking: { type: "disabled" } },
      anthropic: { sent: { output_config: { effort: "low" }, thinking: { type: "disabled" } } },
      openai: { ignored: ["output_config.effort"] },
    },
    {
      asks: { output_config: { format } },
      anthropic: {
        sent: { output_config: { format } },
        says: anthropicText([JSON_TEXT]),
        came: { content: [text(JSON_TEXT)] },
      },
      openai: {
        sent: { response_format },
        says: openaiText([JSON_TEXT]),
        came: { content: [text(JSON_TEXT)] },
      },
      simulated: { came: { content: [text('{"city":"sample"}')] } },
    },
    {
      asks: { output_config: { format } },
      anthropic: {
        sent: { output_config: { format } },
        says: anthropicText(["Paris, ", "of course."]),
        came: { content: [text("Paris, of course.")] },
        error: `${MISFIT} It is not JSON.`,
      },
      openai: {
        sent: { response_format },
        says: openaiText(['{"city": ', "5}"]),
        came: { content: [text('{"city": 5}')] },
        error: `${MISFIT} city: Instance type "number" is invalid.`,
      },
    },
    {
      // What arrives together with its end is kept as well.
      asks: { output_config: { format } },
      anthropic: {
        sent: { output_config: { format } },
        says: atOnce(anthropicText(["Paris, ", "of course."])),
        came: { content: [text("Paris, of course.")] },
        error: `${MISFIT} It is not JSON.`,
      },
      openai: {
        sent: { response_format },
        says: atOnce(openaiText(['{"city": ', "5}"])),
        came: { content: [text('{"city": 5}')] },
        error: `${MISFIT} city: Instance type "number" is invalid.`,
      },
    },
    {
      asks: { output_config: { format } },
      anthropic: {
        sent: { output_config: { format } },
        says: anthropicText(['{"city": "Par'], { reason: "max_tokens" }),
        came: { content: [text('{"city": "Par')], stop_reason: "max_tokens" },
      },
      openai: {
        sent: { response_format },
        says: openaiText(['{"city": "Par'], { reason: "length" }),
        came: { content: [text('{"city": "Par')], stop_reason: "max_tokens" },
      },
    },
  ],
  response_format: [
    {
      asks: { response_format: { type: "json_schema", json_schema: { name: "x", schema } } },
      anthropic: {
        sent: { output_config: { format } },
        says: anthropicText([JSON_TEXT]),
        came: {},
      },
      openai: { sent: { response_format }, says: openaiText([JSON_TEXT]), came: {} },
      simulated: { came: { content: [text('{"city":"sample"}')] } },
    },
    {
      // `output_config` wins.
      asks: {
        response_format: { type: "json_schema", json_schema: { type: "string" } },
        output_config: { format, effort: "high" },
      },
      anthropic: {
        sent: { output_config: { format, effort: "high" } },
        says: anthropicText([JSON_TEXT]),
        came: {},
      },
      openai: {
        sent: { response_format, reasoning_effort: "high" },
        says: openaiText([JSON_TEXT]),
        came: {},
      },
    },
    { asks: { response_format: { type: "text" } }, anthropic: {}, openai: {} },
  ],
  cache_control: [
    {
      asks: { cache_control },
      anthropic: { sent: { cache_control } },
      openai: { ignored: ["cache_control"] },
      simulated: { ignored: ["cache_control"] },
    },
    {
      asks: { cache_control },
      anthropic: {
        model: "block-anthropic",
        messages: ({ content }) => [user([{ type: "text", text: content, cache_control }])],
      },
    },
  ],
  stream: [{ asks: { stream: true }, anthropic: {}, openai: {}, simulated: {} }],
  tool_context: [
    {
      asks: { tool_context: [{ type: "text", value: "x" }] }, // and nothing that works on it
      anthropic: { ignored: ["tool_context"] },
      openai: { ignored: ["tool_context"] },
    },
    {
      asks: { tools: [webFetch], tool_context: [{ type: "text", value: "x" }] },
      anthropic: { sent: { tools: [offered] } },
      openai: { sent: { tools: [toFunction(offered)] } },
    },
  ],
  mcp_servers: [
    { asks: { mcp_servers: [] }, anthropic: {}, openai: {} },
    {
      asks: { mcp_servers: [{ ...server, url: scripted(inject("mcp")).url }] },
      anthropic: { sent: { tools: [echo] } },
      openai: { sent: { tools: [toFunction(echo)] } },
      simulated: {},
    },
    {
      asks: {
        mcp_servers: [{ ...server, url: scripted(inject("mcp")).url }],
        tool_choice: { type: "tool", name: "echo" },
      },
      anthropic: { sent: { tools: [echo], tool_choice: { type: "tool", name: "echo" } } },
      openai: {
        sent: {
          tools: [toFunction(echo)],
          tool_choice: { type: "function", function: { name: "echo" } },
        },
      },
      simulated: {
        status: { turns: 2, tools_used: ["echo"] },
        came: {
          content: [{ type: "mcp_tool_use" }, { type: "mcp_tool_result" }, { type: "text" }],
        },
      },
    },
    {
      asks: { mcp_servers: [server] },
      anthropic: { model: "native-anthropic", sent: { mcp_servers: [server] } },
    },
  ],
  container: [
    {
      asks: { container: "c-1" },
      anthropic: { sent: { container: "c-1" } },
      openai: { ignored: ["container"] },
      simulated: { ignored: ["container"] },
    },
  ],
  maximum_loaded_skills: [
    {
      asks: { maximum_loaded_skills: 2 },
      anthropic: { ignored: ["maximum_loaded_skills"] },
      openai: { ignored: ["maximum_loaded_skills"] },
    },
    {
      asks: { maximum_loaded_skills: 2, tool_context: [skills] },
      anthropic: {},
      openai: {},
      simulated: {},
    },
  ],
  context_management: [
    {
      asks: { context_management: { edits } },
      before: looked,
      anthropic: {
        sent: { context_management: { edits } },
        headers: { "anthropic-beta": "context-management-2025-06-27" },
        says: [
          ...anthropicText(["All well."]).slice(0, -2),
          anthropicEvent({
            ...{ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null } },
            ...{ usage: { output_tokens: 5 }, context_management: { applied_edits: TOLD } },
          }),
          anthropicEvent({ type: "message_stop" }),
        ],
        came: { context_management: { applied_edits } },
      },
      openai: {
        messages: (last) => [
          user("Look."),
          ...[1, 2].flatMap((n) => [
            {
              ...assistant(null),
              tool_calls: [{ id: `t_${n}`, type: "function", function: looks }],
            },
            { role: "tool", tool_call_id: `t_${n}`, content: n === 1 ? CLEARED : "blue" },
          ]),
          last,
        ],
        came: { context_management: { applied_edits } },
      },
      simulated: { came: { context_management: { applied_edits } } },
    },
    {
      asks: { context_management: { edits } },
      before: looked,
      anthropic: {
        model: "local-anthropic",
        messages: (last) => [...looked.with(2, user([toResult(1, CLEARED)])), last],
        came: { context_management: { applied_edits } },
      },
    },
    {
      asks: { context_management: { edits: [{ type: "compact_20260112" }] } },
      anthropic: { sent: { context_management: { edits: [{ type: "compact_20260112" }] } } },
      openai: { ignored: ["context_management"] },
      simulated: { ignored: ["context_management"] },
    },
  ],
  temperature: [
    {
      ...forwarded({ temperature: 0.5 }),
      simulated: { ignored: ["temperature"] },
    },
  ],
  top_p: [forwarded({ top_p: 0.9 })],
  top_k: [forwarded({ top_k: 0 })],
  min_p: sampling("min_p", 0.1),
  seed: [
    {
      asks: { seed: -1 },
      anthropic: { ignored: ["seed"] },
      openai: { sent: { seed: -1 } },
      simulated: {},
    },
  ],
  priority: sampling("priority", 5),
  repetition_penalty: sampling("repetition_penalty", 1.1),
  presence_penalty: sampling("presence_penalty", -2),
  frequency_penalty: sampling("frequency_penalty", 2),
  stop_sequences: [
    {
      asks: { stop_sequences: ["END", "is the"] },
      anthropic: {
        sent: { stop_sequences: ["END", "is the"] },
        says: [
          ...anthropicText(["So far"]).slice(0, -2),
          anthropicEvent({
            ...{ type: "message_delta", usage: { output_tokens: 5 } },
            delta: { stop_reason: "stop_sequence", stop_sequence: "END" },
          }),
          anthropicEvent({ type: "message_stop" }),
        ],
        came: { content: [text("So far")], stop_reason: "stop_sequence", stop_sequence: "END" },
        status: { stop_reason: "stop_sequence" },
      },
      openai: {
        sent: { stop: ["END", "is the"] },
        says: openaiText(["So far", "E", "ND and on"]),
        came: { content: [text("So far")], stop_reason: "stop_sequence", stop_sequence: "END" },
        status: { stop_reason: "stop_sequence" },
      },
      simulated: {
        came: { content: [text("This ")], stop_reason: "stop_sequence", stop_sequence: "is the" },
      },
    },
    {
      asks: { stop_sequences: ["END"] },
      openai: {
        sent: { stop: ["END"] },
        says: [
          openaiDelta({ content: "So far" }),
          openaiChunk({ delta: {}, finish_reason: "stop", stop_reason: "END" }), // vLLM
          { send: "data: [DONE]\n\n" },
        ],
        came: { content: [text("So far")], stop_reason: "stop_sequence", stop_sequence: "END" },
      },
    },
    {
      asks: { stop_sequences: ["END"] },
      openai: {
        model: "stops-openai",
        says: openaiText(["So far", "END"]),
        came: { content: [text("So far")], stop_sequence: "END" },
      },
    },
  ],
  metadata: [
    {
      asks: { metadata: { user_id: "u-1", order: 66 } },
      anthropic: {
        sent: { metadata: { user_id: "u-1" } },
        status: { request_metadata: { user_id: "u-1", order: 66 } },
      },
      openai: {
        sent: { user: "u-1" },
        status: { request_metadata: { user_id: "u-1", order: 66 } },
      },
      simulated: { status: { request_metadata: { user_id: "u-1", order: 66 } } },
    },
  ],
  service_tier: [
    forwarded({ service_tier: "auto" }),
    {
      asks: { service_tier: "standard_only" },
      anthropic: { sent: { service_tier: "standard_only" } },
      openai: { sent: { service_tier: "default" } },
    },
  ],
  inference_geo: [
    {
      asks: { inference_geo: "eu" },
      anthropic: {
        sent: { inference_geo: "eu" },
        status: { placement: { location_hint: "weur" } },
      },
      openai: { ignored: ["inference_geo"], status: { placement: { location_hint: "weur" } } },
      simulated: { ignored: ["inference_geo"], status: { placement: { location_hint: "weur" } } },
    },
  ],
  correlation_id: [
    {
      asks: { correlation_id: "c-1" },
      anthropic: { headers: { "x-correlation-id": "c-1" }, status: { correlation_id: "c-1" } },
      openai: { headers: { "x-correlation-id": "c-1" }, status: { correlation_id: "c-1" } },
      simulated: { status: { correlation_id: "c-1" } },
    },
  ],
  on_interrupt: [{ asks: { on_interrupt: "fail" }, anthropic: {}, openai: {}, simulated: {} }],
  webhook: [
    {
      asks: { webhook: { url: HOOK } },
      ...{ anthropic: {}, openai: {}, simulated: {} },
      async after(id) {
        const isThis = ({ body }: Received) => JSON.parse(body).data.message_id === id;
        await expect.poll(async () => (await receivedAt(HOOK)).filter(isThis)).toHaveLength(1);
      },
    },
  ],
  expires_after: [
    {
      asks: { expires_after: 99 },
      ...{ anthropic: {}, openai: {}, simulated: {} },
      async after(id, { completed_at }) {
        const expiresAt = (await alarmOf(id)) ?? 0;
        if (expiresAt - Date.parse(completed_at ?? "") !== 99_000) throw new Error(`${expiresAt}`);
      },
    },
  ],
  "a field that nobody knows": [
    {
      asks: { novelty: [1] },
      anthropic: { sent: { novelty: [1] } },
      openai: { ignored: ["novelty"] },
      simulated: { ignored: ["novelty"] },
    },
  ],
};
