// A skill as callers send it.

import * as z from "zod";
import { fields, list } from "../lib/zod-kinds.ts";
import { base64 } from "./content.ts";

/** Files that are looked at. */
export const MAX_GIVEN_FILES = 1_024;

/** Where a request names no collection: the official SDKs know none. */
export const collection = z.string().min(1).max(255).default("default");

/** As text, or as base64 where it is none. */
const file = fields({
  path: z.string(),
  content: z.string().optional(),
  content_base64: base64.optional(),
}).refine(
  ({ content, content_base64 }) => (content === undefined) !== (content_base64 === undefined),
  "needs either content or content_base64",
);

/** In a form, everything is text. */
const flag = z.preprocess(
  (value) => (value === "true" ? true : value === "false" ? false : value),
  z.boolean(),
);

export const skillBody = fields(
  {
    display_title: z.string().min(1).max(255).optional(),
    collection,
    source: z.enum(["custom", "anthropic", "zylon"]).default("custom"),
    loading: z.enum(["eager", "lazy"]).default("lazy"),
    readonly: flag.default(false),
    skill_md: z.string().optional().describe("The SKILL.md, where it is none of the files."),
    files: list(file, MAX_GIVEN_FILES).default([]),
  },
  { display_name: "display_title" },
);
