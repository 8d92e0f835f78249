// The bindings, secrets and settings that a deployment gives, named and parsed once.
// wrangler.toml says what each is for.

import * as z from "zod";
import { isHostRule } from "./lib/address.ts";
import type { MessageObject } from "./message/object.ts";
import { ApiError, type Problem } from "./protocol/errors.ts";
import { models } from "./providers/route.ts";
import type { ContainerObject } from "./tools/container/object.ts";
import type { SkillsObject } from "./tools/skills/object.ts";
import type { TablesObject } from "./tools/tables/object.ts";
import { parseSecrets } from "./webhooks/signature.ts";

export interface Env {
  MESSAGES: DurableObjectNamespace<MessageObject>;
  TABLES: DurableObjectNamespace<TablesObject>;
  SKILLS: DurableObjectNamespace<SkillsObject>;
  CONTAINERS: DurableObjectNamespace<ContainerObject>;
  STARTS?: RateLimit;
  AI?: Ai;
  /** Settings and secrets, under the names in `settings` and in the `key` of routes. */
  [name: string]: unknown;
}

/** A number, or text that is one: what `--var` and the dashboard give is always text. */
function numeric(schema: z.ZodNumber) {
  return z.preprocess(
    (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
    schema,
  );
}

/** An object, or its JSON text. */
function json<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value, context) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: "custom", message: "not JSON", input: value });
      return z.NEVER;
    }
  }, schema);
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 digest is 64 lower-case hex digits");

/** Cannot contain the slash that separates it from the message id in an object's name. */
const tenant = z.string().regex(/^[\w.-]{1,64}$/, "a tenant is 1 to 64 of A-Z a-z 0-9 _ . -");

/** Entries with commas between them. */
const entries = z
  .string()
  .default("")
  .transform((list) => list.split(",").flatMap((entry) => entry.trim() || []));

/** https://developers.cloudflare.com/durable-objects/reference/data-location/ */
const jurisdiction = z.enum(["eu", "us", "fedramp", "fedramp-high"]);

const hostRule = z
  .string()
  .refine(isHostRule, "a host is one like localhost, 10.0.0.1:8080, [::1] or *.example.com");

/** With spaces between them: while one takes the place of another, both sign. */
const webhookSecrets = z.string().transform((text, context) => {
  const secrets = parseSecrets(text);
  if (secrets) return secrets;
  const message = "a secret is whsec_ and 24 to 64 bytes in base64";
  context.addIssue({ code: "custom", message, input: text });
  return z.NEVER;
});

const settings = z.object({
  MODELS: json(models),
  API_KEYS: json(
    z.record(tenant, z.union([sha256.transform((one) => [one]), z.array(sha256)])),
  ).default({}),
  WEBHOOK_SECRET: webhookSecrets.default([]),
  /** Signs tokens. Shorter ones could be found by trying. */
  TOKEN_SECRET: z.string().min(32, "a secret is at least 32 characters").optional(),
  /** Set by the local development command alone: calls need no key where none is configured. */
  LOCAL_ACCESS: z.enum(["open", "closed"]).default("closed"),
  RETENTION_SECONDS: numeric(z.number().int().positive()).default(86_400),
  MAX_RETENTION_SECONDS: numeric(z.number().int().positive()).default(604_800),
  FLUSH_INTERVAL_MS: numeric(z.number().min(0).max(1_000)).default(20),
  UNWATCHED_FLUSH_INTERVAL_MS: numeric(z.number().min(0).max(60_000)).default(2_500),
  STALL_TIMEOUT_SECONDS: numeric(z.number().positive()).default(120),
  RUN_DEADLINE_SECONDS: numeric(z.number().positive()).default(3_600),
  MAX_RETRIES: numeric(z.number().int().min(0).max(10)).default(2),
  MAX_TURNS: numeric(z.number().int().positive()).default(40),
  CONTAINER_IDLE_SECONDS: numeric(z.number().min(1).max(2_592_000)).default(1_800),
  TOOL_TIMEOUT_SECONDS: numeric(z.number().positive()).default(120),
  MAX_OBSERVERS: numeric(z.number().int().positive().max(32_768)).default(2_000),
  ALLOWED_HOSTS: entries.pipe(z.array(hostRule)),
  CORS_ORIGINS: entries,
  JURISDICTIONS: entries.pipe(z.array(jurisdiction)),
});
export type Settings = z.output<typeof settings>;

const parsed = new WeakMap<Env, Settings>();

/** The settings of this deployment. Throws `ApiError` with a sentence that names the faulty one. */
export function settingsOf(env: Env): Settings {
  const known = parsed.get(env);
  if (known) return known;
  const result = settings.safeParse(env);
  if (!result.success) throw new ApiError(toProblem(result.error.issues[0]));
  parsed.set(env, result.data);
  return result.data;
}

function toProblem(issue: z.core.$ZodIssue | undefined): Problem {
  const [name = "unknown", ...path] = issue?.path ?? [];
  // Where a key was put in the place of a tenant, the path would tell it.
  const setting = name === "API_KEYS" ? name : [name, ...path].join(".");
  return { reason: "bad_setting", setting, message: issue?.message ?? "invalid" };
}

/** The secret called `name`. Throws `ApiError` naming it when it is not set. */
export function secretOf(env: Env, name: string): string {
  const value = env[name];
  if (typeof value === "string" && value !== "") return value;
  throw new ApiError({ reason: "bad_setting", setting: name, message: "this secret is not set" });
}
