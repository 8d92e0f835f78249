// What a far side can do wrong, and what it means for trying again.

/** `error.type` of the Messages API (https://docs.claude.com/en/api/errors). */
export type UpstreamErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "not_found_error"
  | "request_too_large"
  | "rate_limit_error"
  | "api_error"
  | "overloaded_error"
  | "timeout_error";

/** A failure of the far side. `type` and `message` may be shown to users: never a key, never a header. */
export class UpstreamFailure extends Error {
  override readonly name = "UpstreamFailure";
  readonly type: UpstreamErrorType;
  /** True when the same request may succeed a little later. */
  readonly retryable: boolean;
  /** How long the far side asked us to wait, in seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    type: UpstreamErrorType,
    message: string,
    options: { retryable?: boolean; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message);
    this.type = type;
    this.retryable = options.retryable ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

const TYPES_BY_STATUS: Record<number, UpstreamErrorType> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  408: "timeout_error",
  413: "request_too_large",
  422: "invalid_request_error",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
  529: "overloaded_error",
};

const KNOWN_TYPES = new Set<string>(Object.values(TYPES_BY_STATUS)).add("api_error");

export function isUpstreamErrorType(type: unknown): type is UpstreamErrorType {
  return typeof type === "string" && KNOWN_TYPES.has(type);
}

/** The error type an HTTP status stands for. Total. */
export function toErrorType(status: number): UpstreamErrorType {
  return (
    TYPES_BY_STATUS[status] ??
    (status >= 400 && status < 500 ? "invalid_request_error" : "api_error")
  );
}

/** Whether a request refused with `status` is worth sending again. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
