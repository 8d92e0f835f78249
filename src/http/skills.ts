// /v1/skills: a tenant's skills and their versions, in the shapes of PrivateGPT and of Anthropic.

import { type Context, Hono } from "hono";
import * as z from "zod";
import { ApiError } from "../protocol/errors.ts";
import { toIssue } from "../protocol/request.ts";
import { collection } from "../protocol/skill.ts";
import type { Folder, GivenFile, ReadFolder } from "../tools/skills/folder.ts";
import type { Made, Refusal } from "../tools/skills/object.ts";
import type { Page } from "../tools/skills/store.ts";
import type { SkillRow, VersionRow } from "../tools/skills/tables.ts";
import { invalid, limitBody } from "./body.ts";
import type { App } from "./context.ts";
import { only } from "./method.ts";
import { readSkillBody } from "./skill-body.ts";

const cursor = z.string().regex(/^\d{1,16}$/, "must be the next_page of a page before");

const query = z.object({
  collection,
  source: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(20),
  page: cursor.transform(Number).optional(),
});

export const skills = new Hono<App>();

skills
  .post("/", limitBody, async (c) => {
    const { wish, files } = await readSkillBody(c);
    const folder = await toFolder(files);
    const { display_title, ...rest } = wish;
    const named = {
      collection: rest.collection,
      source: rest.source,
      loading: rest.loading,
      readonly: rest.readonly,
      displayTitle: display_title ?? folder.text.name,
    };
    return c.json(toSkill(made(await store(c).create(named, folder))));
  })
  .get("/", async (c) => {
    const { collection, source, limit, page } = readQuery(c);
    const found = await store(c).list(collection, source, { limit, below: page });
    return c.json(toPage(found, toSkill, ({ seq }) => seq));
  })
  .all(only("GET", "POST"));

skills
  .post("/validate", limitBody, async (c) => {
    const { files } = await readSkillBody(c);
    const answer = await read(files);
    if (answer.ok) {
      const { name, description } = answer.folder.text;
      return c.json({ valid: true, name, description, errors: [] });
    }
    const errors = answer.faults.map(({ path, message }) => `${path.join(".")}: ${message}`);
    return c.json({ valid: false, name: null, description: null, errors });
  })
  .all(only("POST"));

skills
  .get("/:skillId", async (c) => {
    const skill = await store(c).find(idOf(c), readQuery(c).collection);
    return c.json(toSkill(admitted(c, skill)));
  })
  .delete(async (c) => {
    admitted(c, await store(c).remove(idOf(c), readQuery(c).collection));
    return c.json({ id: idOf(c), type: "skill_deleted" });
  })
  .all(only("GET", "DELETE"));

skills
  .post("/:skillId/versions", limitBody, async (c) => {
    const { wish, files } = await readSkillBody(c);
    const folder = await toFolder(files);
    const added = await store(c).addVersion(idOf(c), wish.collection, folder);
    return c.json(toVersion(made(admitted(c, added))));
  })
  .get(async (c) => {
    const { collection, limit, page } = readQuery(c);
    const found = await store(c).listVersions(idOf(c), collection, { limit, below: page });
    return c.json(toPage(admitted(c, found), toVersion, ({ version }) => version));
  })
  .all(only("GET", "POST"));

skills
  .get("/:skillId/versions/:version", async (c) => {
    const { collection } = readQuery(c);
    const found = await store(c).findVersion(idOf(c), collection, c.req.param("version"));
    return c.json(toVersion(admitted(c, found)));
  })
  .delete(async (c) => {
    const name = c.req.param("version");
    admitted(c, await store(c).removeVersion(idOf(c), readQuery(c).collection, name));
    return c.json({ id: name, type: "skill_version_deleted" });
  })
  .all(only("GET", "DELETE"));

function store(c: Context<App>) {
  return c.env.SKILLS.getByName(c.get("tenant"));
}

function idOf(c: Context<App>): string {
  return c.req.param("skillId") ?? "";
}

function readQuery(c: Context<App>): z.output<typeof query> {
  const parsed = query.safeParse(c.req.query(), { reportInput: true });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(toIssue);
  throw invalid(
    ...issues.map(({ loc, ...rest }) => ({ ...rest, loc: ["query", ...loc.slice(1)] })),
  );
}

/** What reads YAML is loaded when there is some. */
async function read(files: readonly GivenFile[]): Promise<ReadFolder> {
  const { readFolder } = await import("../tools/skills/folder.ts");
  return readFolder(files);
}

/** Throws `ApiError` (422) for files that are no skill. */
async function toFolder(files: readonly GivenFile[]): Promise<Folder> {
  const answer = await read(files);
  if (answer.ok) return answer.folder;
  const issues = answer.faults.map(({ path, message }) => ({
    loc: ["body", ...path],
    msg: message,
    type: "value_error",
  }));
  throw invalid(...issues);
}

/** Throws `ApiError` (422) where there was no room. */
function made<Row>(answer: Made<Row>): Row {
  if (answer.ok) return answer.row;
  throw invalid({ loc: ["body", "files"], msg: answer.fault, type: "quota_exceeded" });
}

/** What the store answered. Throws `ApiError` where it refused. */
function admitted<Answer>(c: Context<App>, answer: Answer | Refusal): Exclude<Answer, Refusal> {
  const skillId = idOf(c);
  if (answer === "readonly") throw new ApiError({ reason: "skill_readonly", skillId });
  if (answer === "unknown") throw new ApiError({ reason: "skill_not_found", skillId });
  if (answer === "unknown_version") {
    throw new ApiError({ reason: "skill_not_found", skillId, version: c.req.param("version") });
  }
  return answer as Exclude<Answer, Refusal>;
}

function toPage<Row>(
  { rows, hasMore }: Page<Row>,
  toItem: (row: Row) => object,
  toPlace: (row: Row) => number,
) {
  const last = rows.at(-1);
  const next_page = hasMore && last ? String(toPlace(last)) : null;
  return { data: rows.map(toItem), has_more: hasMore, next_page };
}

/** Of what newer and older SDKs call differently, both. */
function toSkill(row: SkillRow) {
  return {
    id: row.id,
    type: "skill",
    display_title: row.display_title,
    display_name: row.display_title,
    latest_version: row.latest === null ? null : String(row.latest),
    latest_version_id: row.latest_id,
    source: row.source,
    collection: row.collection,
    loading: row.loading,
    readonly: row.readonly === 1,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}

function toVersion({ id, skill_id, version, name, description }: VersionRow) {
  return {
    id,
    type: "skill_version",
    skill_id,
    version: String(version),
    name,
    description,
    directory: name,
    created_at: new Date(version / 1_000).toISOString(),
  };
}
