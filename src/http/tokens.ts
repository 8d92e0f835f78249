// /v1/messages/async/{id}/tokens: leave to watch one message, given and taken back by who has a key.

import { Hono } from "hono";
import * as z from "zod";
import { settingsOf } from "../env.ts";
import { list } from "../lib/zod-kinds.ts";
import { ApiError } from "../protocol/errors.ts";
import { PARTS } from "../protocol/hiding.ts";
import { toIssue } from "../protocol/request.ts";
import { encodeToken, SCOPES } from "../protocol/token.ts";
import { limitBody, readJson } from "./body.ts";
import type { App } from "./context.ts";
import { messageInPath, notFound } from "./message-id.ts";
import { only } from "./method.ts";
import { tokenSecret } from "./token-leave.ts";

const HOUR_SECONDS = 3_600;

/** Strict: a wish that is not understood would be a token that allows more than it should. */
const wish = z.strictObject({
  scope: z.enum(SCOPES).default("observe"),
  hide: list(z.enum(PARTS), PARTS.length).default([]),
  expires_in: z
    .int()
    .min(1)
    .max(24 * HOUR_SECONDS)
    .default(HOUR_SECONDS),
});

export const tokens = new Hono<App>();

tokens
  .post("/", limitBody, async (c) => {
    const message = messageInPath(c);
    const isEmpty = (await c.req.text()) === "";
    const { scope, hide, expires_in } = parseWish(isEmpty ? {} : await readJson(c));
    const secret = tokenSecret(settingsOf(c.env));
    if (secret === undefined) {
      const message = "this secret is not set; tokens are signed with it";
      throw new ApiError({ reason: "bad_setting", setting: "TOKEN_SECRET", message });
    }
    const epoch = await message.epoch();
    if (epoch === null) throw notFound(c);
    const expiresAt = Date.now() + expires_in * 1000;
    const { tenant, messageId } = c.var;
    const grant = { scope, hide, expiresAt, epoch };
    c.header("cache-control", "no-store");
    return c.json({
      token: await encodeToken({ tenant, messageId, grant }, secret),
      expires_at: new Date(expiresAt).toISOString(),
    });
  })
  .delete(async (c) => {
    if (!(await messageInPath(c).revokeTokens())) throw notFound(c);
    return c.body(null, 204);
  })
  .all(only("POST", "DELETE"));

function parseWish(body: unknown): z.output<typeof wish> {
  const parsed = wish.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new ApiError({ reason: "invalid_request", issues: parsed.error.issues.map(toIssue) });
}
