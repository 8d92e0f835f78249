// /v1/messages: the synchronous twin, on the same object and the same log.

import { Hono } from "hono";
import { settingsOf } from "../env.ts";
import { prepareTools } from "../message/toolbox.ts";
import { ApiError, toSentence } from "../protocol/errors.ts";
import { parseFormat } from "../protocol/projections/format.ts";
import { limitBody, readJson } from "./body.ts";
import type { App } from "./context.ts";
import { only } from "./method.ts";
import { checkRequest, prepareStart, refuseThread } from "./start.ts";

export const messages = new Hono<App>();

messages
  .post("/", limitBody, async (c) => {
    const wanted = parseFormat(new URL(c.req.url).searchParams);
    if (!wanted.ok) throw new ApiError({ reason: "invalid_request", issues: [wanted.issue] });
    const { isOwn, request, send } = await prepareStart(c);
    const { format } = wanted;
    const query = new URLSearchParams({
      // A format is one of a stream: who asks for it asks for that.
      stream: String(format !== undefined || (request.stream ?? false)),
      ...(format !== undefined && { format }),
      // A client that goes away takes a message with it that only it could name.
      owned: String(!isOwn),
    });
    return send(`/answer?${query}`, c.req.raw.signal);
  })
  .all(only("POST"));

messages
  .post("/validate", limitBody, async (c) => {
    const body = await readJson(c);
    refuseThread(body);
    const checked = checkRequest(body, settingsOf(c.env));
    const prepared = checked.ok
      ? await prepareTools(checked.request, c.env, c.get("tenant"))
      : checked;
    if (!prepared.ok) return c.json({ valid: false, errors: prepared.issues.map(toSentence) });
    if ("sessions" in prepared) c.executionCtx.waitUntil(prepared.sessions.close());
    return c.json({ valid: true, errors: null });
  })
  .all(only("POST"));
