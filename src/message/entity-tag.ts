// What a reader has already: answers that are its owner's alone, and can be asked for again for nothing.

/** What is in a log is its owner's, and may be deleted: no cache may hand it out without asking. */
export const ASK_FIRST = { "cache-control": "private, no-cache" };

/** What `whole` makes; or that nothing has changed, where the request names the tag in `headers` as known. */
export function unlessKnown(
  request: Request,
  headers: Record<string, string> & { etag: string },
  whole: () => Response,
): Response {
  return isKnown(request, headers.etag) ? new Response(null, { status: 304, headers }) : whole();
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
function isKnown({ headers }: Request, etag: string): boolean {
  const known = (headers.get("if-none-match") ?? "").split(",").map((one) => one.trim());
  return known.includes("*") || known.includes(etag) || known.includes(`W/${etag}`);
}
