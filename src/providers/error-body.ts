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
 * message}}` (Anthropic, OpenAI; Google in a list), `{error: "…"}` (Ollama), `{object: "error",
 * message}` (vLLM), `{errors: [{code, message}]}` (Cloudflare), `{detail: "…" | [{loc, msg}]}`
 * (FastAPI).
 */
export function findError(body: unknown): { type?: UpstreamErrorType; message?: string } {
  const json: unknown = Array.isArray(body) ? body[0] : body;
  if (!isRecord(json)) return {};
  const { error, errors, detail } = json;
  if (isRecord(error)) {
    return {
      ...(isUpstreamErrorType(error.type) && { type: error.type }),
      ...toMessage(error.message),
    };
  }
  if (error !== undefined && error !== null) return toMessage(error);
  if (json.object === "error" || json.type === "error") return toMessage(json.message);
  if (Array.isArray(errors) && isRecord(errors[0])) {
    const { code, message } = errors[0];
    return toMessage(code == null ? message : `${message} (${code})`);
  }
  if (!Array.isArray(detail)) return toMessage(detail);
  const sentences = detail.filter(isRecord).map(({ loc, msg }) => {
    return Array.isArray(loc) ? `${loc.join(".")}: ${msg}` : `${msg}`;
  });
  return toMessage(sentences.join("; "));
}

/** The same out of the body of a refusal, where a message alone tells of it too: gateways say no more. */
export function findRefusal(json: unknown): { type?: UpstreamErrorType; message?: string } {
  const found = findError(json);
  if (found.message !== undefined || !isRecord(json)) return found;
  return { ...found, ...toMessage(json.message) };
}

/** A quota that is used up looks like a rate limit, but does not come back by waiting. */
export function isUsedUp(error: unknown): boolean {
  return isRecord(error) && /quota/i.test(`${error.type ?? ""} ${error.code ?? ""}`);
}

function toMessage(value: unknown): { message?: string } {
  if (typeof value !== "string" || value === "") return {};
  return { message: value };
}
