// /v1/messages/async: start, observe, ask, stop, erase.

import { type Context, Hono } from "hono";
import { setGrant } from "../message/grant.ts";
import type { Denial } from "../message/object.ts";
import type { MessageStatus } from "../message/status.ts";
import { ApiError } from "../protocol/errors.ts";
import { limitBody } from "./body.ts";
import type { App } from "./context.ts";
import { messageInPath, notFound } from "./message-id.ts";
import { only } from "./method.ts";
import { prepareStart } from "./start.ts";
import { tokens } from "./tokens.ts";

const CREDENTIALS = ["authorization", "x-api-key", "sec-websocket-protocol"];

export const asyncMessages = new Hono<App>();

asyncMessages
  .post("/", limitBody, async (c) => {
    const { send } = await prepareStart(c);
    return send("/start");
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
    const answer = await messageInPath(c).status(c.var.token?.grant);
    const status = admitted(c, answer as MessageStatus | Denial);
    // What the caller noted for itself; the rest is what the events tell, and how it goes.
    if (c.var.token) status.metadata.request_metadata = null;
    c.set("correlationId", status.metadata.correlation_id ?? undefined);
    return c.json(status);
  })
  .all(only("GET"));

asyncMessages
  .post("/:messageId/cancel", async (c) => {
    const status = admitted(c, await messageInPath(c).cancel(c.var.token?.grant));
    const message = status === "cancelled" ? "Message cancelled." : "Message had already ended.";
    return c.json({ message, message_id: c.get("messageId"), status });
  })
  .all(only("POST"));

asyncMessages.route("/:messageId/tokens", tokens);

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
  // The object has no use for credentials, and they shall be in nothing that tells of its requests.
  url.searchParams.delete("token");
  const request = new Request(url, c.req.raw);
  for (const name of CREDENTIALS) request.headers.delete(name);
  setGrant(request.headers, c.var.token?.grant);
  request.headers.set("request-id", c.get("requestId"));
  return message.fetch(request);
}

/** What the object answered. Throws `ApiError` where it told nothing. */
function admitted<Answer>(c: Context<App>, answer: Answer | Denial): Exclude<Answer, Denial> {
  if (answer === "unknown") throw notFound(c);
  if (answer === "revoked") throw new ApiError({ reason: "token_refused" });
  return answer as Exclude<Answer, Denial>;
}
