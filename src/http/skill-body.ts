// A skill as callers send it: a form with files, as PrivateGPT and the official SDKs do, or JSON.

import type { Context } from "hono";
import { decodeBase64 } from "../lib/base64.ts";
import type { Issue } from "../protocol/errors.ts";
import { toIssue } from "../protocol/request.ts";
import { MAX_GIVEN_FILES, skillBody } from "../protocol/skill.ts";
import type { GivenFile } from "../tools/skills/folder.ts";
import { invalid, readJson } from "./body.ts";
import type { App } from "./context.ts";

/** The names under which a form has files: PrivateGPT's clients, and the official SDKs'. */
const FILE_FIELDS = new Set(["files", "files[]", "file"]);

/** What was sent, and its files. Throws `ApiError` (422). */
export async function readSkillBody(c: Context<App>) {
  const isForm = /^(multipart\/form-data|application\/x-www-form-urlencoded)\s*(;|$)/i;
  const { body, uploaded } = isForm.test(c.req.header("content-type") ?? "")
    ? await readForm(c)
    : { body: await readJson(c), uploaded: [] };
  const parsed = skillBody.safeParse(body, { reportInput: true });
  if (!parsed.success) throw invalid(...parsed.error.issues.map(toIssue));
  const { files, skill_md, ...wish } = parsed.data;
  const given = files.map(({ path, content = "", content_base64 }, at): GivenFile => {
    const isText = content_base64 === undefined;
    const bytes = isText ? encode(content) : decodeBase64(content_base64);
    return { path, content: bytes, from: ["files", at] };
  });
  const all = [...given, ...uploaded];
  if (skill_md !== undefined) {
    all.push({ path: "SKILL.md", content: encode(skill_md), from: ["skill_md"] });
  }
  return { wish, files: all };
}

async function readForm(c: Context<App>) {
  const form = await c.req.raw.formData().catch(() => {
    throw invalid({ loc: ["body"], msg: "is not a form", type: "form_invalid" });
  });
  const body: Record<string, unknown> = {};
  const uploaded: GivenFile[] = [];
  const issues: Issue[] = [];
  for (const [name, value] of form as Iterable<[string, File | string]>) {
    if (!FILE_FIELDS.has(name)) {
      body[name] = value;
      continue;
    }
    if (uploaded.length >= MAX_GIVEN_FILES) {
      const msg = `more than ${MAX_GIVEN_FILES} files`;
      throw invalid({ loc: ["body", "files"], msg, type: "too_big" });
    }
    const from = ["files", uploaded.length];
    if (typeof value === "string") {
      issues.push({ loc: ["body", ...from], msg: "must be a file", type: "value_error" });
    }
    const content = new Uint8Array(await new Response(value).arrayBuffer());
    uploaded.push({ path: typeof value === "string" ? "" : value.name, content, from });
  }
  if (issues.length > 0) throw invalid(...issues);
  return { body, uploaded };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
