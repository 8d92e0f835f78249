// How long a server asks us to wait, read from its headers. Pure: the clock is handed in.

/** A longer wait is told as this: nobody should plan further ahead on a stranger's word. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/**
 * Seconds to wait, with fractions, from `retry-after-ms` (OpenAI's and Azure's) or `retry-after`
 * (seconds or an HTTP date, https://www.rfc-editor.org/rfc/rfc9110#field.retry-after).
 *
 * A date that has passed is 0; more than a day is a day. Anything else, a negative number
 * included, says nothing: undefined.
 */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const milliseconds = parseNumber(headers.get("retry-after-ms"));
  if (milliseconds !== undefined) return clamp(milliseconds / 1000);

  const text = headers.get("retry-after")?.trim() ?? "";
  const seconds = parseNumber(text);
  if (seconds !== undefined) return clamp(seconds);

  // `Date.parse` alone would take "soon 5" or "-1" for a year: an HTTP date ends in GMT.
  const at = text.endsWith("GMT") ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : clamp((at - nowMs) / 1000);
}

function parseNumber(text: string | null): number | undefined {
  return text !== null && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

function clamp(seconds: number): number {
  return Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_SECONDS);
}
