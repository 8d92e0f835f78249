// What built-in tools work on: the artifacts of `tool_context`, or of a tool's own `context`.

import * as z from "zod";
import { fields, list } from "../lib/zod-kinds.ts";
import { base64, httpUrl, jsonObject, name } from "./content.ts";

/** Each may have to be fetched, read or connected to. */
const MAX_ARTIFACTS = 1_024;

/** Entries of a list of names: schemas of a database, ids, the tools of a server that are allowed. */
const MAX_NAMES = 1_024;

export const names = list(name, MAX_NAMES);

export const artifact = z.discriminatedUnion("type", [
  fields({ type: z.literal("text"), value: z.string() }),
  fields({ type: z.literal("file"), value: base64 }),
  fields({ type: z.literal("uri"), value: httpUrl }),
  fields({
    type: z.literal("sql_database"),
    connection_string: z.string().min(1),
    schemas: names.optional(),
    ssl: z.boolean().optional(),
    enable_tables: z.boolean().optional(),
    enable_views: z.boolean().optional(),
    enable_functions: z.boolean().optional(),
    enable_procedures: z.boolean().optional(),
    description: z.string().optional(),
  }),
  fields({
    type: z.literal("ingested_artifact"),
    context_filter: fields({
      collection: z.string().optional(),
      artifacts: names.optional(),
      metadata_filter: list(jsonObject, MAX_NAMES).optional(),
    }),
  }),
  fields({
    type: z.literal("skill"),
    skill_filter: fields(
      { collection: z.string().min(1).max(255), skill_or_version_ids: names.optional() },
      { skill_ids: "skill_or_version_ids" },
    ),
  }),
]);
export type Artifact = z.output<typeof artifact>;

export const artifacts = list(artifact, MAX_ARTIFACTS);
