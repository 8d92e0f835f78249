// Every way a request can fail, as an example each: a new reason does not compile until it has one.

import { type Problem, toWire } from "../../protocol/errors.ts";
import { toRef } from "./operation.ts";

const SAMPLES: { [Reason in Problem["reason"]]: Extract<Problem, { reason: Reason }> } = {
  invalid_request: {
    reason: "invalid_request",
    issues: [{ loc: ["body", "messages"], msg: "Field required", type: "missing" }],
  },
  bad_query: {
    reason: "bad_query",
    issue: { loc: ["query", "offset"], msg: "must be -1, now or an offset", type: "value_error" },
  },
  thread_unsupported: { reason: "thread_unsupported" },
  unauthenticated: { reason: "unauthenticated" },
  token_refused: { reason: "token_refused" },
  forbidden: { reason: "forbidden", needed: "control" },
  message_not_found: { reason: "message_not_found", messageId: "msg_1" },
  model_not_found: { reason: "model_not_found", model: "nobody" },
  skill_not_found: { reason: "skill_not_found", skillId: "skill_1" },
  skill_readonly: { reason: "skill_readonly", skillId: "skill_1" },
  container_not_found: { reason: "container_not_found", containerId: "container_1" },
  file_not_found: { reason: "file_not_found", path: "/workspace/a.txt" },
  file_conflict: { reason: "file_conflict", path: "/workspace", why: "is a directory" },
  path_not_found: { reason: "path_not_found", path: "/v1/nothing" },
  method_not_allowed: { reason: "method_not_allowed", method: "PUT", allow: ["GET"] },
  message_id_taken: { reason: "message_id_taken", messageId: "msg_1" },
  not_supported: { reason: "not_supported", model: "gpt-6", feature: "count_tokens" },
  request_too_large: { reason: "request_too_large", limitBytes: 32 * 1024 ** 2 },
  too_many_requests: { reason: "too_many_requests", retryAfterSeconds: 60 },
  too_many_observers: { reason: "too_many_observers", limit: 2_000, retryAfterSeconds: 5 },
  bad_setting: { reason: "bad_setting", setting: "MODELS", message: "not JSON" },
  stalled: { reason: "stalled", seconds: 120 },
  deadline: { reason: "deadline", seconds: 3_600 },
  interrupted: { reason: "interrupted", attempts: 3 },
  output_mismatch: { reason: "output_mismatch", message: "sum: a number is expected." },
  upstream: { reason: "upstream", error: { type: "overloaded_error", message: "Overloaded" } },
  unavailable: { reason: "unavailable", retryAfterSeconds: 1 },
  internal: { reason: "internal" },
};

/** An upstream's own refusal has the status of its type: this one is not among those above. */
const REFUSED_UPSTREAM: Problem = {
  reason: "upstream",
  error: { type: "permission_error", message: "Your key does not have leave to use this model." },
};

/** The answers of all problems, by status. */
export function problemResponses(): Record<string, unknown> {
  const byStatus = new Map<number, Record<string, unknown>>();
  for (const problem of [...Object.values(SAMPLES), REFUSED_UPSTREAM]) {
    const { status, error, detail } = toWire(problem);
    const value = { type: "error", error, detail, request_id: "req_1" };
    byStatus.set(status, { ...byStatus.get(status), [problem.reason]: { value } });
  }
  return Object.fromEntries(
    Array.from(byStatus, ([status, examples]) => [
      `Problem${status}`,
      {
        description: Object.keys(examples).join(", "),
        headers: { "request-id": { schema: { type: "string" } } },
        content: {
          "application/json": { schema: toRef("Problem"), examples },
        },
      },
    ]),
  );
}
