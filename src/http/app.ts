// Every path there is, and what happens to each request on its way in and out.

import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { settingsOf } from "../env.ts";
import { randomId } from "../lib/digest.ts";
import { StreamHeader } from "../protocol/durable-streams.ts";
import { ApiError, type Problem, toResponse } from "../protocol/errors.ts";
import { asyncMessages } from "./async-messages.ts";
import { authenticate } from "./auth.ts";
import { containers } from "./containers.ts";
import type { App } from "./context.ts";
import { countTokens } from "./count-tokens.ts";
import { messages } from "./messages.ts";
import { models } from "./models.ts";
import { isPassing } from "./object-error.ts";
import { openapi } from "./openapi/served.ts";
import { skills } from "./skills.ts";

export const app = new Hono<App>();

app.use(async function identify(c, next) {
  const startedAt = Date.now();
  c.set("requestId", randomId("req_"));
  await next();
  if (!c.res.headers.has("request-id")) c.header("request-id", c.get("requestId"));
  const correlationId = c.get("correlationId") ?? c.res.headers.get("x-correlation-id");
  if (correlationId) c.header("x-correlation-id", correlationId);
  if (!isNews(c)) return;
  console.log(
    JSON.stringify({
      event: "request",
      request_id: c.get("requestId"),
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      duration_ms: Date.now() - startedAt,
      tenant: c.get("tenant"),
      message_id: c.get("messageId"),
      correlation_id: correlationId ?? undefined,
    }),
  );
});

const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * A line is for what nothing else tells: a refusal, a change. The platform keeps account of every
 * request by itself, and a run of its message; what only reads would be most of a log, and of its price.
 */
function isNews(c: Context<App>): boolean {
  return c.res.status >= 400 || !(c.get("quiet") || READING.has(c.req.method));
}

app.use("/v1/*", async function crossOrigin(c, next) {
  const { CORS_ORIGINS } = settingsOf(c.env);
  if (CORS_ORIGINS.length === 0) return next();
  return cors({
    origin: CORS_ORIGINS.includes("*") ? "*" : CORS_ORIGINS,
    exposeHeaders: [
      "request-id",
      "message-id",
      "x-correlation-id",
      "retry-after",
      "etag",
      ...Object.values(StreamHeader),
    ],
  })(c, next);
});

app.get("/health", (c) => c.json({ status: "ok" }));
app.route("/openapi.json", openapi);

app.use("/v1/*", authenticate);
app.route("/v1/messages/async", asyncMessages);
app.route("/v1/messages/count_tokens", countTokens);
app.route("/v1/messages", messages);
app.route("/v1/models", models);
app.route("/v1/skills", skills);
app.route("/v1/containers", containers);

app.notFound((c) => toResponse({ reason: "path_not_found", path: c.req.path }, c.get("requestId")));

app.onError((error, c) => {
  const problem = toProblem(error);
  if (problem.reason === "internal" || problem.reason === "bad_setting") {
    console.error(c.get("requestId"), error, problem);
  }
  const response = toResponse(problem, c.get("requestId"));
  // Where the message was started all the same, its id leads to it.
  if (response.status >= 500 && c.get("messageId")) {
    response.headers.set("message-id", c.get("messageId"));
  }
  return response;
});

/** How soon a call that met an object on the move may be repeated, in seconds. */
const MOVE_SECONDS = 1;

function toProblem(error: Error): Problem {
  if (error instanceof ApiError) return error.problem;
  return isPassing(error)
    ? { reason: "unavailable", retryAfterSeconds: MOVE_SECONDS }
    : { reason: "internal" };
}
