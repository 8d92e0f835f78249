// The protocols that a log can be told in beside its own, by the names that callers know them by.

import type { Issue } from "../errors.ts";

export const FORMATS = ["openai", "ui-message-stream"] as const;
export type Format = (typeof FORMATS)[number];

/** Undefined for the events as they are. */
export type ParsedFormat = { ok: true; format: Format | undefined } | { ok: false; issue: Issue };

/** `offered`: those that the transport can carry. */
export function parseFormat(
  query: URLSearchParams,
  offered: readonly Format[] = FORMATS,
): ParsedFormat {
  const name = query.get("format");
  const format = offered.find((known) => known === name);
  if (name === null || format) return { ok: true, format };
  const names = FORMATS.map((known) => `\`${known}\``).join(" or ");
  const msg = `must be ${names}, over Server-Sent Events`;
  return { ok: false, issue: { loc: ["query", "format"], msg, type: "value_error" } };
}
