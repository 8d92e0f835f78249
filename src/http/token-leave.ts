// Tokens as callers present them: where they may stand, whether they are good, and what they let
// through. Which message one is for is checked where that is named, and its epoch by the object.

import type { Context } from "hono";
import type { Settings } from "../env.ts";
import { randomId } from "../lib/digest.ts";
import { ApiError } from "../protocol/errors.ts";
import {
  decodeToken,
  type Grant,
  permits,
  type Scope,
  TOKEN_PREFIX,
  type Token,
} from "../protocol/token.ts";
import type { App } from "./context.ts";

/** What a browser offers, before a token, where it can set no header. */
const SUBPROTOCOL = "bearer";

/** What each call takes, by its method and what follows the message's id. Every other takes a key. */
const NEEDED: Record<string, Scope> = {
  "GET ": "observe",
  "GET /stream": "observe",
  "GET /events": "observe",
  "GET /status": "observe",
  "POST /cancel": "control",
};

let secretOfThisProcess: string | undefined;

/**
 * What tokens are signed with; undefined where none is set. Under the local development command there
 * is always one: made here, by chance, so that it is no other process's, and no deployment's.
 */
export function tokenSecret({ TOKEN_SECRET, LOCAL_ACCESS }: Settings): string | undefined {
  if (TOKEN_SECRET !== undefined || LOCAL_ACCESS === "closed") return TOKEN_SECRET;
  secretOfThisProcess ??= randomId("");
  return secretOfThisProcess;
}

/** The token that a request carries; undefined where it carries none. A key is not taken for one. */
export function presentedToken({ headers, url }: Request): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer?.startsWith(TOKEN_PREFIX)) return bearer;
  return new URL(url).searchParams.get("token") ?? offeredProtocols(headers).token;
}

/** What a good token says. Throws `ApiError` (401) for any other. */
export async function readToken(text: string, settings: Settings): Promise<Token> {
  const secret = tokenSecret(settings);
  const token = secret === undefined ? undefined : await decodeToken(text, secret);
  if (token && Date.now() < token.grant.expiresAt) return token;
  throw new ApiError({ reason: "token_refused" });
}

/** Throws `ApiError` (403) for a call that a token with this grant does not let through. */
export function requireLeave({ method, path }: Context<App>["req"], grant: Grant): void {
  const [, rest = "/other"] = /^\/v1\/messages\/async\/[^/]+(|\/[a-z]+)$/.exec(path) ?? [];
  const needed = NEEDED[`${method === "HEAD" ? "GET" : method} ${rest}`];
  if (!needed) throw new ApiError({ reason: "forbidden", needed: "key" });
  if (!permits(grant, needed)) throw new ApiError({ reason: "forbidden", needed: "control" });
}

/** What every answer to a token has besides. */
export function answerToken(c: Context<App>): void {
  // https://www.rfc-editor.org/rfc/rfc6750#section-2.3: the address alone may be the credential.
  if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  // A browser gives up a socket that takes up none of its protocols.
  const isOffered = offeredProtocols(c.req.raw.headers).token !== undefined;
  if (isOffered && c.res.status === 101) c.header("sec-websocket-protocol", SUBPROTOCOL);
}

/** `bearer, <token>` (https://www.rfc-editor.org/rfc/rfc6455#section-11.3.4). */
function offeredProtocols(headers: Headers): { token?: string } {
  const offered = headers.get("sec-websocket-protocol") ?? "";
  const [name, token = ""] = offered.split(",").map((protocol) => protocol.trim());
  return name === SUBPROTOCOL ? { token } : {};
}
