// The tools that run on our side for one message, and which of them each upstream is offered: one that
// runs a tool itself gets the field of the request instead.

import type { MessageRequest } from "../protocol/request.ts";
import { type CustomTool, type Tool, toolName, toolNames } from "../protocol/tool.ts";
import { isContainerTool } from "./catalogue.ts";
import type { Container } from "./container/container.ts";
import type { Skill } from "./skills/skill.ts";
import { type SkillTurn, withoutSkills } from "./skills/turn.ts";
import type { ServerTool } from "./tool.ts";

export interface Toolbox {
  /** By their place in the `tools` of the request. */
  readonly listed: ReadonlyMap<number, readonly ServerTool[]>;
  /** Those of the MCP servers. */
  readonly mcp: readonly ServerTool[];
  /** Absent where the request says nothing of skills. */
  readonly skills?: readonly Skill[] | undefined;
  /** That in which tools work. Absent where none does. */
  readonly container?: Container | undefined;
  /** Ends every session. Never throws. */
  close(): Promise<void>;
}

export const NO_TOOLS: Toolbox = { listed: new Map(), mcp: [], close: async () => {} };

/** What an upstream runs by itself. */
export interface Natives {
  mcp: boolean;
  containers: boolean;
  /** Whether it knows a tool of a vendor, such as `web_fetch_20250910`. */
  knows(tool: Tool): boolean;
}

/** What an upstream is offered, and what of it runs here. */
export interface Offer {
  request: MessageRequest;
  here: readonly ServerTool[];
  /** Names of the tools that the caller runs, or the upstream itself. */
  elsewhere: ReadonlySet<string>;
}

/**
 * `request` as a model is to see it: every tool that runs here is one that it can call. `skills` are
 * those of the turn, where there are any.
 */
export function toOffer(
  request: MessageRequest,
  toolbox: Toolbox,
  natives: Natives,
  skills?: SkillTurn,
): Offer {
  const here: ServerTool[] = [];
  const elsewhere = new Set<string>();
  /** By the names of tools that others stand in for, the first of those. */
  const standIns = new Map<string, string>();
  const use = (tool: ServerTool, given?: Tool): CustomTool => {
    here.push(tool);
    return toCustomTool(tool, given);
  };
  const isNativeContainerTool = (tool: Tool) => isContainerTool(tool) && natives.knows(tool);
  const tools = (request.tools ?? []).flatMap((given, at): Tool[] => {
    if (skills?.hidden.has(at)) return [];
    const skillTool = skills?.tools.get(at);
    const own = skillTool ? [skillTool] : toolbox.listed.get(at);
    const name = toolName(given);
    if (own && !natives.knows(given)) {
      const [first] = own;
      if (name !== undefined && first && first.name !== name) standIns.set(name, first.name);
      return own.map((tool) => use(tool, given));
    }
    if (name !== undefined) elsewhere.add(name);
    return [skills ? undeferred(given) : given];
  });
  const told = skills ? ofSkills(request, toolbox, skills) : request;
  const { tools: _, mcp_servers, tool_context, container, tool_choice, ...rest } = told;
  if (!natives.mcp) tools.push(...toolbox.mcp.map((tool) => use(tool)));
  const standIn = standIns.get(tool_choice?.name ?? "");
  const isTheirs = !toolbox.container || request.tools?.some(isNativeContainerTool);
  const theirs = isTheirs ? container : withoutId(container);
  const asked = {
    ...rest,
    ...(tool_choice && { tool_choice: standIn ? { ...tool_choice, name: standIn } : tool_choice }),
    ...(theirs && { container: theirs }),
    // What nothing here works on is the provider's to take or to leave, and to tell of.
    ...(toolbox.listed.size === 0 && !skills && tool_context && { tool_context }),
    ...(natives.mcp && mcp_servers && { mcp_servers }),
    ...(tools.length > 0 && { tools }),
    ...(here.some(({ instructions }) => instructions) && { system: instruct(rest.system, here) }),
  };
  return { request: asked, here, elsewhere };
}

function toCustomTool({ name, description, inputSchema }: ServerTool, given?: Tool): CustomTool {
  const { cache_control } = given ?? {};
  return { name, description, input_schema: inputSchema, ...(cache_control && { cache_control }) };
}

function instruct(
  system: MessageRequest["system"] = [],
  here: readonly ServerTool[],
): NonNullable<MessageRequest["system"]> {
  const told = here.flatMap(({ name, instructions }) =>
    instructions ? `On the tool ${name}: ${instructions}` : [],
  );
  return [...system, { type: "text", text: told.join("\n\n") }];
}

/** The request without what is done here, and with what the turn's skills say. */
function ofSkills(
  request: MessageRequest,
  { skills: all = [] }: Toolbox,
  { hidden, prompt }: SkillTurn,
): MessageRequest {
  const { maximum_loaded_skills: _, container, tool_choice, ...rest } = request;
  const names = new Set([...hidden].flatMap((at) => toolNames(request.tools?.[at] ?? {})));
  const isHidden = tool_choice?.type === "tool" && names.has(tool_choice.name);
  const isLeft = (request.tools ?? []).length > hidden.size || request.mcp_servers !== undefined;
  const { name: __, ...choice } = tool_choice ?? {};
  const kept = withoutSkills(container, all);
  return {
    ...rest,
    ...(kept && { container: kept }),
    // What is not there cannot be forced.
    ...(tool_choice &&
      isLeft && { tool_choice: isHidden ? { ...choice, type: "auto" } : tool_choice }),
    ...(prompt !== undefined && {
      system: [...(rest.system ?? []), { type: "text", text: prompt }],
    }),
  };
}

/** Of a container of ours, what is not: the skills of a vendor. */
function withoutId(container: MessageRequest["container"]): MessageRequest["container"] {
  if (typeof container !== "object" || !container.skills?.length) return undefined;
  const { id: _, ...rest } = container;
  return rest;
}

/** Once it is there, it is there for the upstream as well. */
function undeferred({ defer_loading: _, ...tool }: Tool): Tool {
  return tool as Tool;
}
