// Paths that exist, asked for with a method that does not.

import type { Handler } from "hono";
import { ApiError } from "../protocol/errors.ts";
import type { App } from "./context.ts";

/** The last handler of a path: answers 405 and says what would have worked. */
export function only(...allow: string[]): Handler<App> {
  return function only(c) {
    throw new ApiError({ reason: "method_not_allowed", method: c.req.method, allow });
  };
}
