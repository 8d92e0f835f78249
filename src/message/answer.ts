// How a start is answered, and those who wait for a message over HTTP.

import { whenAborted } from "../lib/when-aborted.ts";
import { type Problem, toResponse } from "../protocol/errors.ts";
import { parseFormat } from "../protocol/projections/format.ts";
import type { Completion } from "./completion.ts";
import { toView } from "./projected.ts";
import { watch } from "./sse.ts";

/** What a start comes to. */
export type Started =
  | { outcome: "started" | "known"; completion: Completion }
  | { outcome: "refused"; problem: Problem };

/** That it was started, now or before. */
export function acknowledge({
  outcome,
  completion,
}: Exclude<Started, { outcome: "refused" }>): Response {
  const message = outcome === "started" ? "Message started." : "Message was started before.";
  const { status, opening } = completion;
  return Response.json({ message_id: opening.messageId, status, message });
}

export function refuse(request: Request, problem: Problem): Response {
  return toResponse(problem, request.headers.get("request-id") ?? "");
}

/**
 * As the synchronous endpoint does it: whole, or with `stream=true` its events. Undefined where it was
 * deleted meanwhile. No more than `limit` may watch.
 */
export async function answer(
  completion: Completion,
  request: Request,
  query: URLSearchParams,
  limit: number,
): Promise<Response | undefined> {
  const streamed = query.get("stream") === "true";
  // A message that nobody else can name is of no use to anybody once its only reader has gone.
  if (query.get("owned") === "true") {
    whenAborted(request.signal, () => completion.cancel());
  }
  await (streamed ? completion.feed.opened : completion.ended);
  if (completion.isErased) return undefined;
  const { problem } = completion;
  // As upstreams do: a failure before the first event is an HTTP error, a later one an event.
  if (problem && !(streamed && completion.feed.hasMessage)) return refuse(request, problem);
  if (!streamed) return Response.json(completion.toMessage());
  const crowded = completion.feed.crowded(limit);
  if (crowded) return refuse(request, crowded);
  const wanted = parseFormat(query);
  const view = toView(completion.opening, 0, wanted.ok ? wanted.format : undefined);
  return watch(completion, request, view);
}
