// The `fetch` through which everything goes out that is meant for one MCP server: where it may go, and
// how much may come back.

import type { Judge } from "../outbound.ts";
import { McpFailure } from "./fault.ts";

/** One answer, or one stream of them. A result beyond it would fill the memory of an object. */
export const MAX_ANSWER_BYTES = 12 * 1024 ** 2;

/**
 * The official client follows redirects within the origin by itself and asks here for each hop, so
 * all of them are judged. `flooded` is called when a server sends more than is taken. Throws
 * `McpFailure`, or the reason of the request's signal.
 */
export function createFetch(judge: Judge, flooded: () => void) {
  return async (address: string | URL, init: RequestInit = {}): Promise<Response> => {
    const sentence = judge(String(address));
    if (sentence !== undefined) throw new McpFailure({ reason: "address_refused", sentence });
    if (isUnasked(init)) return new Response(null, { status: 405 });
    const response = await fetch(address, { ...init, redirect: "manual" }).catch(() => {
      init.signal?.throwIfAborted();
      throw new McpFailure({ reason: "unreachable" });
    });
    if (response.body === null) return response;
    return new Response(limit(response.body, flooded), response);
  };
}

/**
 * The stream on which a server may speak unasked. Nobody here would listen, and each one would be
 * opened anew as often as it ends: the client is told that there is none.
 */
function isUnasked({ method, headers }: RequestInit): boolean {
  return method === "GET" && !new Headers(headers).has("last-event-id");
}

function limit(body: ReadableStream<Uint8Array>, flooded: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch(() => {
        throw new McpFailure({ reason: "vanished" });
      });
      if (done) return controller.close();
      bytes += value.byteLength;
      if (bytes <= MAX_ANSWER_BYTES) return controller.enqueue(value);
      flooded();
      throw new McpFailure({ reason: "too_much", limitBytes: MAX_ANSWER_BYTES });
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
