// /v1/messages/async: start, observe, ask, stop, erase.

import { type Context, Hono } from "hono";
import type { MessageStatus } from "../message/status.ts";
import { ApiError } from "../protocol/errors.ts";
import { limitBody } from "./body.ts";
import type { App } from "./context.ts";
import { messageInPath } from "./message-id.ts";
import { only } from "./method.ts";
import { startMessage } from "./start.ts";

export const asyncMessages = new Hono<App>();

asyncMessages
  .post("/", limitBody, async (c) => {
    const { messageId, status, outcome } = await startMessage(c);
    const message = outcome === "started" ? "Message started." : "Message was started before.";
    return c.json({ message_id: messageId, status, message });
  })
  .all(only("POST"));

asyncMessages
  .get("/:messageId", (c) => forward(c, "/message"))
  .delete(erase)
  .all(only("GET", "DELETE"));

asyncMessages.delete("/:messageId/delete", erase).all(only("DELETE"));

asyncMessages.get("/:messageId/stream", (c) => forward(c, "/stream")).all(only("GET"));

asyncMessages.get("/:messageId/events", (c) => forward(c, "/events")).all(only("GET"));

asyncMessages
  .get("/:messageId/status", async (c) => {
    // RPC's types refuse `unknown`, which vendors' usage and the caller's metadata are: all JSON.
    const status = (await messageInPath(c).status()) as MessageStatus | null;
    if (!status) throw notFound(c);
    c.set("correlationId", status.metadata.correlation_id ?? undefined);
    return c.json(status);
  })
  .all(only("GET"));

asyncMessages
  .post("/:messageId/cancel", async (c) => {
    const status = await messageInPath(c).cancel();
    if (!status) throw notFound(c);
    const message = status === "cancelled" ? "Message cancelled." : "Message had already ended.";
    return c.json({ message, message_id: c.get("messageId"), status });
  })
  .all(only("POST"));

async function erase(c: Context<App>): Promise<Response> {
  if (!(await messageInPath(c).delete())) throw notFound(c);
  return c.body(null, 204);
}

/** Lets the object answer itself: a stream or an upgrade goes through untouched. */
async function forward(
  c: Context<App>,
  path: "/events" | "/message" | "/stream",
): Promise<Response> {
  const message = messageInPath(c);
  const url = new URL(path + new URL(c.req.url).search, "https://message");
  const request = new Request(url, c.req.raw);
  request.headers.set("request-id", c.get("requestId"));
  return message.fetch(request);
}

function notFound(c: Context<App>): ApiError {
  return new ApiError({ reason: "message_not_found", messageId: c.get("messageId") });
}
