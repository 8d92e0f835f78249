// Skills as a test makes them, and what an upstream sees of them.

import { expect } from "vitest";
import { type Caller, send, start } from "./client.ts";
import { type Playing, prepare } from "./play.ts";
import type { Answer, Step } from "./script.ts";

export type Fields = Record<string, unknown>;
export type Scripts = [Answer | Step[], ...(Answer | Step[])[]];

export const SKILLS = [
  { type: "load_skill_v1" },
  { type: "unload_skill_v1" },
  { type: "list_skills_v1" },
];

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

/** A collection of its own with these skills, and the artifact that names it. */
export async function shelve(skills: Record<string, SkillWish>) {
  const collection = crypto.randomUUID();
  const made: Record<string, SkillReply> = {};
  for (const [name, wish] of Object.entries(skills)) {
    made[name] = await createSkill(name, { collection, ...wish });
  }
  const artifact = (...ids: (string | null | undefined)[]) => ({
    type: "skill",
    skill_filter: { collection, ...(ids.length > 0 && { skill_or_version_ids: ids }) },
  });
  return { collection, made, artifact };
}

/** A message with these fields besides, after what was said `before`. */
export async function begin(
  fields: Fields,
  scripts: Scripts,
  before: Fields[] = [],
): Promise<Playing> {
  const playing = prepare(...scripts);
  const messages = [...before, ...playing.body.messages];
  const { code, body } = await start({ ...playing.body, ...fields, messages }, { id: playing.id });
  expect([code, body.detail]).toEqual([200, undefined]);
  return playing;
}

/** What the upstream was asked first. */
export async function askedFirst({ requested }: Playing): Promise<Fields> {
  const [request] = (await requested(1)).requests;
  return request?.body as Fields;
}

/** What the upstream saw in each turn: the tools, the skills in its prompt, those that it could load. */
export async function turnsOf({ requested }: Playing, turns: number) {
  const { requests } = await requested(turns);
  return requests.map(({ body }) => {
    const { tools = [], system = [] } = body as {
      tools?: { name: string }[];
      system?: { text: string }[];
    };
    const prompt = system.map(({ text }) => text).join("\n");
    const find = (pattern: RegExp) => Array.from(prompt.matchAll(pattern), ([, name]) => name);
    return [
      tools.map(({ name }) => name).join(" "),
      find(/<skill name="([^"]+)"/g).join(" "),
      find(/<name>([^<]+)<\/name>/g).join(" "),
    ];
  });
}

/** Earlier turns as a caller sends them back: `+a` has loaded, `-a` unloaded. */
export function history(steps: string): Fields[] {
  const content = steps.split(" ").flatMap((step, at) => {
    const name = step.slice(1);
    const isLoad = step[0] === "+";
    const told = { name, [isLoad ? "loaded" : "unloaded"]: true };
    const tool = isLoad ? "load_skill" : "unload_skill";
    return [
      { type: "server_tool_use", id: `t${at}`, name: tool, input: { name } },
      {
        type: "server_tool_result",
        tool_use_id: `t${at}`,
        content: [{ type: "text", text: JSON.stringify(told) }],
      },
    ];
  });
  return [
    { role: "user", content: "Before." },
    { role: "assistant", content },
  ];
}
