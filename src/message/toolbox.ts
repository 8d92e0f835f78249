// The tools of one message that run on our side, made of its request, of what its MCP servers listed
// when it was started, and of what the object has.

import { type Env, settingsOf } from "../env.ts";
import type { Issue } from "../protocol/errors.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { isBuiltInTool, type Tool, toolName, toolNames } from "../protocol/tool.ts";
import { isServerCall } from "../protocol/turns.ts";
import { findRoutes } from "../providers/route.ts";
import { artifactsOf, builtInName, isContainerTool } from "../tools/catalogue.ts";
import { databaseQuery } from "../tools/database/database.ts";
import { listMcpTools, McpSessions } from "../tools/mcp/mcp.ts";
import { createOutbound } from "../tools/outbound.ts";
import { semanticSearch } from "../tools/search/search.ts";
import { expandSkillTools } from "../tools/skills/asked.ts";
import { tabularAnalysis } from "../tools/tables/tabular.ts";
import type { ServerTool } from "../tools/tool.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { webFetch } from "../tools/web-fetch.ts";
import { openContainer } from "./container.ts";
import { objectOf } from "./jurisdiction.ts";
import type { Findings } from "./record.ts";
import { asksForSkills, findSkills } from "./skills.ts";
import { nativesOf } from "./turn-request.ts";
import { judgeOf, type Workshop } from "./workshop.ts";

/** For a page or a document: more than a model could read, and several at once fit into memory. */
const FETCH_LIMITS = { maxBytes: 4 * 1024 ** 2, timeoutMs: 30_000 };

/** Of one statement: what a model can read, and wait for. */
const DATABASE_LIMITS = { maxRows: 500, timeoutSeconds: 20 };

export type Prepared =
  | ({ ok: true; sessions?: McpSessions } & Findings)
  | { ok: false; issues: Issue[] };

/**
 * What the MCP servers of a request offer and which skills it names, asked once, before the message
 * is started: a server that cannot be reached, and a skill that is not there, are faults of the
 * request.
 */
export async function prepareTools(
  given: MessageRequest,
  env: Env,
  tenant: string,
): Promise<Prepared> {
  const request = expandSkillTools(given);
  const found = await findSkills(request, env, tenant);
  if (!found.ok) return found;
  const { skills } = found;
  if (!needsListing(request, env)) return { ok: true, listings: [], skills };
  const { mcp_servers = [] } = request;
  const listed = await listMcpTools(mcp_servers, { judge: judgeOf(env, "mcp_server") });
  if (!listed.ok) return listed;
  const issue = choiceIssue(request, listed.sessions.tools(takenNames(request)));
  if (!issue) return { ...listed, skills };
  await listed.sessions.close();
  return { ok: false, issues: [issue] };
}

/** Whether anything has to be asked before a message can start. */
export function needsPreparing(request: MessageRequest, env: Env): boolean {
  return needsListing(request, env) || asksForSkills(request, env);
}

/** Not where every upstream of the model talks to MCP servers itself. */
function needsListing({ model, mcp_servers = [] }: MessageRequest, env: Env): boolean {
  const routes = findRoutes(settingsOf(env).MODELS, model) ?? [];
  return mcp_servers.length > 0 && !routes.every((route) => nativesOf(route).mcp);
}

export async function openToolbox(
  request: MessageRequest,
  { listings, skills }: Findings,
  workshop: Workshop,
  given?: McpSessions,
): Promise<Toolbox> {
  const { env } = workshop;
  const { mcp_servers = [], tools = [] } = request;
  const sessions = given ?? McpSessions.resume(mcp_servers, listings, judgeOf(env, "mcp_server"));
  const tables = new Tables(workshop);
  const container = await openContainer(request, skills, workshop);
  const listed = tools.flatMap((tool, index): [number, ServerTool[]][] => {
    if (container && isContainerTool(tool)) return [[index, container.tools(tool)]];
    const made = create(tool, request, workshop, tables);
    return made ? [[index, [made]]] : [];
  });
  return {
    listed: new Map(listed),
    mcp: sessions.tools(takenNames(request)),
    skills,
    container: container?.container,
    async close() {
      await Promise.all([sessions.close(), tables.erase()]);
    },
  };
}

/** The objects in which a model's SQL over documents runs: one for each tool that has been used. */
class Tables {
  readonly #workshop: Workshop;
  readonly #opened = new Set<string>();

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
  }

  open(tool: string) {
    const { env, opening } = this.#workshop;
    this.#opened.add(tool);
    return objectOf(env.TABLES, env, opening.tenant, `${opening.messageId}/${tool}`);
  }

  /** Never throws: what is left erases itself later. */
  async erase(): Promise<void> {
    const erasing = [...this.#opened].map((tool) => this.open(tool).erase());
    await Promise.allSettled(erasing);
  }
}

/** The tool that runs here in place of `tool`; undefined where none does. */
function create(
  tool: Tool,
  request: MessageRequest,
  { env, sql, content }: Workshop,
  tables: Tables,
): ServerTool | undefined {
  const outbound = createOutbound({ judge: judgeOf(env, "uri"), ...FETCH_LIMITS });
  const name = builtInName(tool);
  if (name === "web_fetch") {
    const called = content().filter(
      ({ type, name }) => isServerCall({ type }) && name === toolName(tool),
    );
    return webFetch(tool, outbound, called.length);
  }
  if (!isBuiltInTool(tool)) return undefined;
  const artifacts = artifactsOf(tool, request);
  switch (name) {
    case "semantic_search":
      return semanticSearch(tool, artifacts, { sql, outbound });
    case "database_query":
      return databaseQuery(tool, artifacts, {
        judge: judgeOf(env, "database"),
        ...DATABASE_LIMITS,
      });
    case "tabular_analysis": {
      const open = () => tables.open(toolName(tool) ?? name);
      return tabularAnalysis(tool, artifacts, { outbound, open, maxRows: DATABASE_LIMITS.maxRows });
    }
    default:
      return undefined;
  }
}

function takenNames({ tools = [] }: MessageRequest): Set<string> {
  return new Set(tools.flatMap(toolNames).filter((name) => name !== undefined));
}

/** A forced choice has to name a tool that there is. */
function choiceIssue(
  { tool_choice, tools = [] }: MessageRequest,
  mcp: readonly ServerTool[],
): Issue | undefined {
  if (tool_choice?.type !== "tool" || tool_choice.name === undefined) return undefined;
  const names = [...tools.flatMap(toolNames), ...mcp.map(({ name }) => name)];
  // A vendor's set of tools has names of its own.
  const isOpen = tools.some((tool) => !isBuiltInTool(tool) && toolName(tool) === undefined);
  if (isOpen || names.includes(tool_choice.name)) return undefined;
  const told = mcp.slice(0, 32).map(({ name }) => name);
  const msg = `no tool has this name; the MCP servers have ${told.join(", ") || "none"}`;
  return { loc: ["body", "tool_choice", "name"], msg, type: "value_error" };
}
