// The skills of a message, found once when it is started and kept with it.

import { type Env, settingsOf } from "../env.ts";
import { MAX_FAULTS } from "../lib/zod-kinds.ts";
import type { Issue } from "../protocol/errors.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { findRoutes } from "../providers/route.ts";
import { type AskedSkills, askedSkills } from "../tools/skills/asked.ts";
import { MAX_TEXT_LENGTH, type Skill } from "../tools/skills/skill.ts";
import { nativesOf } from "./turn-request.ts";

export type FoundSkills = { ok: true; skills?: Skill[] } | { ok: false; issues: Issue[] };

/** Whether a request has to do with skills of ours. */
export function asksForSkills(request: MessageRequest, env: Env): boolean {
  const { filters, named } = wantedOf(request, env);
  return filters.length > 0 || named.length > 0;
}

/** What it names that is not there is a fault of the request. */
export async function findSkills(
  request: MessageRequest,
  env: Env,
  tenant: string,
): Promise<FoundSkills> {
  const wanted = wantedOf(request, env);
  if (wanted.filters.length === 0 && wanted.named.length === 0) return { ok: true };
  const found = await env.SKILLS.getByName(tenant).resolve({
    filters: wanted.filters.map(({ collection, ids }) => ({ collection, ids })),
    named: wanted.named.map(({ skillId, version }) => ({ skillId, version })),
  });
  const issues: Issue[] = [];
  const refuse = (path: (string | number)[], msg: string) => {
    if (issues.length >= MAX_FAULTS) return;
    issues.push({ loc: ["body", ...path], msg, type: "value_error" });
  };
  for (const [at, { path, collection }] of wanted.filters.entries()) {
    for (const id of found.unknown[at] ?? []) {
      const msg = `there is no such skill or version in the collection ${collection}`;
      refuse([...path, "skill_or_version_ids", id], msg);
    }
  }
  for (const [at, { path }] of wanted.named.entries()) {
    if (found.isMissing[at]) refuse([...path, "skill_id"], "there is no such skill or version");
  }
  const { skills } = found;
  if (!skills) {
    const msg = `more than ${MAX_TEXT_LENGTH} characters of skills; name those that are needed`;
    refuse(wanted.filters[0]?.path ?? ["container", "skills"], msg);
  }
  return skills && issues.length === 0 ? { ok: true, skills } : { ok: false, issues };
}

/** Where an upstream may run the container itself, its skills are its own. */
function wantedOf(request: MessageRequest, env: Env): AskedSkills {
  const { filters, named } = askedSkills(request);
  const routes = findRoutes(settingsOf(env).MODELS, request.model) ?? [];
  const isNative = routes.some((route) => nativesOf(route).containers);
  return { filters, named: isNative ? [] : named };
}
