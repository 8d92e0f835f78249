// Every way a request or a run can fail, and the one function that puts it on the wire. What is
// known inside may be rich; what is said outside is decided here.

import type { StreamError } from "./event.ts";

/** One fault of a request: where it is, what is wrong, and a word for programs. */
export interface Issue {
  loc: (string | number)[];
  msg: string;
  type: string;
}

export type Problem =
  | { reason: "invalid_request"; issues: Issue[] }
  /** Of a protocol that answers 400 where ours would be 422. */
  | { reason: "bad_query"; issue: Issue }
  | { reason: "thread_unsupported" }
  | { reason: "unauthenticated" }
  /** What is wrong with a token, but for its scope. */
  | { reason: "token_refused" }
  /** The token is good, and not for this. */
  | { reason: "forbidden"; needed: "control" | "key" }
  | { reason: "message_not_found"; messageId: string }
  | { reason: "model_not_found"; model: string }
  | { reason: "skill_not_found"; skillId: string; version?: string | undefined }
  | { reason: "skill_readonly"; skillId: string }
  | { reason: "container_not_found"; containerId: string }
  | { reason: "file_not_found"; path: string }
  /** What is in a container stands against it. */
  | { reason: "file_conflict"; path: string; why: string }
  | { reason: "path_not_found"; path: string }
  | { reason: "method_not_allowed"; method: string; allow: string[] }
  | { reason: "message_id_taken"; messageId: string }
  /** None of the model's upstreams can do what was asked. */
  | { reason: "not_supported"; model: string; feature: "count_tokens" }
  | { reason: "request_too_large"; limitBytes: number }
  | { reason: "too_many_requests"; retryAfterSeconds: number }
  | { reason: "too_many_observers"; limit: number; retryAfterSeconds: number }
  | { reason: "bad_setting"; setting: string; message: string }
  | { reason: "stalled"; seconds: number }
  | { reason: "deadline"; seconds: number }
  | { reason: "interrupted"; attempts: number }
  /** `message` says in what the answer does not fit `output_config.format`. */
  | { reason: "output_mismatch"; message: string }
  | { reason: "upstream"; error: StreamError; retryAfterSeconds?: number | undefined }
  | { reason: "unavailable"; retryAfterSeconds: number }
  | { reason: "internal" };

/** What goes out: a status, headers, and the body without its `request_id`. */
export interface WireProblem {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 422 | 429 | 500 | 503 | 504 | 529;
  headers: Record<string, string>;
  error: StreamError & { details?: Record<string, unknown> };
  /** A string, or for a 422 the list of faults: what PrivateGPT's clients read. */
  detail: string | Issue[];
}

/** Thrown by handlers; answered in one place. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.reason);
    this.problem = problem;
  }
}

/** https://docs.claude.com/en/api/errors: the HTTP status that goes with an upstream's error type. */
const STATUS_BY_TYPE: Record<string, WireProblem["status"]> = {
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

const NEEDED = { control: "a token of scope control, or a key", key: "a key" };

/** The public form of a problem. Total: a new reason does not compile until it is decided here. */
export function toWire(problem: Problem): WireProblem {
  switch (problem.reason) {
    case "invalid_request":
      return {
        ...wire(422, "invalid_request_error", problem.issues.map(toSentence).join("; ")),
        detail: problem.issues,
      };
    case "bad_query":
      return wire(400, "invalid_request_error", toSentence(problem.issue));
    case "thread_unsupported": {
      // On this code the official SDK's tool runner falls back to sending the full history.
      const { error, ...rest } = wire(400, "invalid_request_error", "thread is not supported");
      const details = { error_code: "thread_unsupported_request", unsupported: ["thread"] };
      return { ...rest, error: { ...error, details } };
    }
    case "unauthenticated":
      // One answer for a missing and for a wrong key: which of the two it was is nobody's business.
      return wire(401, "authentication_error", "A valid API key is required.", {
        "www-authenticate": "Bearer",
      });
    case "token_refused":
      // Again one answer for everything: a forger learns nothing from it.
      return wire(
        401,
        "authentication_error",
        "This token is not valid here: it has expired, was revoked or is not for this message.",
        { "www-authenticate": 'Bearer error="invalid_token"' },
      );
    case "forbidden":
      return wire(
        403,
        "permission_error",
        `This token does not allow that: it takes ${NEEDED[problem.needed]}.`,
        { "www-authenticate": 'Bearer error="insufficient_scope"' },
      );
    case "message_not_found":
      return wire(404, "not_found_error", `Message ${problem.messageId} not found.`);
    case "model_not_found":
      return wire(404, "not_found_error", `Model ${problem.model} not found.`);
    case "skill_not_found": {
      const { skillId, version } = problem;
      const what = version === undefined ? `Skill ${skillId}` : `Version ${version} of ${skillId}`;
      return wire(404, "not_found_error", `${what} not found.`);
    }
    case "skill_readonly":
      return wire(403, "permission_error", `Skill ${problem.skillId} is readonly.`);
    case "container_not_found":
      return wire(404, "not_found_error", `Container ${problem.containerId} not found.`);
    case "file_not_found":
      return wire(404, "not_found_error", `File ${problem.path} not found.`);
    case "file_conflict":
      return wire(409, "conflict_error", `${problem.path}: ${problem.why}.`, {
        "x-should-retry": "false", // the official SDKs retry a 409 otherwise
      });
    case "path_not_found":
      return wire(404, "not_found_error", `There is nothing at ${problem.path}.`);
    case "method_not_allowed": {
      const allow = problem.allow.join(", ");
      const message = `${problem.method} is not possible here; use ${allow}.`;
      return wire(405, "invalid_request_error", message, { allow });
    }
    case "message_id_taken":
      return wire(
        409,
        "conflict_error",
        `Message ${problem.messageId} was started with another body.`,
        { "x-should-retry": "false" }, // the official SDKs retry a 409 otherwise
      );
    case "not_supported":
      return wire(
        400,
        "invalid_request_error",
        `Model ${problem.model} does not support ${problem.feature}: its upstream cannot be asked.`,
      );
    case "request_too_large": {
      const mebibytes = Math.floor(problem.limitBytes / 1024 ** 2);
      return wire(413, "request_too_large", `A request may be ${mebibytes} MiB at most.`);
    }
    case "too_many_requests":
      return wire(
        429,
        "rate_limit_error",
        "Too many messages were started; try again later.",
        retryAfter(problem.retryAfterSeconds),
      );
    case "too_many_observers":
      return wire(
        429,
        "rate_limit_error",
        `A message can be observed by ${problem.limit} connections at once.`,
        retryAfter(problem.retryAfterSeconds),
      );
    case "bad_setting":
      return wire(500, "api_error", `Setting ${problem.setting}: ${problem.message}`);
    case "stalled":
      return wire(
        504,
        "timeout_error",
        `The upstream sent nothing for ${problem.seconds} seconds.`,
      );
    case "deadline":
      return wire(504, "timeout_error", `The run took longer than ${problem.seconds} seconds.`);
    case "interrupted":
      return wire(
        500,
        "api_error",
        `The run was interrupted by a restart of this service (attempt ${problem.attempts}).`,
      );
    case "output_mismatch":
      return wire(
        500,
        "api_error",
        `The upstream's answer does not fit output_config.format. ${problem.message}`,
        { "x-should-retry": "false" }, // what was answered is kept; the same again costs the same
      );
    case "upstream": {
      const { type, message } = problem.error;
      const headers = retryAfter(problem.retryAfterSeconds);
      return wire(statusOf(type), type, message, headers);
    }
    case "unavailable":
      return wire(
        503,
        "api_error",
        "The message is being moved or is overloaded; try again.",
        retryAfter(problem.retryAfterSeconds),
      );
    case "internal":
      return wire(500, "api_error", "An error of this service; it has been logged.");
  }
}

/** The answer to a request that failed. */
export function toResponse(problem: Problem, requestId: string): Response {
  const { status, headers, error, detail } = toWire(problem);
  return Response.json(
    { type: "error", error, detail, request_id: requestId },
    { status, headers: { ...headers, "request-id": requestId } },
  );
}

function wire(
  status: WireProblem["status"],
  type: string,
  message: string,
  headers: Record<string, string> = {},
): WireProblem {
  return { status, headers, error: { type, message }, detail: message };
}

/** Own entries only: `type` comes from far away. */
function statusOf(type: string): WireProblem["status"] {
  return Object.hasOwn(STATUS_BY_TYPE, type) ? (STATUS_BY_TYPE[type] ?? 500) : 500;
}

function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { "retry-after": String(Math.ceil(seconds)) };
}

/** `body.messages.0.role: expected …`, for people and for SDKs that read only the message. */
export function toSentence({ loc, msg }: Issue): string {
  return `${loc.join(".")}: ${msg}`;
}
