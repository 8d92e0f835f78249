// Skills as a test makes them.

import { type Caller, send } from "./client.ts";

export interface SkillReply {
  id: string;
  latest_version: string | null;
  latest_version_id: string | null;
  [field: string]: unknown;
}

export interface SkillWish extends Caller {
  collection?: string;
  description?: string;
  body?: string;
  loading?: "eager" | "lazy";
  /** Lines of frontmatter besides. */
  more?: string;
  readonly?: boolean;
  files?: Record<string, string>;
}

export function skillMd(name: string, { description, body, more = "" }: SkillWish = {}): string {
  const head = `name: ${name}\ndescription: ${description ?? `What ${name} is for.`}\n${more}`;
  return `---\n${head.trimEnd()}\n---\n${body ?? `The body of ${name}.`}`;
}

/** A skill that is there. */
export async function createSkill(name: string, wish: SkillWish = {}): Promise<SkillReply> {
  return made(await postJson("/v1/skills", name, wish));
}

/** Another version of it. */
export async function addVersion(
  { id }: SkillReply,
  name: string,
  wish: SkillWish = {},
): Promise<{ id: string; version: string }> {
  return made(await postJson(`/v1/skills/${id}/versions`, name, wish));
}

function postJson(path: string, name: string, wish: SkillWish): Promise<Response> {
  const { collection, loading, readonly, key = "acme-key" } = wish;
  const more = Object.entries(wish.files ?? {}).map(([path, content]) => ({ path, content }));
  const files = [{ path: "SKILL.md", content: skillMd(name, wish) }, ...more];
  const body = JSON.stringify({ collection, loading, readonly, files });
  return send("POST", path, { key, headers: { "content-type": "application/json" }, body });
}

async function made<Reply>(response: Response): Promise<Reply> {
  if (response.status !== 200) throw new Error(await response.text());
  return response.json();
}
