// The three tools with which a model finds, loads and unloads skills. What they answer is what later
// turns read: nothing else remembers what is loaded.

import type { Outcome, ServerTool } from "../tool.ts";
import { said } from "../tool.ts";
import type { SkillVerb, Standing } from "./visibility.ts";

const MAX_PAGE_SIZE = 100;

const DESCRIPTIONS: Record<SkillVerb, string> = {
  load: "Loads one of the available skills, by its name, for this conversation.",
  unload: "Unloads one of the loaded skills, by its name.",
  list:
    "Lists the skills that can be loaded, a page at a time: name and description of each. " +
    "Those that are loaded are not in it.",
};

const NAME_SCHEMA = {
  type: "object",
  properties: { name: { type: "string", description: "The name of the skill." } },
  required: ["name"],
};

const PAGE_SCHEMA = {
  type: "object",
  properties: {
    page: { type: "integer", minimum: 0, default: 0 },
    page_size: { type: "integer", minimum: 1, maximum: MAX_PAGE_SIZE, default: 20 },
  },
};

export interface Naming {
  name: string;
  instructions?: string | undefined;
}

export function skillTool(verb: SkillVerb, naming: Naming, standing: Standing): ServerTool {
  const { name, instructions } = naming;
  const run = { load, unload, list }[verb];
  return {
    name,
    description: DESCRIPTIONS[verb],
    inputSchema: verb === "list" ? PAGE_SCHEMA : NAME_SCHEMA,
    ...(instructions && { instructions }),
    origin: { type: "built_in", result: "server_tool_result" },
    run: async (input) => run(input, standing),
  };
}

function load({ name }: Record<string, unknown>, { eager, loaded, available }: Standing): Outcome {
  const skill = [...eager, ...loaded, ...available].find((one) => one.name === name);
  if (!skill) return unknown(name);
  const { skillId: skill_id, version } = skill;
  return tell({ name, skill_id, version, loaded: true });
}

function unload(
  { name }: Record<string, unknown>,
  { eager, loaded, available }: Standing,
): Outcome {
  if (eager.some((one) => one.name === name))
    return refuse(`The skill ${name} is there all along.`);
  // Another call of this turn may have loaded it.
  const isKnown = [...loaded, ...available].some((one) => one.name === name);
  return isKnown ? tell({ name, unloaded: true }) : unknown(name);
}

function list(input: Record<string, unknown>, { available }: Standing): Outcome {
  const { page = 0, page_size = 20 } = input as { page?: number; page_size?: number };
  const start = page * page_size;
  const skills = available
    .slice(start, start + page_size)
    .map(({ name, description, skillId: skill_id, version }) => ({
      name,
      description,
      skill_id,
      version,
    }));
  const total = available.length;
  return tell({ skills, page, page_size, total, has_more: start + page_size < total });
}

function unknown(name: unknown): Outcome {
  return refuse(`There is no skill ${name}.`);
}

function refuse(error: string): Outcome {
  return { ...tell({ error }), isError: true };
}

function tell(value: unknown): Outcome {
  return said(JSON.stringify(value));
}
