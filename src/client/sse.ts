// A line over Server-Sent Events, by `fetch`: EventSource can neither send a key nor begin anywhere
// but at the start.

import type { Ending } from "./course.ts";
import { broken, type Line, toSign } from "./line.ts";
import { toProblem } from "./problem.ts";
import { createSseParser } from "./sse-parser.ts";
import { type Patience, within } from "./timing.ts";

/** `ask` sends the request. Nothing is read from the line before what came has been taken. */
export async function* readSse(
  ask: (signal: AbortSignal) => Promise<Response>,
  patience: Patience,
): Line {
  const leaving = new AbortController();
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const response = await within(ask(leaving.signal), patience);
    const refusal = await refusalOf(response);
    if (refusal) return refusal;
    yield "open";
    reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const parse = createSseParser();
    for (;;) {
      const { done, value } = await within(reader.read(), patience);
      if (done) return broken("it ended before the message did");
      yield "alive";
      for (const { id, data } of parse(value)) yield toSign(id, data);
    }
  } catch (cause) {
    return broken(cause);
  } finally {
    leaving.abort();
    reader?.cancel().catch(() => {}); // broken already, where this fails
  }
}

/** How an answer that is no stream ends the line; undefined for a stream. */
export async function refusalOf(response: Response): Promise<Ending | undefined> {
  if (response.status === 204) return { kind: "over" };
  if (!response.ok) return { kind: "refused", problem: await toProblem(response) };
  const type = response.headers.get("content-type") ?? "nothing";
  return type.startsWith("text/event-stream") ? undefined : broken(`${type} came`);
}
