// What the system prompt says of skills: those that can be loaded by name and description, those that
// are there in full. Pure.

import { mountPoint } from "./mounts.ts";
import type { Skill } from "./skill.ts";
import type { Standing } from "./visibility.ts";

/**
 * `load` is what loads skills; undefined where nothing does. `hasFiles`: there is a container that has
 * theirs. Undefined where there is nothing to say.
 */
export function toPrompt(
  standing: Standing,
  load: string | undefined,
  hasFiles: boolean,
): string | undefined {
  const { eager, loaded, available } = standing;
  const parts = [...eager, ...loaded].map((skill) => toSection(skill, hasFiles));
  if (load !== undefined && available.length > 0) parts.push(toCatalogue(available, load));
  return parts.length > 0 ? parts.join("\n\n") : undefined;
}

function toSection({ name, body }: Skill, hasFiles: boolean): string {
  const place = hasFiles ? ` directory="${mountPoint(name)}"` : "";
  return `<skill name="${name}"${place}>\n${body}\n</skill>`;
}

function toCatalogue(skills: readonly Skill[], load: string): string {
  const entries = skills.map(
    ({ name, description }) =>
      `<skill><name>${name}</name><description>${toXml(description)}</description></skill>`,
  );
  const advice =
    "Skills are instructions for a kind of task. Before a task that one of these describes, " +
    `load it with ${load}: its instructions are in this prompt from then on.`;
  return [advice, "<available_skills>", ...entries, "</available_skills>"].join("\n");
}

/** So that no description can end its own element. */
function toXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
