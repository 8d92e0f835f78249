// POST /v1/messages/count_tokens: how long a request is, as the model's own upstream counts it.

import { Hono } from "hono";
import { secretOf } from "../env.ts";
import { applyContextEdits } from "../message/context-edits.ts";
import { toTurnRequest } from "../message/turn-request.ts";
import { ApiError } from "../protocol/errors.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { FIRST_TURN } from "../protocol/turns.ts";
import { UpstreamFailure } from "../providers/failure.ts";
import type { Provider, Question, TokenCount } from "../providers/provider.ts";
import { providerFor } from "../providers/providers.ts";
import { editsContext, findRoutes, type Route } from "../providers/route.ts";
import { NO_TOOLS } from "../tools/toolbox.ts";
import { limitBody } from "./body.ts";
import type { App } from "./context.ts";
import { only } from "./method.ts";
import { readRequest } from "./start.ts";

export const countTokens = new Hono<App>();

countTokens
  .post("/", limitBody, async (c) => {
    const { request, settings } = await readRequest(c);
    for (const route of findRoutes(settings.MODELS, request.model) ?? []) {
      const key = route.key === undefined ? {} : { key: secretOf(c.env, route.key) };
      const provider = providerFor(route, c.env.AI);
      const counted = await withinSeconds(settings.STALL_TIMEOUT_SECONDS, (signal) =>
        count(provider, { request, route, ...key }, signal),
      );
      if (counted) return c.json(counted);
    }
    throw new ApiError({ reason: "not_supported", model: request.model, feature: "count_tokens" });
  })
  .all(only("POST"));

/** Counts what would be sent: where the edits of the context are made on our side, after them. */
async function count(
  { countTokens }: Provider,
  { request, ...to }: Question,
  signal: AbortSignal,
): Promise<TokenCount | undefined> {
  if (editsContext(to.route)) {
    return countTokens?.({ ...to, request: toFirst(request, to.route) }, signal);
  }
  const { context_management, ...unedited } = request;
  const first = toFirst(unedited, to.route);
  const whole = await countTokens?.({ ...to, request: first }, signal);
  if (!whole || !context_management?.edits?.length) return whole;
  const original_input_tokens = whole.input_tokens;
  const edited = applyContextEdits(
    { ...first, context_management },
    { inputTokens: original_input_tokens },
  );
  const isEdited = edited.applied_edits.length > 0;
  const left = isEdited && (await countTokens?.({ ...to, request: edited.request }, signal));
  return { ...(left || whole), context_management: { original_input_tokens } };
}

/** What a route would be asked first, but for the tools that run here: of those nobody is asked. */
function toFirst(asked: MessageRequest, route: Route): MessageRequest {
  const standing = { asked, toolbox: NO_TOOLS, content: [], turns: FIRST_TURN };
  return toTurnRequest(standing, route).request;
}

async function withinSeconds<Result>(
  seconds: number,
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const timeout = AbortSignal.timeout(seconds * 1000);
  try {
    return await ask(timeout);
  } catch (error) {
    if (timeout.aborted) throw new ApiError({ reason: "stalled", seconds });
    if (!(error instanceof UpstreamFailure)) throw error;
    const { type, message, retryAfterSeconds } = error;
    throw new ApiError({ reason: "upstream", error: { type, message }, retryAfterSeconds });
  }
}
