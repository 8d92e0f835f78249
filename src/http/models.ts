// /v1/models: the names a request can use, in the shape of Anthropic's list.

import { Hono } from "hono";
import * as z from "zod";
import { settingsOf } from "../env.ts";
import { ApiError } from "../protocol/errors.ts";
import { findRoutes, type Models } from "../providers/route.ts";
import type { App } from "./context.ts";
import { only } from "./method.ts";

/** https://docs.claude.com/en/api/models-list */
const page = z.object({
  after_id: z.string().optional(),
  before_id: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(20),
});

export const models = new Hono<App>();

models
  .get("/", (c) => {
    const query = page.safeParse(c.req.query());
    if (!query.success) {
      const issues = query.error.issues.map(({ path, message, code }) => ({
        loc: ["query", ...path.map(String)],
        msg: message,
        type: code,
      }));
      throw new ApiError({ reason: "invalid_request", issues });
    }
    return c.json(listModels(settingsOf(c.env).MODELS, query.data));
  })
  .all(only("GET"));

// A name may hold slashes: those of many open models do.
models
  .get("/:model{.+}", (c) => {
    const model = c.req.param("model");
    if (!findRoutes(settingsOf(c.env).MODELS, model)) {
      throw new ApiError({ reason: "model_not_found", model });
    }
    return c.json(toModel(model));
  })
  .all(only("GET"));

/** One page of the configured names. A `prefix-*` stands for names without end: it is not listed. */
function listModels(models: Models, { after_id, before_id, limit }: z.output<typeof page>) {
  const names = Object.keys(models).filter((name) => !name.endsWith("*"));
  const start = after_id === undefined ? 0 : names.indexOf(after_id) + 1;
  const end = before_id === undefined ? names.length : Math.max(0, names.indexOf(before_id));
  const among = names.slice(start, end);
  const data = (before_id === undefined ? among.slice(0, limit) : among.slice(-limit)).map(toModel);
  return {
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: data.length < among.length,
  };
}

function toModel(id: string) {
  // When a model was made is not ours to know; Anthropic's list has the epoch for such.
  return { type: "model", id, display_name: id, created_at: new Date(0).toISOString() };
}
