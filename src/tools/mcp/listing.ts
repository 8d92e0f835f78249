// What MCP servers offer, as it is kept with a request, and how much of it is taken. Pure.

import * as z from "zod";
import { exceedsDepth } from "../../lib/json-depth.ts";
import { MAX_NAME_LENGTH } from "../../protocol/content.ts";
import { MAX_DEPTH } from "../../protocol/request.ts";
import { MAX_TOOLS, type mcpServers } from "../../protocol/tool.ts";
import { McpFailure } from "./fault.ts";
import { withoutToken } from "./outcome.ts";

export type McpServer = z.output<typeof mcpServers>[number];

/** What one server offers. Plain JSON. */
export interface Listing {
  /** What the server is called. */
  server: string;
  /** Its place in the `mcp_servers` of the request, where its address and its token are. */
  index: number;
  tools: ListedTool[];
}

export interface ListedTool {
  /** What the server calls it. */
  name: string;
  description: string;
  inputSchema: Record<string, unknown>;
}

/** What a server answers to `tools/list`: only what is read, since one that is odd elsewhere works. */
export const toolsPage = z.object({
  tools: z.array(
    z.object({
      name: z.string().min(1).max(MAX_NAME_LENGTH),
      title: z.string().nullish(),
      description: z.string().nullish(),
      inputSchema: z.record(z.string(), z.unknown()).nullish(),
      execution: z.object({ taskSupport: z.string().nullish() }).nullish(),
    }),
  ),
  nextCursor: z.string().nullish(),
});
export type OfferedTool = z.output<typeof toolsPage>["tools"][number];

/** A list that goes on for so many pages has no end. */
const MAX_PAGES = 100;

/** Of one tool, as JSON. The longest that are known have a tenth of it. In UTF-16 units. */
const MAX_TOOL_LENGTH = 256 * 1024;

/** Of all tools of a message, as JSON: it is stored, and sent upstream with every turn. */
const MAX_LENGTH = 4 * 1024 ** 2;

/** How much the servers of one message may offer, all together. */
export class Allowance {
  #tools = MAX_TOOLS;
  #length = MAX_LENGTH;

  /** The tools on the pages of one server that a model may call. Throws `McpFailure`. */
  async take(pages: AsyncIterable<OfferedTool[]>, server: McpServer): Promise<ListedTool[]> {
    const allowed = server.tool_configuration?.allowed_tools;
    const tools = new Map<string, ListedTool>();
    let count = 0;
    for await (const page of pages) {
      count += 1;
      if (count > MAX_PAGES) refuse(`has a list of tools of more than ${MAX_PAGES} pages`);
      for (const tool of page) {
        const isWanted = allowed?.includes(tool.name) ?? true;
        if (!isWanted || !isCallable(tool) || tools.has(tool.name)) continue;
        tools.set(tool.name, this.#admit(toListed(tool, server)));
      }
    }
    return [...tools.values()];
  }

  #admit(tool: ListedTool): ListedTool {
    const isDeep = exceedsDepth(tool.inputSchema, MAX_DEPTH) !== undefined;
    const length = isDeep ? Number.POSITIVE_INFINITY : JSON.stringify(tool).length;
    if (length > MAX_TOOL_LENGTH) {
      refuse(`has a tool ${tool.name} whose description is too large; ${ADVICE}`);
    }
    this.#tools -= 1;
    this.#length -= length;
    if (this.#tools < 0) refuse(`offers more than the ${MAX_TOOLS} tools of a message; ${ADVICE}`);
    if (this.#length < 0) refuse(`offers tools whose descriptions are too large; ${ADVICE}`);
    return tool;
  }
}

const ADVICE = "tool_configuration.allowed_tools can name those that are needed";

function refuse(sentence: string): never {
  throw new McpFailure({ reason: "list_refused", sentence });
}

/** One that runs only as a task cannot be called by those who want the result in the answer. */
function isCallable({ execution }: OfferedTool): boolean {
  return execution?.taskSupport !== "required";
}

function toListed(offered: OfferedTool, { authorization_token }: McpServer): ListedTool {
  const { name, title, description, inputSchema } = offered;
  const said = description ?? title ?? "";
  return {
    name,
    description: withoutToken(said, authorization_token).toWellFormed(),
    inputSchema: { ...inputSchema, type: "object" }, // upstreams take no other, and there is no other input
  };
}
