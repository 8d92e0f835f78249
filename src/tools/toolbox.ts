// The tools that run on our side for one message, and which of them each upstream is offered: one that
// runs a tool itself gets the field of the request instead.

import type { MessageRequest } from "../protocol/request.ts";
import { type CustomTool, type Tool, toolName } from "../protocol/tool.ts";
import type { ServerTool } from "./tool.ts";

export interface Toolbox {
  /** By their place in the `tools` of the request. */
  readonly listed: ReadonlyMap<number, ServerTool>;
  /** Those of the MCP servers. */
  readonly mcp: readonly ServerTool[];
  /** Ends every session. Never throws. */
  close(): Promise<void>;
}

export const NO_TOOLS: Toolbox = { listed: new Map(), mcp: [], close: async () => {} };

/** What an upstream runs by itself. */
export interface Natives {
  mcp: boolean;
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

/** `request` as a model is to see it: every tool that runs here is one that it can call. */
export function toOffer(request: MessageRequest, toolbox: Toolbox, natives: Natives): Offer {
  const here: ServerTool[] = [];
  const elsewhere = new Set<string>();
  const use = (tool: ServerTool, given?: Tool): CustomTool => {
    here.push(tool);
    return toCustomTool(tool, given);
  };
  const tools = (request.tools ?? []).map((given, at): Tool => {
    const tool = natives.knows(given) ? undefined : toolbox.listed.get(at);
    if (tool) return use(tool, given);
    const name = toolName(given);
    if (name !== undefined) elsewhere.add(name);
    return given;
  });
  const { mcp_servers, tool_context, ...rest } = request;
  if (!natives.mcp) tools.push(...toolbox.mcp.map((tool) => use(tool)));
  const asked = {
    ...rest,
    // What nothing here works on is the provider's to take or to leave, and to tell of.
    ...(toolbox.listed.size === 0 && tool_context && { tool_context }),
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
