// Errors as upstreams write them down, in a body or inside a stream: their many shapes read into
// ours. Pure.

import { isRecord } from "../lib/zod-kinds.ts";
import { isUpstreamErrorType, type UpstreamErrorType, UpstreamFailure } from "./failure.ts";

/** What may be gone a little later, where no HTTP status says so. */
const RETRYABLE_TYPES = new Set<UpstreamErrorType>([
  "rate_limit_error",
  "overloaded_error",
  "timeout_error",
  "api_error",
]);

export function isRetryableType(type: UpstreamErrorType): boolean {
  return RETRYABLE_TYPES.has(type);
}

/** The error that an upstream reports inside its stream. Pure. */
export function toStreamFailure(json: unknown): UpstreamFailure {
  const { type = "api_error", message } = findError(json);
  const retryable = isRetryableType(type);
  return new UpstreamFailure(type, message ?? "The upstream reported an error.", { retryable });
}

/**
 * Type and message out of an error body, in any of the shapes vendors use: `{error: {type,
 * message}}` (Anthropic, OpenAI), `{error: "…"}` (Ollama), `{object: "error", message}` (vLLM),
 * `{detail: "…" | [{loc, msg}]}` (FastAPI).
 */
export function findError(json: unknown): { type?: UpstreamErrorType; message?: string } {
  if (!isRecord(json)) return {};
  const { error, detail } = json;
  if (isRecord(error)) {
    return {
      ...(isUpstreamErrorType(error.type) && { type: error.type }),
      ...toMessage(error.message),
    };
  }
  if (error !== undefined && error !== null) return toMessage(error);
  if (json.object === "error" || json.type === "error") return toMessage(json.message);
  if (!Array.isArray(detail)) return toMessage(detail);
  const sentences = detail.filter(isRecord).map(({ loc, msg }) => {
    return Array.isArray(loc) ? `${loc.join(".")}: ${msg}` : `${msg}`;
  });
  return toMessage(sentences.join("; "));
}

function toMessage(value: unknown): { message?: string } {
  if (typeof value !== "string" || value === "") return {};
  return { message: value };
}
