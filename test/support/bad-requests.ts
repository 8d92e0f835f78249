// Bodies with one thing wrong in them (a few with several), and where: the exact set of places that
// the answer has to name.

export interface BadRequest {
  name: string;
  body: unknown;
  /** Where the faults are, as paths with dots. */
  loc: string[];
}

const hello = { role: "user", content: "Hello" };
const png = { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" };
const call = { type: "tool_use", id: "toolu_1", name: "clock", input: {} };
const result = { type: "tool_result", tool_use_id: "toolu_1", content: "noon" };
const clock = { name: "clock", input_schema: { type: "object" } };

/** A good body but for some fields. */
function request(fields: Record<string, unknown>) {
  return { messages: [hello], ...fields };
}

/** A message of the user that holds these blocks. */
function says(...content: unknown[]) {
  return { messages: [{ role: "user", content }] };
}

/** Messages after one of the assistant that called a tool. */
function afterCall(...messages: unknown[]) {
  return { messages: [hello, { role: "assistant", content: [call] }, ...messages] };
}

const FIRST_BLOCK = "body.messages.0.content.0";

/** Per field of the request: what it must not be, and where that is reported. */
const FIELDS: [field: string, value: unknown, loc: string | string[]][] = [
  ["model", "", "model"],
  ["model", 5, "model"],
  ["model", "m".repeat(201), "model"],
  ["messages", null, "messages"],
  ["messages", "Hello", "messages"],
  ["messages", {}, "messages"],
  ["messages", [], "messages"],
  ["messages", ["Hello"], "messages.0"],
  ["messages", [hello, null], "messages.1"],
  ["messages", Array(100_001).fill(hello), "messages"],
  ["max_tokens", 0, "max_tokens"],
  ["max_tokens", 1.5, "max_tokens"],
  ["max_tokens", "100", "max_tokens"],
  ["max_tokens", true, "max_tokens"],
  ["system", 5, "system"],
  ["system", [5], "system.0"],
  ["system", [["nested"]], "system.0"],
  ["system", { type: "text", text: "" }, "system.text"],
  ["system", { type: "text" }, "system.text"],
  ["system", { text: 5 }, "system.text"],
  ["system", ["a", { type: "image", source: png }], ["system.1.type", "system.1.text"]],
  [
    "system",
    [{ type: "text", text: "a", cache_control: { type: "x" } }],
    "system.0.cache_control.type",
  ],
  [
    "system",
    { text: "a", cache_control: { type: "ephemeral", ttl: "2h" } },
    "system.cache_control.ttl",
  ],
  ["tools", {}, "tools"],
  ["tools", [5], "tools.0"],
  ["tools", [{}], "tools.0.name"],
  ["tools", [{ name: "" }], "tools.0.name"],
  ["tools", [{ name: "n".repeat(201) }], "tools.0.name"],
  ["tools", [{ name: "a", description: 5 }], "tools.0.description"],
  ["tools", [{ name: "a", input_schema: "object" }], "tools.0.input_schema"],
  ["tools", [{ name: "a", inputSchema: [] }], "tools.0.input_schema"],
  [
    "tools",
    [clock, { name: "a", input_schema: { properties: { b: { type: "text" } } } }],
    "tools.1.input_schema.properties.b.type",
  ],
  ["tools", [{ name: "a", inputSchema: { $ref: "#/b" } }], "tools.0.input_schema.$ref"],
  ["tools", [{ name: "a", defer_loading: "yes" }], "tools.0.defer_loading"],
  ["tools", [{ name: "a", cache_control: {} }], "tools.0.cache_control.type"],
  ["tools", [{ type: 5, name: "a" }], "tools.0.type"],
  ["tools", [{ type: "web_search_20250305", name: 5 }], "tools.0.name"],
  ["tools", ["clock"], "tools.0"],
  ["tools", [{ type: "bash_v1", name: 5 }], "tools.0.name"],
  ["tools", [{ type: "bash_v1", context: {} }], "tools.0.context"],
  ["tools", [{ type: "bash_v1", context: [{ type: "uri" }] }], "tools.0.context.0.value"],
  ["tools", [{ type: "bash_v1", instructions: 5 }], "tools.0.instructions"],
  ["tools", [clock, clock], "tools.1.name"],
  ["tools", ["bash_v1", "bash_v1"], "tools.1"],
  ["tools", ["bash_v1", { name: "bash" }], "tools.1.name"],
  ["tools", Array.from({ length: 1_025 }, (_, index) => ({ name: `t${index}` })), "tools"],
  ["thinking", true, "thinking"],
  ["thinking", { type: "sometimes" }, "thinking.type"],
  ["thinking", { type: 5 }, "thinking.type"],
  ["thinking", { type: "enabled" }, "thinking.budget_tokens"],
  ["thinking", { type: "enabled", budget_tokens: 1_023 }, "thinking.budget_tokens"],
  ["thinking", { type: "enabled", budget_tokens: 2_000.5 }, "thinking.budget_tokens"],
  ["thinking", { enabled: "yes" }, "thinking.enabled"],
  ["thinking", { enabled: true, effort: "most" }, "thinking.effort"],
  ["tool_choice", "auto", "tool_choice"],
  ["tool_choice", { type: "force" }, "tool_choice.type"],
  [
    "tool_choice",
    { type: "auto", disable_parallel_tool_use: 1 },
    "tool_choice.disable_parallel_tool_use",
  ],
  ["tool_choice", { type: "auto", name: 5 }, "tool_choice.name"],
  ["tool_choice", { type: "any" }, "tool_choice"],
  ["tool_choice", { type: "tool", name: "clock" }, "tool_choice"],
  ["tool_choice", { type: "tool" }, ["tool_choice", "tool_choice.name"]],
  ["toolChoice", { type: "force" }, "tool_choice.type"],
  ["output_config", "high", "output_config"],
  ["output_config", { effort: "huge" }, "output_config.effort"],
  [
    "output_config",
    { format: { type: "text" } },
    ["output_config.format.type", "output_config.format.schema"],
  ],
  ["output_config", { format: { type: "json_schema" } }, "output_config.format.schema"],
  [
    "output_config",
    { format: { type: "json_schema", schema: "x" } },
    "output_config.format.schema",
  ],
  ["outputConfig", { effort: 5 }, "output_config.effort"],
  [
    "output_config",
    { format: { type: "json_schema", schema: { items: { enum: 5 } } } },
    "output_config.format.schema.items.enum",
  ],
  [
    "output_config",
    { format: { type: "json_schema", json_schema: { $ref: "#/$defs/a" } } },
    "output_config.format.schema.$ref",
  ],
  ["response_format", "json", "response_format"],
  ["response_format", { type: "json_object" }, "response_format.type"],
  ["response_format", { type: "json_schema" }, "response_format.json_schema"],
  ["response_format", { type: "json_schema", json_schema: [] }, "response_format.json_schema"],
  [
    "response_format",
    { type: "json_schema", json_schema: { type: "text" } },
    "response_format.json_schema.type",
  ],
  [
    "response_format",
    { type: "json_schema", json_schema: { name: "a", schema: { not: { $ref: "#" } } } },
    "response_format.json_schema.schema.not.$ref",
  ],
  ["cache_control", "ephemeral", "cache_control"],
  ["cache_control", { type: "forever" }, "cache_control.type"],
  ["cacheControl", { type: "ephemeral", ttl: "1d" }, "cache_control.ttl"],
  ["stream", "true", "stream"],
  ["stream", 1, "stream"],
  ["tool_context", {}, "tool_context"],
  ["tool_context", [{ type: "picture" }], "tool_context.0.type"],
  ["tool_context", [{ value: "x" }], "tool_context.0.type"],
  ["tool_context", [{ type: "text" }], "tool_context.0.value"],
  ["tool_context", [{ type: "file", value: "not base64" }], "tool_context.0.value"],
  ["tool_context", [{ type: "uri", value: "file:///etc/passwd" }], "tool_context.0.value"],
  ["tool_context", [{ type: "sql_database" }], "tool_context.0.connection_string"],
  [
    "tool_context",
    [{ type: "sql_database", connection_string: "x", ssl: 1 }],
    "tool_context.0.ssl",
  ],
  [
    "tool_context",
    [{ type: "sql_database", connection_string: "x", schemas: "public" }],
    "tool_context.0.schemas",
  ],
  ["tool_context", [{ type: "ingested_artifact" }], "tool_context.0.context_filter"],
  [
    "tool_context",
    [{ type: "ingested_artifact", context_filter: { artifacts: [5] } }],
    "tool_context.0.context_filter.artifacts.0",
  ],
  ["tool_context", [{ type: "skill" }], "tool_context.0.skill_filter"],
  ["tool_context", [{ type: "skill", skill_filter: {} }], "tool_context.0.skill_filter.collection"],
  [
    "tool_context",
    [{ type: "skill", skill_filter: { collection: "c".repeat(256) } }],
    "tool_context.0.skill_filter.collection",
  ],
  [
    "tool_context",
    [{ type: "skill", skill_filter: { collection: "c", skill_ids: "s" } }],
    "tool_context.0.skill_filter.skill_or_version_ids",
  ],
  ["mcp_servers", { url: "https://mcp.example" }, "mcp_servers"],
  ["mcp_servers", [{}], "mcp_servers.0.url"],
  ["mcp_servers", [{ url: "stdio://server" }], "mcp_servers.0.url"],
  ["mcp_servers", [{ url: "https://mcp.example", type: "stdio" }], "mcp_servers.0.type"],
  ["mcp_servers", [{ url: "https://mcp.example", name: "" }], "mcp_servers.0.name"],
  [
    "mcp_servers",
    [{ url: "https://mcp.example", authorization_token: 5 }],
    "mcp_servers.0.authorization_token",
  ],
  [
    "mcp_servers",
    [{ url: "https://mcp.example", tool_configuration: { enabled: "no" } }],
    "mcp_servers.0.tool_configuration.enabled",
  ],
  [
    "mcp_servers",
    [{ url: "https://mcp.example", tool_configuration: { allowed_tools: "all" } }],
    "mcp_servers.0.tool_configuration.allowed_tools",
  ],
  ["container", 5, "container"],
  ["container", "", "container"],
  ["container", { id: 5 }, "container.id"],
  ["container", { skills: [{}] }, "container.skills.0.skill_id"],
  ["container", { skills: [{ skill_id: "s", version: 5 }] }, "container.skills.0.version"],
  ["maximum_loaded_skills", 0, "maximum_loaded_skills"],
  ["maximum_loaded_skills", 1.5, "maximum_loaded_skills"],
  ["context_management", [], "context_management"],
  ["context_management", { edits: {} }, "context_management.edits"],
  ["context_management", { edits: [{}] }, "context_management.edits.0.type"],
  [
    "context_management",
    { edits: [{ type: "clear_tool_uses_20250919", keep: { type: "tool_uses", value: -1 } }] },
    "context_management.edits.0.keep.value",
  ],
  [
    "context_management",
    { edits: [{ type: "clear_tool_uses_20250919", trigger: { type: "moon", value: 1 } }] },
    "context_management.edits.0.trigger.type",
  ],
  [
    "context_management",
    { edits: [{ type: "clear_thinking_20251015", keep: "some" }] },
    "context_management.edits.0.keep",
  ],
  ["temperature", -0.1, "temperature"],
  ["temperature", 2.1, "temperature"],
  ["temperature", "warm", "temperature"],
  ["top_p", 1.1, "top_p"],
  ["top_p", "1", "top_p"],
  ["min_p", -0.1, "min_p"],
  ["top_k", -1, "top_k"],
  ["top_k", 0.5, "top_k"],
  ["seed", 0.5, "seed"],
  ["seed", 2 ** 60, "seed"],
  ["priority", "high", "priority"],
  ["repetition_penalty", 0, "repetition_penalty"],
  ["presence_penalty", -2.1, "presence_penalty"],
  ["frequency_penalty", 2.1, "frequency_penalty"],
  ["stop_sequences", "END", "stop_sequences"],
  ["stop_sequences", ["END", ""], "stop_sequences.1"],
  ["stop_sequences", [5], "stop_sequences.0"],
  ["stop_sequences", ["x".repeat(257)], "stop_sequences.0"],
  ["stop_sequences", Array(65).fill("x"), "stop_sequences"],
  ["metadata", "me", "metadata"],
  ["metadata", { note: "x".repeat(64 * 1024) }, "metadata"],
  ["metadata", { user_id: 5 }, "metadata.user_id"],
  ["metadata", { user_id: "u".repeat(513) }, "metadata.user_id"],
  ["service_tier", "priority", "service_tier"],
  ["inference_geo", 5, "inference_geo"],
  ["correlation_id", "", "correlation_id"],
  ["correlation_id", "c".repeat(257), "correlation_id"],
  ["correlation_id", "a\nset-cookie: b", "correlation_id"],
  ["correlation_id", "ünïcode", "correlation_id"],
  ["on_interrupt", "retry", "on_interrupt"],
  ["webhook", "https://hooks.example", "webhook"],
  ["webhook", {}, "webhook.url"],
  ["webhook", { url: "ftp://hooks.example" }, "webhook.url"],
  ["webhook", { url: `https://hooks.example/${"x".repeat(2_048)}` }, "webhook.url"],
  ["webhook", { url: "https://hooks.example", events: "all" }, "webhook.events"],
  ["webhook", { url: "https://hooks.example", events: [] }, "webhook.events"],
  ["webhook", { url: "https://hooks.example", events: ["message.done"] }, "webhook.events.0"],
  ["expires_after", 0, "expires_after"],
  ["expires_after", "1d", "expires_after"],
];

/** Per content block: what must not be in a message, and where that is reported. */
const BLOCKS: [name: string, block: unknown, loc: string | string[]][] = [
  ["a block that is text", "Hello", ""],
  ["a block without a type", { text: "Hello" }, ".type"],
  ["a block whose type is a number", { type: 5 }, ".type"],
  ["a text block without text", { type: "text" }, ".text"],
  ["an empty text block", { type: "text", text: "" }, ".text"],
  ["text that is a number", { type: "text", text: 5 }, ".text"],
  ["citations that are an object", { type: "text", text: "a", citations: {} }, ".citations"],
  [
    "a bad ttl",
    { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: 5 } },
    ".cache_control.ttl",
  ],
  ["an image without a source", { type: "image" }, ".source"],
  ["an image whose source has no type", { type: "image", source: {} }, ".source.type"],
  ["an image from nowhere", { type: "image", source: { type: "disk" } }, ".source.type"],
  [
    "an image of a wrong media type",
    { type: "image", source: { ...png, media_type: "image/bmp" } },
    ".source.media_type",
  ],
  ["an image without data", { type: "image", source: { ...png, data: "" } }, ".source.data"],
  [
    "an image that is not base64",
    { type: "image", source: { ...png, data: "a*==" } },
    ".source.data",
  ],
  [
    "an image with base64 cut off",
    { type: "image", source: { ...png, data: "abc" } },
    ".source.data",
  ],
  [
    "an image with too much padding",
    { type: "image", source: { ...png, data: "a===" } },
    ".source.data",
  ],
  [
    "an image as a data URL",
    { type: "image", source: { type: "url", url: "data:image/png;base64,aaaa" } },
    ".source.url",
  ],
  ["an image at no URL", { type: "image", source: { type: "url", url: "nowhere" } }, ".source.url"],
  ["an image in a file without id", { type: "image", source: { type: "file" } }, ".source.file_id"],
  ["a document without a source", { type: "document" }, ".source"],
  [
    "a document that is not base64",
    { type: "document", source: { type: "base64", media_type: "application/pdf", data: "%PDF" } },
    ".source.data",
  ],
  [
    "a document of HTML as text",
    { type: "document", source: { type: "text", media_type: "text/html", data: "a" } },
    ".source.media_type",
  ],
  [
    "a document of no text",
    { type: "document", source: { type: "text", data: "" } },
    ".source.data",
  ],
  [
    "a document with a call inside",
    { type: "document", source: { type: "content", content: [call] } },
    ".source.content.0.type",
  ],
  [
    "a document over ftp",
    { type: "document", source: { type: "url", url: "ftp://a.example/b" } },
    ".source.url",
  ],
  [
    "a document with a bad title",
    { type: "document", source: { type: "file", file_id: "f" }, title: 5 },
    ".title",
  ],
  [
    "a search result without anything",
    { type: "search_result" },
    [".source", ".title", ".content"],
  ],
  [
    "a search result of numbers",
    { type: "search_result", source: "a", title: "b", content: [5] },
    ".content.0",
  ],
  ["thinking without thoughts", { type: "thinking", signature: "s" }, ".thinking"],
  [
    "thinking with a bad signature",
    { type: "thinking", thinking: "a", signature: 5 },
    ".signature",
  ],
  ["redacted thinking without data", { type: "redacted_thinking" }, ".data"],
  ["a tool result without an id", { type: "tool_result" }, ".tool_use_id"],
  ["a tool result without a call", result, ".tool_use_id"],
  [
    "a web search result without an id",
    { type: "web_search_tool_result", content: [] },
    ".tool_use_id",
  ],
  [
    "an MCP result of a number",
    { type: "mcp_tool_result", tool_use_id: "a", content: 5 },
    ".content",
  ],
  ["an upload without a file", { type: "container_upload" }, ".file_id"],
  ["a call by the user", call, ""],
  ["a server's call by the user", { ...call, type: "server_tool_use" }, ""],
  ["an MCP call by the user", { ...call, type: "mcp_tool_use", server_name: "s" }, ""],
];

/** What only the whole can tell. */
const WHOLES: BadRequest[] = [
  { name: "null", body: null, loc: ["body"] },
  { name: "a number", body: 5, loc: ["body"] },
  { name: "text", body: "Hello", loc: ["body"] },
  { name: "a list", body: [hello], loc: ["body"] },
  { name: "nothing", body: {}, loc: ["body.messages"] },
  {
    name: "messages that are all system messages",
    body: { messages: [{ role: "system", content: "Be brief." }] },
    loc: ["body.messages"],
  },
  {
    name: "a message without a role",
    body: { messages: [{ content: "Hello" }] },
    loc: ["body.messages.0.role"],
  },
  {
    name: "a message of a wrong role",
    body: { messages: [{ role: "tool", content: "Hello" }] },
    loc: ["body.messages.0.role"],
  },
  {
    name: "a message without content",
    body: { messages: [{ role: "user" }] },
    loc: ["body.messages.0.content"],
  },
  {
    name: "a message with null for content",
    body: { messages: [{ role: "user", content: null }] },
    loc: ["body.messages.0.content"],
  },
  {
    name: "a message with an object for content",
    body: { messages: [{ role: "user", content: { type: "text", text: "Hello" } }] },
    loc: ["body.messages.0.content"],
  },
  {
    name: "a message of empty text",
    body: { messages: [{ role: "user", content: "" }] },
    loc: ["body.messages.0.content"],
  },
  { name: "a message of no blocks", body: says(), loc: ["body.messages.0.content"] },
  {
    name: "a message of too many blocks",
    body: says(...Array(10_001).fill({ type: "text", text: "a" })),
    loc: ["body.messages.0.content"],
  },
  {
    name: "a system message of empty text",
    body: { messages: [{ role: "system", content: "" }, hello] },
    loc: ["body.messages.0.content"],
  },
  {
    name: "a system message with an image",
    body: { messages: [{ role: "system", content: [{ type: "image", source: png }] }, hello] },
    loc: ["body.messages.0.content.0.type"],
  },
  {
    name: "a system message with a call",
    body: { messages: [{ role: "system", content: [call] }, hello] },
    loc: ["body.messages.0.content.0.type"],
  },
  {
    name: "a call without anything",
    body: { messages: [{ role: "assistant", content: [{ type: "tool_use" }] }] },
    loc: [`${FIRST_BLOCK}.id`, `${FIRST_BLOCK}.name`, `${FIRST_BLOCK}.input`],
  },
  {
    name: "a call whose input is text",
    body: { messages: [{ role: "assistant", content: [{ ...call, input: "{}" }] }] },
    loc: [`${FIRST_BLOCK}.input`],
  },
  {
    name: "an MCP call without its server",
    body: { messages: [{ role: "assistant", content: [{ ...call, type: "mcp_tool_use" }] }] },
    loc: [`${FIRST_BLOCK}.server_name`],
  },
  {
    name: "two calls with one id",
    body: afterCall({ role: "assistant", content: [{ ...call, name: "other" }] }),
    loc: ["body.messages.2.content.0.id"],
  },
  {
    name: "two calls of different kinds with one id",
    body: afterCall({ role: "assistant", content: [{ ...call, type: "server_tool_use" }] }),
    loc: ["body.messages.2.content.0.id"],
  },
  {
    name: "a result before its call",
    body: {
      messages: [
        { role: "user", content: [result] },
        { role: "assistant", content: [call] },
      ],
    },
    loc: [`${FIRST_BLOCK}.tool_use_id`],
  },
  {
    name: "two results for one call",
    body: afterCall({ role: "user", content: [result, result] }),
    loc: ["body.messages.2.content.1.tool_use_id"],
  },
  {
    name: "a result with an empty text block",
    body: afterCall({
      role: "user",
      content: [{ ...result, content: [{ type: "text", text: "" }] }],
    }),
    loc: ["body.messages.2.content.0.content.0.text"],
  },
  {
    name: "a result with a bad image",
    body: afterCall({
      role: "user",
      content: [{ ...result, content: [{ type: "image", source: { ...png, data: "?" } }] }],
    }),
    loc: ["body.messages.2.content.0.content.0.source.data"],
  },
  {
    name: "a result that says whether it is an error in words",
    body: afterCall({ role: "user", content: [{ ...result, is_error: "yes" }] }),
    loc: ["body.messages.2.content.0.is_error"],
  },
  {
    name: "a choice of a tool that is not offered",
    body: request({ tools: [clock], tool_choice: { type: "tool", name: "calendar" } }),
    loc: ["body.tool_choice.name"],
  },
  {
    name: "a choice of a tool without its name",
    body: request({ tools: [clock], tool_choice: { type: "tool" } }),
    loc: ["body.tool_choice.name"],
  },
  {
    name: "a choice of any tool out of none",
    body: request({ tools: [], mcp_servers: [], tool_choice: { type: "any" } }),
    loc: ["body.tool_choice"],
  },
  {
    name: "a thinking budget as large as max_tokens",
    body: request({ max_tokens: 2_048, thinking: { type: "enabled", budget_tokens: 2_048 } }),
    loc: ["body.thinking.budget_tokens"],
  },
  {
    name: "faults everywhere, all of them told",
    body: {
      model: "",
      messages: [
        { role: "system", content: [{ type: "image", source: png }] },
        { role: "robot", content: "beep" },
        {
          role: "user",
          content: [
            { type: "text", text: "" },
            call,
            { type: "image", source: { ...png, data: "?" } },
          ],
        },
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_2" }] },
      ],
      max_tokens: 1_500,
      tools: [clock, clock, { name: 5 }],
      tool_choice: { type: "tool" },
      thinking: { type: "enabled", budget_tokens: 1_600 },
      response_format: { type: "json_schema" },
      temperature: 3,
      metadata: { user_id: 5 },
    },
    loc: [
      "body.model",
      "body.messages.0.content.0.type",
      "body.messages.1.role",
      "body.messages.2.content.0.text",
      "body.messages.2.content.1",
      "body.messages.2.content.2.source.data",
      "body.messages.3.content.0.name",
      "body.messages.3.content.0.id",
      "body.messages.4.content.0.tool_use_id",
      "body.tools.1.name",
      "body.tools.2.name",
      "body.tool_choice.name",
      "body.thinking.budget_tokens",
      "body.response_format.json_schema",
      "body.temperature",
      "body.metadata.user_id",
    ],
  },
  {
    name: "an unknown field with a name that is too long",
    body: request({ ["x".repeat(201)]: 1 }),
    loc: ["body"],
  },
  {
    name: "too many unknown fields",
    body: request(Object.fromEntries(Array.from({ length: 257 }, (_, at) => [`x${at}`, at]))),
    loc: ["body"],
  },
  {
    name: "a block of an unknown type with a name that is too long",
    body: says({ type: "x".repeat(201) }),
    loc: [`${FIRST_BLOCK}.type`],
  },
  {
    name: "a rule broken beside a list that is too long",
    body: request({ stop_sequences: Array(65).fill("x"), tools: [clock, clock] }),
    loc: ["body.stop_sequences", "body.tools.1.name"],
  },
];

export const BAD_REQUESTS: BadRequest[] = [
  ...FIELDS.map(([field, value, loc]) => ({
    name: `${field}: ${describe(value)}`,
    body: request({ [field]: value }),
    loc: [loc].flat().map((one) => `body.${one}`),
  })),
  ...BLOCKS.map(([name, block, loc]) => ({
    name,
    body: says(block),
    loc: [loc].flat().map((one) => `${FIRST_BLOCK}${one}`),
  })),
  ...WHOLES,
];

function describe(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
