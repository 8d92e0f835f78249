// Message ids: what a caller may choose, and which object one names.

import type { Context } from "hono";
import { objectOf } from "../message/jurisdiction.ts";
import { ApiError } from "../protocol/errors.ts";
import type { App } from "./context.ts";

/** A name that needs no escaping in a path. Not `.` or `..`: clients would take them for folders. */
const MESSAGE_ID = /^(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,128}$/;

/** `id` if it can be one. Throws `ApiError` (422) naming the place it came from. */
export function parseMessageId(id: string, place: "path" | "query"): string {
  if (MESSAGE_ID.test(id)) return id;
  const msg = "must be 1 to 128 characters of A-Z a-z 0-9 _ - . :";
  const issues = [{ loc: [place, "message_id"], msg, type: "string_pattern_mismatch" }];
  throw new ApiError({ reason: "invalid_request", issues });
}

/**
 * The object of a message. `locationHint` counts when it is named for the first time. Throws
 * `ApiError` (401) for a token that is for another message.
 */
export function messageObject(
  c: Context<App>,
  messageId: string,
  locationHint?: DurableObjectLocationHint,
) {
  const { token } = c.var;
  if (token && token.messageId !== messageId) throw new ApiError({ reason: "token_refused" });
  c.set("messageId", messageId);
  const options = locationHint && { locationHint };
  return objectOf(c.env.MESSAGES, c.env, c.get("tenant"), messageId, options);
}

export function notFound(c: Context<App>): ApiError {
  return new ApiError({ reason: "message_not_found", messageId: c.var.messageId });
}

/** The object that the path names. Throws `ApiError` (422) for an id that cannot be one. */
export function messageInPath(c: Context<App>) {
  return messageObject(c, parseMessageId(c.req.param("messageId") ?? "", "path"));
}
