// What a request says of skills: where they are to come from, and which of its tools work with them.
// Pure.

import type { Fault } from "../../lib/zod-kinds.ts";
import type { Artifact } from "../../protocol/artifact.ts";
import type { MessageRequest } from "../../protocol/request.ts";
import { isBuiltInTool, SKILL_TOOLS, type Tool } from "../../protocol/tool.ts";
import { builtInName } from "../catalogue.ts";
import type { NamedSkill, SkillFilter } from "./skill.ts";
import type { SkillVerb } from "./visibility.ts";

export interface AskedSkills {
  filters: (SkillFilter & { path: Fault["path"] })[];
  /** Those of `container`, but for Anthropic's own. */
  named: (NamedSkill & { path: Fault["path"] })[];
}

export function askedSkills(request: MessageRequest): AskedSkills {
  const filters = contextsOf(request).flatMap(([artifacts, path]) =>
    artifacts.flatMap((artifact, at) => {
      if (artifact.type !== "skill") return [];
      const { collection, skill_or_version_ids: ids } = artifact.skill_filter;
      return [{ collection, ids, path: [...path, at, "skill_filter"] }];
    }),
  );
  return { filters, named: namedIn(request.container) };
}

/** A message has its skills once, for all their tools: where any has a context of its own, those count. */
function contextsOf({ tools = [], tool_context = [] }: MessageRequest) {
  const own = tools.flatMap((tool, at): [Artifact[], Fault["path"]][] => {
    const context = isBuiltInTool(tool) && isSkillTool(tool) ? tool.context : undefined;
    return context ? [[context, ["tools", at, "context"]]] : [];
  });
  const ofAll: [Artifact[], Fault["path"]] = [tool_context, ["tool_context"]];
  return own.length > 0 ? own : [ofAll];
}

function namedIn(container: MessageRequest["container"]): AskedSkills["named"] {
  if (container === undefined || typeof container === "string") return [];
  return (container.skills ?? []).flatMap(({ skill_id: skillId, type, version }, at) => {
    if (type === "anthropic") return [];
    const isLatest = version === undefined || version === "latest";
    const path = ["container", "skills", at];
    return [{ skillId, ...(!isLatest && { version }), path }];
  });
}

export function isSkillTool(tool: Tool): boolean {
  return verbOf(tool) !== undefined || builtInName(tool) === "skills";
}

/** What a tool does with skills; undefined for every other tool. */
export function verbOf(tool: Tool): SkillVerb | undefined {
  const name = builtInName(tool);
  if (name === "load_skill") return "load";
  if (name === "unload_skill") return "unload";
  return name === "list_skills" ? "list" : undefined;
}

/** `skills_v1` is the three of them. */
export function expandSkillTools(request: MessageRequest): MessageRequest {
  const { tools } = request;
  if (!tools?.some((tool) => builtInName(tool) === "skills")) return request;
  const expanded = tools.flatMap((tool): Tool[] => {
    if (builtInName(tool) !== "skills") return [tool];
    const { name: _, ...rest } = tool;
    return SKILL_TOOLS.map((name) => ({ ...rest, type: `${name}_v1` }));
  });
  return { ...request, tools: expanded };
}
