// One attempt to tell a URL of an end. Whether there is to be another is for schedule.ts.

import { parseRetryAfter } from "../lib/retry-after.ts";
import { createTimeLimit } from "../lib/time-limit.ts";
import type { Answer } from "./schedule.ts";
import { sign } from "./signature.ts";

const USER_AGENT = "async-messages/0.1 (webhook)";

export interface Attempt {
  /** Judged already. */
  url: string;
  /** `webhook-id`. */
  id: string;
  body: string;
  secrets: readonly Uint8Array[];
  /** For everything, up to the headers of the answer. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** Never throws. Of the answer only the headers are read. */
export async function deliver(attempt: Attempt): Promise<Answer> {
  const limit = createTimeLimit(attempt.timeoutMs);
  try {
    const response = await post(attempt, AbortSignal.any([attempt.signal, limit.signal]));
    await response.body?.cancel();
    const retryAfterSeconds = parseRetryAfter(response.headers, Date.now());
    return { status: response.status, retryAfterSeconds };
  } catch {
    return "unreachable"; // why names hosts and ports, and the address is the caller's own
  } finally {
    limit.stop();
  }
}

async function post({ url, id, body, secrets }: Attempt, signal: AbortSignal): Promise<Response> {
  const timestamp = Math.floor(Date.now() / 1000);
  // What is reached is what was judged, whoever parses it.
  return fetch(new URL(url).href, {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/json",
      "user-agent": USER_AGENT,
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": await sign(secrets, { id, timestamp, body }),
    },
    body,
    signal,
  });
}
