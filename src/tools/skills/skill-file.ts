// SKILL.md: what its frontmatter may say, and the body below it. Pure.
// https://agentskills.io/specification

import { parse } from "yaml";
import * as z from "zod";
import { type Fault, fields, isRecord } from "../../lib/zod-kinds.ts";
import { toIssue } from "../../protocol/request.ts";

/** What a SKILL.md says. */
export interface SkillText {
  name: string;
  description: string;
  license?: string | undefined;
  compatibility?: string | undefined;
  metadata?: Record<string, string> | undefined;
  /** Names of tools. Absent: the skill says nothing about tools. */
  allowedTools?: string[] | undefined;
  body: string;
}

export type ParsedSkillFile = { ok: true; text: SkillText } | { ok: false; faults: Fault[] };

/** In UTF-16 units. Its longest fields have some two thousand together; YAML is parsed by recursion. */
const MAX_FRONTMATTER_LENGTH = 16 * 1024;

const FRONTMATTER = /^---[^\S\n]*\n(.*?)\n---[^\S\n]*(?:\n|$)/s;

const scalar = z.union(
  [z.string(), z.number(), z.boolean()],
  "must be text, a number or a boolean",
);

const frontmatter = fields(
  {
    name: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "must be lower-case letters, digits and single hyphens"),
    description: z.string().trim().min(1).max(1_024),
    license: z.string().optional(),
    compatibility: z.string().min(1).max(500).optional(),
    metadata: z.record(z.string().trim().min(1), scalar.transform(String)).optional(),
    "allowed-tools": z
      .union([z.string(), z.array(scalar)], "must be names of tools: text, or a list")
      .transform(toNames)
      .optional(),
  },
  { allowed_tools: "allowed-tools" },
);

/** The paths of faults begin at the frontmatter's own fields. */
export function parseSkillFile(markdown: string): ParsedSkillFile {
  const text = markdown.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const [head, yaml = ""] = FRONTMATTER.exec(text) ?? [];
  if (head === undefined) return refuse("must start with YAML frontmatter between two lines ---");
  if (yaml.length > MAX_FRONTMATTER_LENGTH) {
    return refuse(`has frontmatter of more than ${MAX_FRONTMATTER_LENGTH} characters`);
  }
  const said = parseYaml(yaml);
  if (!isRecord(said)) return refuse("has frontmatter that is not a YAML mapping");
  const parsed = frontmatter.safeParse(said, { reportInput: true });
  if (!parsed.success) return { ok: false, faults: parsed.error.issues.map(toFault) };
  const { name, description, license, compatibility, metadata } = parsed.data;
  const allowedTools = parsed.data["allowed-tools"];
  const body = text.slice(head.length).trim();
  const more = { license, compatibility, metadata, allowedTools };
  return { ok: true, text: { name, description, ...more, body } };
}

function refuse(message: string): ParsedSkillFile {
  return { ok: false, faults: [{ path: [], message }] };
}

function toFault(issue: z.core.$ZodIssue): Fault {
  const { loc, msg } = toIssue(issue);
  return { path: loc.slice(1), message: msg };
}

/** Undefined where it is not YAML, or more than can be one. */
function parseYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: "error" });
  } catch {
    return undefined;
  }
}

/** `Read, Bash(git:*)` and the like: what stands in brackets limits a use, not which tool it is. */
function toNames(given: string | (string | number | boolean)[]): string[] | undefined {
  const text = Array.isArray(given) ? given.join(" ") : given;
  const names = text.replace(/\([^)]*\)/g, " ").split(/[\s,]+/);
  const told = names.filter((name) => name !== "");
  return told.length > 0 ? told : undefined;
}
