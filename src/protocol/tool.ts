// Tools as a request offers them, where MCP servers are, and how a tool is chosen.

import * as z from "zod";
import { choice, type Fault, fields, isRecord, list } from "../lib/zod-kinds.ts";
import { artifacts, names } from "./artifact.ts";
import { cacheControl, httpUrl, jsonSchema, name } from "./content.ts";

/** Models lose their way long before; a list of this length is an accident or an attack. */
export const MAX_TOOLS = 1_024;

/** Each is connected to before the first turn, and a Worker opens six connections at a time. */
const MAX_MCP_SERVERS = 64;

/**
 * Anthropic's, which runs here where the upstream does not know it: a shell and an editor. Its first was
 * Python alone. https://docs.claude.com/en/docs/agents-and-tools/tool-use/code-execution-tool
 */
export const DATED_CODE_EXECUTION = /^code_execution_(?!20250522)\d{8}$/;

/** PrivateGPT's built-in tools carry a version. */
const BUILT_IN_TYPE = /_v\d+$/;

const described = {
  description: z.string().optional(),
  defer_loading: z.boolean().optional(),
  cache_control: cacheControl.optional(),
};

const aliases = { deferLoading: "defer_loading", cacheControl: "cache_control" } as const;

/** The caller runs it. */
const customTool = fields(
  {
    type: z.literal("custom").optional(),
    name,
    input_schema: jsonSchema.default({ type: "object", properties: {} }),
    ...described,
  },
  { ...aliases, inputSchema: "input_schema" },
);
export type CustomTool = z.output<typeof customTool>;

/** We run it. */
const builtInTool = fields(
  {
    type: z.string().regex(BUILT_IN_TYPE),
    name: name.optional(),
    context: artifacts.optional().describe("Wins over `tool_context`; an empty list opts out."),
    instructions: z.string().optional(),
    ...described,
  },
  aliases,
);
export type BuiltInTool = z.output<typeof builtInTool>;

/** Anthropic's, by type and date: its servers run it, or its models know it. A toolset has no name. */
const vendorTool = fields(
  { type: z.string().min(1), name: name.optional(), ...described },
  aliases,
);

const bareType = z
  .string()
  .regex(BUILT_IN_TYPE, "only a built-in tool can be given by its type alone")
  .transform((type): BuiltInTool => ({ type }));

const tool = choice([customTool, builtInTool, vendorTool, bareType], (value) => {
  if (typeof value === "string") return bareType;
  const type = isRecord(value) ? (value.type ?? "custom") : "custom";
  if (type === "custom") return customTool;
  return typeof type === "string" && BUILT_IN_TYPE.test(type) ? builtInTool : vendorTool;
});
export type Tool = z.output<typeof tool>;

export const tools = list(tool, MAX_TOOLS);

export const toolChoice = fields({
  type: z.enum(["auto", "any", "tool", "none"]).default("auto"),
  name: name.optional(),
  disable_parallel_tool_use: z.boolean().optional(),
});

export const mcpServers = list(
  fields({
    type: z.literal("url").optional(),
    url: httpUrl,
    name: name.optional(),
    authorization_token: z.string().min(1).optional(),
    tool_configuration: fields({
      enabled: z.boolean().optional(),
      allowed_tools: names.optional(),
    }).optional(),
  }),
  MAX_MCP_SERVERS,
);

export function isCustomTool(tool: Tool): tool is CustomTool {
  return tool.type === undefined || tool.type === "custom";
}

export function isBuiltInTool(tool: Tool): tool is BuiltInTool {
  return typeof tool.type === "string" && BUILT_IN_TYPE.test(tool.type);
}

/** What a model calls it: a built-in tool's own name is its type without the version. */
export function toolName({ name, type }: { name?: unknown; type?: unknown }): string | undefined {
  if (typeof name === "string") return name;
  const isBuiltIn = name === undefined && typeof type === "string" && BUILT_IN_TYPE.test(type);
  return isBuiltIn ? type.replace(BUILT_IN_TYPE, "") : undefined;
}

/** `skills_v1` stands for them. */
export const SKILL_TOOLS = ["load_skill", "unload_skill", "list_skills"] as const;

/** `code_execution_v1` stands for them: a shell and an editor. */
export const CODE_EXECUTION_TOOLS = ["bash_code_execution", "text_editor_code_execution"] as const;

/** All that a model calls it. */
export function toolNames(tool: Record<string, unknown>): readonly (string | undefined)[] {
  const { type } = tool;
  if (typeof type !== "string") return [toolName(tool)];
  // Whoever runs it knows it by its own name, and all others by those that it stands for.
  if (DATED_CODE_EXECUTION.test(type)) return [toolName(tool), ...CODE_EXECUTION_TOOLS];
  if (!BUILT_IN_TYPE.test(type)) return [toolName(tool)];
  const kind = type.replace(BUILT_IN_TYPE, "");
  if (kind === "skills") return SKILL_TOOLS;
  return kind === "code_execution" ? CODE_EXECUTION_TOOLS : [toolName(tool)];
}

/** No two tools have one name. What has the wrong shape is passed over. */
export function* nameFaults(tools: unknown): Generator<Fault> {
  if (!Array.isArray(tools)) return;
  const seen = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    if (!isRecord(tool)) continue;
    const names = toolNames(tool).filter((name) => name !== undefined);
    const path = ["tools", index, ...(Object.hasOwn(tool, "name") ? ["name"] : [])];
    if (names.some((name) => seen.has(name))) {
      yield { path, message: "another tool has the same name" };
    }
    for (const name of names) seen.add(name);
  }
}

/** A forced choice has something to choose from. What has the wrong shape is passed over. */
export function* choiceFaults(body: Record<string, unknown>): Generator<Fault> {
  if (!isRecord(body.tool_choice)) return;
  const { type, name } = body.tool_choice;
  if (type !== "any" && type !== "tool") return;
  if (type === "tool" && name === undefined) {
    yield { path: ["tool_choice", "name"], message: "type tool needs the name of one" };
  }
  if (!isEmpty(body.mcp_servers)) return; // what they offer is not known yet
  if (isEmpty(body.tools)) {
    yield { path: ["tool_choice"], message: `type ${type} needs tools or MCP servers` };
  } else if (type === "tool" && typeof name === "string" && lacks(body.tools, name)) {
    yield { path: ["tool_choice", "name"], message: "no tool has this name" };
  }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

/** Whether the names of all `tools` are known, and `name` is none of them. */
function lacks(tools: unknown, name: string): boolean {
  if (!Array.isArray(tools)) return false;
  const known = tools.flatMap((tool) => (isRecord(tool) ? toolNames(tool) : [undefined]));
  return known.every((one) => one !== undefined && one !== name);
}
