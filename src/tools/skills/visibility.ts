// Which tools a turn offers, by what is loaded: those that would lead nowhere are not there. Pure.

import type { Skill } from "./skill.ts";

export type SkillVerb = "load" | "unload" | "list";

/** The skills of a turn, by where they stand. */
export interface Standing {
  /** Always there. */
  eager: readonly Skill[];
  /** Loaded by the model, the oldest first. */
  loaded: readonly Skill[];
  /** Yet to be loaded. */
  available: readonly Skill[];
}

export function standingOf(skills: readonly Skill[], loaded: readonly string[]): Standing {
  const lazy = skills.filter(({ loading }) => loading === "lazy");
  return {
    eager: skills.filter(({ loading }) => loading === "eager"),
    loaded: loaded.flatMap((name) => lazy.find((skill) => skill.name === name) ?? []),
    available: lazy.filter(({ name }) => !loaded.includes(name)),
  };
}

export function isVerbOffered(verb: SkillVerb, { available, loaded }: Standing): boolean {
  return verb === "unload" ? loaded.length > 0 : available.length > 0;
}

/** Whether a tool with `defer_loading` is there: once there is a skill that allows it, or names none. */
export function isAllowed(tool: string, { eager, loaded }: Standing): boolean {
  return [...eager, ...loaded].some(({ allowedTools }) => allowedTools?.includes(tool) ?? true);
}
