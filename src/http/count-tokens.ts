// POST /v1/messages/count_tokens: how long a request is, as the model's own upstream counts it.

import { Hono } from "hono";
import { type Env, secretOf } from "../env.ts";
import { applyContextEdits } from "../message/context-edits.ts";
import { openToolbox, prepareTools } from "../message/toolbox.ts";
import { toTurnRequest } from "../message/turn-request.ts";
import type { Workshop } from "../message/workshop.ts";
import { ApiError } from "../protocol/errors.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { FIRST_TURN } from "../protocol/turns.ts";
import { UpstreamFailure } from "../providers/failure.ts";
import type { Provider, Question, TokenCount } from "../providers/provider.ts";
import { providerFor } from "../providers/providers.ts";
import { editsContext, findRoutes, type Route } from "../providers/route.ts";
import { expandSkillTools } from "../tools/skills/asked.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { invalid, limitBody } from "./body.ts";
import type { App } from "./context.ts";
import { only } from "./method.ts";
import { readRequest } from "./start.ts";

export const countTokens = new Hono<App>();

countTokens
  .post("/", limitBody, async (c) => {
    const { request, settings } = await readRequest(c);
    const asked = expandSkillTools(request);
    const toolbox = await showTools(asked, c.env, c.get("tenant"));
    c.executionCtx.waitUntil(toolbox.close());
    for (const route of findRoutes(settings.MODELS, request.model) ?? []) {
      const key = route.key === undefined ? {} : { key: secretOf(c.env, route.key) };
      const provider = providerFor(route, c.env.AI);
      const counted = await withinSeconds(settings.STALL_TIMEOUT_SECONDS, (signal) =>
        count(provider, { asked, toolbox, route, ...key }, signal),
      );
      if (counted) return c.json(counted);
    }
    throw new ApiError({ reason: "not_supported", model: request.model, feature: "count_tokens" });
  })
  .all(only("POST"));

/** The tools that run here, as a model would be told of them. Throws `ApiError` (422) for what is not there. */
async function showTools(asked: MessageRequest, env: Env, tenant: string): Promise<Toolbox> {
  const prepared = await prepareTools(asked, env, tenant);
  if (!prepared.ok) throw invalid(...prepared.issues);
  // There is no message that they could be called for.
  const workshop: Workshop = {
    env,
    opening: { tenant, messageId: "none", createdAt: 0 },
    content: () => [],
    sql: () => {
      throw new Error("a tool was called where nothing runs");
    },
  };
  return openToolbox(asked, prepared, workshop, prepared.sessions);
}

interface Counting extends Omit<Question, "request"> {
  asked: MessageRequest;
  toolbox: Toolbox;
}

/** Counts what would be sent: where the edits of the context are made on our side, after them. */
async function count(
  { countTokens }: Provider,
  { asked, toolbox, ...to }: Counting,
  signal: AbortSignal,
): Promise<TokenCount | undefined> {
  if (editsContext(to.route)) {
    return countTokens?.({ ...to, request: toFirst(asked, toolbox, to.route) }, signal);
  }
  const { context_management, ...unedited } = asked;
  const first = toFirst(unedited, toolbox, to.route);
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

/** What a route would be asked first. */
function toFirst(asked: MessageRequest, toolbox: Toolbox, route: Route): MessageRequest {
  return toTurnRequest({ asked, toolbox, content: [], turns: FIRST_TURN }, route).request;
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
