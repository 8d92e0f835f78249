// What a citation is of. Pure.

import { isRecord } from "../../lib/zod-kinds.ts";

/** The address of the page that is cited, or of the document in which a search found it. */
export function addressOf(citation: unknown): string | undefined {
  const { url, source } = isRecord(citation) ? citation : {};
  if (typeof url === "string") return url;
  return typeof source === "string" && /^https?:\/\//.test(source) ? source : undefined;
}
