// What the skills of a message come to in one turn: the tools that it offers for them, those that it
// does not offer yet, what the prompt says. Told by the conversation so far. Pure.

import type { ContentBlock } from "../../protocol/event.ts";
import type { MessageRequest } from "../../protocol/request.ts";
import { type Tool, toolName, toolNames } from "../../protocol/tool.ts";
import type { ServerTool } from "../tool.ts";
import { verbOf } from "./asked.ts";
import { DEFAULT_MAXIMUM, loadedSkills } from "./loaded.ts";
import { toPrompt } from "./prompt.ts";
import type { Skill } from "./skill.ts";
import { skillTool } from "./tools.ts";
import { isAllowed, isVerbOffered, type Standing, standingOf } from "./visibility.ts";

const OWN_NAMES = new Map<string, "load" | "unload">([
  ["load_skill", "load"],
  ["unload_skill", "unload"],
]);

export interface SkillTurn {
  /** Those that run here, by their place in the `tools` of the request. */
  tools: ReadonlyMap<number, ServerTool>;
  /** Places in the `tools` of the request that are not offered in this turn. */
  hidden: ReadonlySet<number>;
  prompt: string | undefined;
}

/** `hasFiles`: a tool of the request works in a container that has those of the skills. */
export function toSkillTurn(
  request: MessageRequest,
  skills: readonly Skill[],
  said: Iterable<ContentBlock>,
  hasFiles: boolean,
): SkillTurn {
  const given = request.tools ?? [];
  const standing = standingIn(request, skills, said);
  const tools = new Map<number, ServerTool>();
  const hidden = new Set<number>();
  let load: string | undefined;
  for (const [at, tool] of given.entries()) {
    const verb = verbOf(tool);
    const name = toolName(tool) ?? "";
    if (verb ? !isVerbOffered(verb, standing) : isDeferred(tool, standing)) {
      hidden.add(at);
    } else if (verb) {
      const { instructions } = tool as { instructions?: string };
      tools.set(at, skillTool(verb, { name, instructions }, standing));
      if (verb === "load") load = name;
    }
  }
  return { tools, hidden, prompt: toPrompt(standing, load, hasFiles) };
}

/** One that stands for several comes whole, with a skill that allows any of them. */
function isDeferred(tool: Tool, standing: Standing): boolean {
  const isThere = (name = "") => isAllowed(name, standing);
  return tool.defer_loading === true && !toolNames(tool).some(isThere);
}

/** Which skills are loaded after what was said. */
export function standingIn(
  { tools = [], maximum_loaded_skills: maximum = DEFAULT_MAXIMUM }: MessageRequest,
  skills: readonly Skill[],
  said: Iterable<ContentBlock>,
): Standing {
  // Under the names of this request, as which a caller may have rewritten calls as its own; and under
  // their own names, which earlier requests may have used, as a caller may for tools of its own.
  const verbs = new Map<string, "load" | "unload">();
  for (const tool of tools) {
    const verb = verbOf(tool);
    const name = toolName(tool);
    if (name !== undefined && (verb === "load" || verb === "unload")) verbs.set(name, verb);
  }
  const lazy = new Set(skills.flatMap(({ loading, name }) => (loading === "lazy" ? [name] : [])));
  const reading = {
    verbOf: (tool: string, isOurs: boolean) =>
      verbs.get(tool) ?? (isOurs ? OWN_NAMES.get(tool) : undefined),
    isLoadable: (skill: string) => lazy.has(skill),
    maximum,
  };
  return standingOf(skills, loadedSkills(said, reading));
}

/** What an upstream is to see of `container`: the skills that are in the prompt are none of its own. */
export function withoutSkills(
  container: MessageRequest["container"],
  skills: readonly Skill[],
): MessageRequest["container"] | undefined {
  if (container === undefined || typeof container === "string") return container;
  const { skills: named = [], ...rest } = container;
  const isHere = (id: string) =>
    skills.some(({ via, skillId }) => via === "container" && skillId === id);
  const left = named.filter(({ skill_id }) => !isHere(skill_id));
  const kept = { ...rest, ...(left.length > 0 && { skills: left }) };
  return Object.keys(kept).length > 0 ? kept : undefined;
}
