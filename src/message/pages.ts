// Reading a log page by page, by the Durable Streams protocol (protocol/durable-streams.ts says where
// that is written): what there is, or what comes next.

import { nextCursor, type Reading, StreamHeader, toOffset } from "../protocol/durable-streams.ts";
import { ASK_FIRST, unlessKnown } from "./entity-tag.ts";
import { awaitNews } from "./long-poll.ts";
import { createPageDialect } from "./page-stream.ts";
import type { Form, PagedLog } from "./paged-log.ts";
import { watch } from "./sse.ts";

/** Of every answer (section 10.7). */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "cross-origin",
};
const NO_STORE = { ...HEADERS, "cache-control": "no-store" };
const EVENT_STREAM = {
  ...HEADERS,
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-store, no-transform",
  "x-accel-buffering": "no", // nginx would otherwise keep events until a buffer is full
};

/** How long a long-poll waits, in ms: shorter than proxies do. */
const LONG_POLL_MS = 25_000;

/** The answer to a reader; undefined where the log was deleted while it waited. */
export async function readPages(
  log: PagedLog,
  form: Form,
  reading: Reading,
  request: Request,
  waitMs = LONG_POLL_MS,
): Promise<Response | undefined> {
  if (request.method === "HEAD") {
    const headers = { ...NO_STORE, "content-type": form.contentType, ...standing(log, log.last) };
    return new Response(null, { headers });
  }
  switch (reading.live) {
    case "sse":
      return stream(log, form, reading, request);
    case "long-poll":
      return poll(log, form, reading, request, waitMs);
    case undefined:
      return page(log, form, reading, request);
  }
}

function page(log: PagedLog, form: Form, { after, fromNow }: Reading, request: Request): Response {
  const batch = log.after(after);
  const end = batch?.last ?? after;
  const headers = { "content-type": form.contentType, ...standing(log, end) };
  if (fromNow) return new Response(form.nothing, { headers: { ...NO_STORE, ...headers } });
  const closed = isClosed(log, end) ? ":c" : "";
  const etag = `"${log.tag}:${after}:${end}${closed}"`;
  const tagged = { ...HEADERS, ...ASK_FIRST, ...headers, etag };
  const body = () => (batch ? form.page(batch) : form.nothing);
  return unlessKnown(request, tagged, () => new Response(body(), { headers: tagged }));
}

async function poll(
  log: PagedLog,
  form: Form,
  { after, cursor }: Reading,
  { signal }: Request,
  waitMs: number,
): Promise<Response | undefined> {
  await awaitNews(log, after, signal, waitMs);
  if (log.isErased) return undefined;
  const batch = log.after(after);
  const headers = {
    ...NO_STORE,
    ...standing(log, batch?.last ?? after),
    [StreamHeader.cursor]: nextCursor(cursor, Date.now(), Math.random()),
  };
  if (!batch) return new Response(null, { status: 204, headers });
  return new Response(form.page(batch), {
    headers: { ...headers, "content-type": form.contentType },
  });
}

function stream(log: PagedLog, form: Form, { after, cursor }: Reading, request: Request): Response {
  const dialect = createPageDialect(log, form, after, () =>
    nextCursor(cursor, Date.now(), Math.random()),
  );
  return watch(log, request, { after, dialect: { ...dialect, headers: EVENT_STREAM } });
}

/** Where a reader stands that has everything up to and including `seq`. */
function standing(log: PagedLog, seq: number): Record<string, string> {
  return {
    [StreamHeader.nextOffset]: toOffset(seq),
    ...(seq === log.last && { [StreamHeader.upToDate]: "true" }),
    ...(isClosed(log, seq) && { [StreamHeader.closed]: "true" }),
  };
}

function isClosed(log: PagedLog, seq: number): boolean {
  return log.isEnded && seq === log.last;
}
