// Who is calling, by key or by token. Closed by default: without keys nobody gets in, unless the
// process was started by the local development command.

import { createMiddleware } from "hono/factory";
import { type Settings, settingsOf } from "../env.ts";
import { equalInConstantTime, sha256Hex } from "../lib/digest.ts";
import { ApiError } from "../protocol/errors.ts";
import type { App } from "./context.ts";
import { answerToken, presentedToken, readToken, requireLeave } from "./token-leave.ts";

/** The tenant of everybody, where the development command has opened the service. */
const LOCAL_TENANT = "local";

/** Sets `tenant`, and `token` where it comes with one; or answers 401, or 403 to a token. */
export const authenticate = createMiddleware<App>(async function authenticate(c, next) {
  const settings = settingsOf(c.env);
  const presented = presentedToken(c.req.raw);
  if (presented === undefined) {
    const tenant = await findTenant(settings, c.req.raw.headers);
    if (tenant === undefined) throw new ApiError({ reason: "unauthenticated" });
    c.set("tenant", tenant);
  } else {
    const token = await readToken(presented, settings);
    if (!isTenant(token.tenant, settings)) throw new ApiError({ reason: "token_refused" });
    requireLeave(c.req, token.grant);
    c.set("tenant", token.tenant);
    c.set("token", token);
  }
  await next();
  if (presented !== undefined) answerToken(c);
});

/** Whether anybody could be this tenant: whose keys are gone, their tokens are as well. */
function isTenant(tenant: string, { API_KEYS, LOCAL_ACCESS }: Settings): boolean {
  const isKeyless = Object.keys(API_KEYS).length === 0;
  if (isKeyless) return LOCAL_ACCESS === "open" && tenant === LOCAL_TENANT;
  return Object.entries(API_KEYS).some(([name, { length }]) => name === tenant && length > 0);
}

/** The tenant whose key the headers carry. Every digest is compared, whichever fits. */
async function findTenant(
  { API_KEYS, LOCAL_ACCESS }: Settings,
  headers: Headers,
): Promise<string | undefined> {
  const tenants = Object.entries(API_KEYS);
  if (tenants.length === 0) return LOCAL_ACCESS === "open" ? LOCAL_TENANT : undefined;
  let found: string | undefined;
  for (const key of presentedKeys(headers)) {
    const digest = await sha256Hex(key);
    for (const [tenant, digests] of tenants) {
      for (const known of digests) if (equalInConstantTime(known, digest)) found = tenant;
    }
  }
  return found;
}

/** Official SDKs send one or the other, by version: `Authorization: Bearer` or `x-api-key`. */
function presentedKeys(headers: Headers): string[] {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  return [bearer, headers.get("x-api-key")].filter((key) => key !== null && key !== undefined);
}
