// Every way to fail, as it is told outside.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ApiError,
  type Issue,
  type Problem,
  toResponse,
  toWire,
} from "../../src/protocol/errors.ts";

type Row<Facts> = [
  facts: Facts,
  status: number,
  type: string,
  message: string,
  more?: { headers?: Record<string, string>; details?: unknown },
];

/** One list for each reason: a new one does not compile until it is here. */
type Table = {
  [R in Problem["reason"]]: Row<Omit<Extract<Problem, { reason: R }>, "reason">>[];
};

const issues: Issue[] = [
  { loc: ["body", "messages", 0, "role"], msg: "Field required", type: "missing" },
  { loc: ["header", "content-type"], msg: "must be JSON", type: "content_type" },
];
const sentences = "body.messages.0.role: Field required; header.content-type: must be JSON";

const TABLE: Table = {
  invalid_request: [[{ issues }, 422, "invalid_request_error", sentences]],
  bad_query: [
    [
      { issue: { loc: ["query", "offset"], msg: "must be given once", type: "value_error" } },
      400,
      "invalid_request_error",
      "query.offset: must be given once",
    ],
  ],
  thread_unsupported: [
    [
      {},
      400,
      "invalid_request_error",
      "thread is not supported",
      { details: { error_code: "thread_unsupported_request", unsupported: ["thread"] } },
    ],
  ],
  unauthenticated: [
    [
      {},
      401,
      "authentication_error",
      "A valid API key is required.",
      { headers: { "www-authenticate": "Bearer" } },
    ],
  ],
  token_refused: [
    [
      {},
      401,
      "authentication_error",
      "This token is not valid here: it has expired, was revoked or is not for this message.",
      { headers: { "www-authenticate": 'Bearer error="invalid_token"' } },
    ],
  ],
  forbidden: [
    [
      { needed: "control" },
      403,
      "permission_error",
      "This token does not allow that: it takes a token of scope control, or a key.",
      { headers: { "www-authenticate": 'Bearer error="insufficient_scope"' } },
    ],
    [
      { needed: "key" },
      403,
      "permission_error",
      "This token does not allow that: it takes a key.",
      { headers: { "www-authenticate": 'Bearer error="insufficient_scope"' } },
    ],
  ],
  message_not_found: [[{ messageId: "m" }, 404, "not_found_error", "Message m not found."]],
  model_not_found: [[{ model: "x" }, 404, "not_found_error", "Model x not found."]],
  skill_not_found: [
    [{ skillId: "s" }, 404, "not_found_error", "Skill s not found."],
    [{ skillId: "s", version: "1" }, 404, "not_found_error", "Version 1 of s not found."],
  ],
  container_not_found: [[{ containerId: "c" }, 404, "not_found_error", "Container c not found."]],
  file_not_found: [[{ path: "/f" }, 404, "not_found_error", "File /f not found."]],
  file_conflict: [
    [
      { path: "/d", why: "is a directory" },
      409,
      "conflict_error",
      "/d: is a directory.",
      { headers: { "x-should-retry": "false" } },
    ],
  ],
  skill_readonly: [[{ skillId: "s" }, 403, "permission_error", "Skill s is readonly."]],
  path_not_found: [[{ path: "/x" }, 404, "not_found_error", "There is nothing at /x."]],
  method_not_allowed: [
    [
      { method: "PUT", allow: ["GET", "DELETE"] },
      405,
      "invalid_request_error",
      "PUT is not possible here; use GET, DELETE.",
      { headers: { allow: "GET, DELETE" } },
    ],
  ],
  message_id_taken: [
    [
      { messageId: "m" },
      409,
      "conflict_error",
      "Message m was started with another body.",
      { headers: { "x-should-retry": "false" } },
    ],
  ],
  not_supported: [
    [
      { model: "m", feature: "count_tokens" },
      400,
      "invalid_request_error",
      "Model m does not support count_tokens: its upstream cannot be asked.",
    ],
  ],
  request_too_large: [
    [{ limitBytes: 33_554_432 }, 413, "request_too_large", "A request may be 32 MiB at most."],
  ],
  too_many_requests: [
    [
      { retryAfterSeconds: 60 },
      429,
      "rate_limit_error",
      "Too many messages were started; try again later.",
      { headers: { "retry-after": "60" } },
    ],
  ],
  too_many_observers: [
    [
      { limit: 7, retryAfterSeconds: 5 },
      429,
      "rate_limit_error",
      "A message can be observed by 7 connections at once.",
      { headers: { "retry-after": "5" } },
    ],
  ],
  bad_setting: [
    [{ setting: "X.y", message: "not JSON" }, 500, "api_error", "Setting X.y: not JSON"],
  ],
  stalled: [[{ seconds: 3 }, 504, "timeout_error", "The upstream sent nothing for 3 seconds."]],
  deadline: [[{ seconds: 20 }, 504, "timeout_error", "The run took longer than 20 seconds."]],
  interrupted: [
    [
      { attempts: 2 },
      500,
      "api_error",
      "The run was interrupted by a restart of this service (attempt 2).",
    ],
  ],
  output_mismatch: [
    [
      { message: "a.0: Too long." },
      500,
      "api_error",
      "The upstream's answer does not fit output_config.format. a.0: Too long.",
      { headers: { "x-should-retry": "false" } },
    ],
  ],
  upstream: [
    ...upstream("invalid_request_error", 400),
    ...upstream("authentication_error", 401),
    ...upstream("permission_error", 403),
    ...upstream("not_found_error", 404),
    ...upstream("request_too_large", 413),
    ...upstream("rate_limit_error", 429),
    ...upstream("api_error", 500),
    ...upstream("timeout_error", 504),
    ...upstream("overloaded_error", 529),
    ...upstream("a_newer_error", 500),
  ],
  unavailable: [
    [
      { retryAfterSeconds: 1 },
      503,
      "api_error",
      "The message is being moved or is overloaded; try again.",
      { headers: { "retry-after": "1" } },
    ],
  ],
  internal: [[{}, 500, "api_error", "An error of this service; it has been logged."]],
};

/** Its type and message are kept; whole seconds are what the header can carry. */
function upstream(type: string, status: number): Table["upstream"] {
  const error = { type, message: "its own words" };
  return [
    [{ error }, status, type, "its own words"],
    [
      { error, retryAfterSeconds: 1.5 },
      status,
      type,
      "its own words",
      { headers: { "retry-after": "2" } },
    ],
  ];
}

const rows = Object.entries(TABLE).flatMap(([reason, rows]) => {
  return rows.map(([facts, ...told]) => [{ reason, ...facts } as Problem, ...told] as const);
});

test.for(rows)("%j is told as %i %s, and no more of it", async ([problem, ...told]) => {
  const [status, type, message, { headers = {}, details } = {}] = told;
  const response = toResponse(problem, "req_1");
  expect(response.status).toBe(status);
  expect(Object.fromEntries(response.headers)).toEqual({
    ...headers,
    "content-type": "application/json",
    "request-id": "req_1",
  });
  expect(await response.json()).toStrictEqual({
    type: "error",
    error: { type, message, ...(details !== undefined && { details }) },
    detail: problem.reason === "invalid_request" ? problem.issues : message,
    request_id: "req_1",
  });
});

test("what is known inside and not meant to be told stays inside", async () => {
  const secrets = {
    key: "sk-secret",
    headers: { "x-api-key": "sk-secret" },
    stack: "at sk-secret",
  };
  for (const [problem] of rows) {
    const told = { ...problem, ...secrets } as Problem;
    if (told.reason === "upstream") Object.assign(told, { error: { ...told.error, ...secrets } });
    const response = toResponse(told, "req_1");
    const heard = JSON.stringify([...response.headers]) + (await response.text());
    expect(heard).not.toContain("sk-secret");
    expect(heard).not.toMatch(/Error:|ApiError|UpstreamFailure|\bat .*:\d+:\d+/);
  }
});

test("any words of an upstream are told as they are, with the status of a failure", async () => {
  const names = fc.oneof(fc.string(), fc.constantFrom("toString", "constructor", "__proto__"));
  await fc.assert(
    fc.asyncProperty(names, fc.string({ unit: "binary" }), async (type, message) => {
      const problem: Problem = { reason: "upstream", error: { type, message } };
      expect(toWire(problem).status).toBeGreaterThanOrEqual(400);
      const { error } = await toResponse(problem, "req_1").json<{ error: unknown }>();
      expect(error).toEqual({ type, message });
    }),
  );
});

test("an error that is thrown carries its problem, and says no more than the reason", () => {
  const problem: Problem = { reason: "message_not_found", messageId: "m" };
  const error = new ApiError(problem);
  expect(error.problem).toBe(problem);
  expect(`${error}`).toBe("ApiError: message_not_found");
});
