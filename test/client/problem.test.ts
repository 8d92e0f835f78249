// Answers that are no success, as the client's one error.

import { expect, test } from "vitest";
import { toProblem } from "../../src/client/problem.ts";
import { type Problem, toResponse } from "../../src/protocol/errors.ts";

test.for<[Problem, Record<string, unknown>]>([
  [
    { reason: "message_not_found", messageId: "x" },
    { status: 404, type: "not_found_error", message: "Message x not found." },
  ],
  [
    { reason: "invalid_request", issues: [{ loc: ["body", "top_k"], msg: "no", type: "t" }] },
    { status: 422, type: "invalid_request_error", message: "body.top_k: no" },
  ],
  [
    { reason: "too_many_requests", retryAfterSeconds: 60 },
    { status: 429, type: "rate_limit_error", retryAfterMs: 60_000 },
  ],
  [
    { reason: "unavailable", retryAfterSeconds: 1 },
    { status: 503, retryAfterMs: 1000 },
  ],
])("%j", async ([problem, expected]) => {
  expect(await toProblem(toResponse(problem, "req_1"))).toMatchObject({
    name: "AsyncMessagesError",
    requestId: "req_1",
    ...expected,
  });
});

/** Of somebody between the service and here. */
const PAGE = "<html>Bad gateway</html>";

test.for<[body: string | null, headers: Record<string, string>, Record<string, unknown>]>([
  [PAGE, {}, { message: "The service answered 502.", type: "api_error", requestId: undefined }],
  [null, { "request-id": "req_2" }, { requestId: "req_2", retryAfterMs: undefined }],
  ["null", {}, { type: "api_error" }],
  ['"error"', {}, { type: "api_error" }],
  ['{"error": "such"}', {}, { type: "api_error" }],
  ["{}", { "retry-after": "2" }, { retryAfterMs: 2000 }],
  ["{}", { "retry-after": "0" }, { retryAfterMs: undefined }],
  ["{}", { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, { retryAfterMs: undefined }],
])("a body %j with %j", async ([body, headers, expected]) => {
  const problem = await toProblem(new Response(body, { status: 502, headers }));
  expect(problem).toBeInstanceOf(Error);
  expect({ ...problem, message: problem.message }).toMatchObject({ status: 502, ...expected });
});
