// The built-in tools there are, and what a request has to bring for each. Pure.

import type { Fault } from "../lib/zod-kinds.ts";
import type { Artifact } from "../protocol/artifact.ts";
import type { MessageRequest } from "../protocol/request.ts";
import {
  type BuiltInTool,
  DATED_CODE_EXECUTION,
  isBuiltInTool,
  isCustomTool,
  type Tool,
} from "../protocol/tool.ts";
import {
  CONTAINER_ID,
  CONTAINER_ID_RULE,
  CONTAINER_TOOLS,
  type ContainerToolName,
} from "./container/names.ts";
import { webFetchOptions } from "./web-fetch.ts";

export type BuiltInName =
  | ("semantic_search" | "tabular_analysis" | "database_query" | "web_fetch")
  | ("load_skill" | "unload_skill" | "list_skills" | "skills")
  | ContainerToolName;

const DOCUMENTS: Artifact["type"][] = ["text", "file", "uri"];

/** The artifacts of which each needs one at least; none where it needs nothing. */
const NEEDS: Record<BuiltInName, Artifact["type"][]> = {
  semantic_search: DOCUMENTS,
  tabular_analysis: DOCUMENTS,
  database_query: ["sql_database"],
  web_fetch: [],
  load_skill: ["skill"],
  unload_skill: ["skill"],
  list_skills: ["skill"],
  skills: ["skill"],
  bash: [],
  bash_code_execution: [],
  text_editor: [],
  text_editor_code_execution: [],
  view: [],
  create: [],
  str_replace: [],
  insert: [],
  code_execution: [],
};

const ALIASES: Record<string, BuiltInName> = { web_extract: "web_fetch" };

/** Which built-in tool `tool` is, by its type without the version or the date. */
export function builtInName(tool: Tool): BuiltInName | undefined {
  if (isCustomTool(tool)) return undefined;
  const type = String(tool.type);
  // Of the tools that vendors name by a date, these can be run by anybody.
  if (/^web_fetch_\d{8}$/.test(type)) return "web_fetch";
  if (DATED_CODE_EXECUTION.test(type)) return "code_execution";
  if (!isBuiltInTool(tool)) return undefined;
  const name = type.replace(/_v\d+$/, "");
  if (Object.hasOwn(NEEDS, name)) return name as BuiltInName;
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
}

/** What a tool works on: its own context wins, an empty one opts out. */
export function artifactsOf(tool: BuiltInTool, { tool_context }: MessageRequest): Artifact[] {
  return tool.context ?? tool_context ?? [];
}

/** What is wrong with the tools that are to run here. */
export function* toolFaults(request: MessageRequest): Generator<Fault> {
  const { tools = [], tool_context } = request;
  yield* containerFaults(request);
  yield* artifactFaults(tool_context, ["tool_context"]);
  for (const [index, tool] of tools.entries()) {
    if (builtInName(tool) === "web_fetch") yield* optionFaults(tool, ["tools", index]);
    if (!isBuiltInTool(tool)) continue;
    yield* artifactFaults(tool.context, ["tools", index, "context"]);
    yield* needFaults(tool, artifactsOf(tool, request), ["tools", index]);
  }
}

function* needFaults(
  tool: BuiltInTool,
  artifacts: Artifact[],
  path: Fault["path"],
): Generator<Fault> {
  const name = builtInName(tool);
  if (name === undefined) {
    const known = Object.keys(NEEDS).map((one) => `${one}_v1`);
    const message = `there is no such built-in tool; there are ${known.join(", ")}`;
    yield { path: [...path, "type"], message };
    return;
  }
  const needed = NEEDS[name];
  if (needed.length === 0 || artifacts.some(({ type }) => needed.includes(type))) return;
  const message = `${name} needs an artifact in tool_context: ${needed.join(", ")}`;
  yield { path: [...path, "context"], message };
}

function* optionFaults(tool: Tool, path: Fault["path"]): Generator<Fault> {
  const { error } = webFetchOptions.safeParse(tool);
  for (const { path: at, message } of error?.issues ?? []) {
    yield { path: [...path, ...at.map((step) => (typeof step === "symbol" ? "" : step))], message };
  }
}

function* artifactFaults(artifacts: Artifact[] = [], path: Fault["path"]): Generator<Fault> {
  for (const [index, { type }] of artifacts.entries()) {
    if (type !== "ingested_artifact") continue;
    const message = "nothing is ingested here: send the document as text, file or uri";
    yield { path: [...path, index], message };
  }
}

/** Whether `tool` works in a container. */
export function isContainerTool(tool: Tool): boolean {
  const name: string | undefined = builtInName(tool);
  return CONTAINER_TOOLS.some((one) => one === name);
}

/** The container that a request names. */
export function containerId({ container }: MessageRequest): string | undefined {
  return typeof container === "object" ? container.id : container;
}

/** A container of ours has a name that can be in a path. */
function* containerFaults(request: MessageRequest): Generator<Fault> {
  const id = containerId(request);
  if (id === undefined || CONTAINER_ID.test(id) || !request.tools?.some(isContainerTool)) return;
  yield {
    path: typeof request.container === "object" ? ["container", "id"] : ["container"],
    message: CONTAINER_ID_RULE,
  };
}

/** Whether any tool of a request runs here. */
export function runsHere({ tools = [], mcp_servers = [] }: MessageRequest): boolean {
  const isAsked = ({ tool_configuration }: (typeof mcp_servers)[number]) =>
    tool_configuration?.enabled !== false;
  return tools.some((tool) => builtInName(tool) !== undefined) || mcp_servers.some(isAsked);
}
