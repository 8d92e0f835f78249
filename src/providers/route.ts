// Where a model's requests go. `MODELS` maps a name, or a `prefix-*`, to routes tried in order.

import * as z from "zod";
import type { MessageRequest } from "../protocol/request.ts";

export const route = z.strictObject({
  provider: z.enum(["anthropic", "openai", "workers-ai", "simulated"]),
  /** `anthropic`: the part before `/v1/messages`. `openai`: the part before `/chat/completions`. */
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  /** The name the upstream knows; absent means the name the caller used. */
  model: z.string().min(1).optional(),
  /** The name of the secret that holds the upstream's key, never the key itself. */
  key: z.string().min(1).optional(),
  options: z.record(z.string(), z.unknown()).default({}),
});
export type Route = z.infer<typeof route>;

export const models = z.record(
  z.string().min(1),
  z.union([route.transform((one) => [one]), z.array(route).min(1)]),
);
export type Models = z.infer<typeof models>;

/** The model used where a request names none. */
export const DEFAULT_MODEL = "default";

/** What upstreams get as `max_tokens` when neither the caller nor the route says: they require one. */
const DEFAULT_MAX_TOKENS = 4096;

/** The routes for `model`: by its exact name, else by the longest `prefix-*` that fits. */
export function findRoutes(models: Models, model: string): Route[] | undefined {
  if (Object.hasOwn(models, model)) return models[model];
  const pattern = Object.keys(models)
    .filter((name) => name.endsWith("*") && model.startsWith(name.slice(0, -1)))
    .sort((a, b) => b.length - a.length)[0];
  return pattern === undefined ? undefined : models[pattern];
}

/** The name to use upstream. */
export function upstreamModel(route: Route, asked: string): string {
  return route.model ?? asked;
}

/** The `max_tokens` a request gets on this route: room to think, where it names any, and to answer. */
export function maxTokens(route: Route, { max_tokens, thinking }: MessageRequest): number {
  if (max_tokens !== undefined) return max_tokens;
  const configured = route.options.max_tokens;
  const answer = typeof configured === "number" ? configured : DEFAULT_MAX_TOKENS;
  const thought = thinking?.type === "enabled" ? thinking.budget_tokens : 0;
  return answer > thought ? answer : answer + thought;
}

/** Whether the far side applies `context_management`, so that it is sent what nobody has edited. */
export function editsContext({ provider, options }: Route): boolean {
  return provider === "anthropic" && options.context_management !== "local";
}

/**
 * Whether the far side can be held to a form of the answer and be offered tools at once. Among
 * OpenAI-compatible servers some cannot, so `options.format_with_tools` has to say it.
 */
export function formatsWithTools({ provider, options }: Route): boolean {
  return provider === "anthropic" || provider === "simulated" || options.format_with_tools === true;
}
