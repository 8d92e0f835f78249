// Reading what a caller sent.

import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ApiError, type Issue } from "../protocol/errors.ts";
import type { App } from "./context.ts";

/** What the Messages API takes (https://docs.claude.com/en/api/errors). */
const MAX_BODY_BYTES = 32 * 1024 ** 2;

/** Answers 413 for a body that is too long, without reading more of it than that. */
export const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError() {
    throw new ApiError({ reason: "request_too_large", limitBytes: MAX_BODY_BYTES });
  },
});

/** The body as JSON. Throws `ApiError` (422) for another content type, and for what is not JSON. */
export async function readJson(c: Context<App>): Promise<unknown> {
  const contentType = c.req.header("content-type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType)) {
    const msg = `must be application/json, not ${contentType || "absent"}`;
    throw invalid({ loc: ["header", "content-type"], msg, type: "content_type" });
  }
  const bytes = await c.req.arrayBuffer();
  try {
    // https://www.rfc-editor.org/rfc/rfc8259#section-8.1: two that are not UTF-8 would read the same.
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw invalid({ loc: ["body"], msg: "is not JSON", type: "json_invalid" });
  }
}

export function invalid(...issues: Issue[]): ApiError {
  return new ApiError({ reason: "invalid_request", issues });
}
