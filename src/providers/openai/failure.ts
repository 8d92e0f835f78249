// Errors inside a stream of chat completion chunks, which comes with status 200. Pure.
// How an error body is shaped is `error-body.ts`'s knowledge; here is what its words mean.

import { isRecord } from "../../lib/zod-kinds.ts";
import { findError, isRetryableType, isUsedUp } from "../error-body.ts";
import {
  isRetryableStatus,
  isUpstreamErrorType,
  toErrorType,
  type UpstreamErrorType,
  UpstreamFailure,
} from "../failure.ts";

/** Words in the `type` and `code` of errors, the first that fits decides. */
const TYPES_BY_WORD: [RegExp, UpstreamErrorType][] = [
  [/rate.?limit|quota|too.?many/i, "rate_limit_error"],
  [/overload|capacity|unavailable/i, "overloaded_error"],
  [/time.?out/i, "timeout_error"],
  [/authenticat|unauthorized|api.?key/i, "authentication_error"],
  [/permission|forbidden/i, "permission_error"],
  [/not.?found/i, "not_found_error"],
  [/too.?large/i, "request_too_large"],
  [/invalid|bad.?request|context.?length|unsupported/i, "invalid_request_error"],
];

/** The failure that `json` reports in place of a chunk; undefined where it is no error. */
export function findStreamFailure(json: Record<string, unknown>): UpstreamFailure | undefined {
  const named = errorOf(json);
  const { message } = findError(named ? { error: named } : json);
  const alone = json.choices === undefined && message !== undefined;
  if (!named && !alone) return undefined;

  const error = isRecord(named) ? named : json;
  const status = Number(error.code ?? error.status_code);
  const said = `${error.type ?? ""} ${error.code ?? ""}`;
  const known = Number.isInteger(status) && status >= 400 && status < 600;
  const type =
    known && !isUpstreamErrorType(error.type) ? toErrorType(status) : toType(error.type, said);
  const again = known ? isRetryableStatus(status) : isRetryableType(type);
  return new UpstreamFailure(type, message ?? "The upstream reported an error.", {
    retryable: again && !isUsedUp(error),
  });
}

/** What is named an error: by the chunk, by its answer as OpenRouter does, or by Groq beside it. */
function errorOf({ error, choices, x_groq }: Record<string, unknown>): unknown {
  const [choice] = Array.isArray(choices) ? choices : [];
  return error || (isRecord(choice) && choice.error) || (isRecord(x_groq) && x_groq.error);
}

function toType(type: unknown, said: string): UpstreamErrorType {
  if (isUpstreamErrorType(type)) return type;
  return TYPES_BY_WORD.find(([words]) => words.test(said))?.[1] ?? "api_error";
}
