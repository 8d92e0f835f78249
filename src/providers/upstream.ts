// One request to an upstream that answers with an event stream, or with JSON, and what each way it
// can fail means. Knows HTTP; what the answer says is the dialect's business.

import type { EventSourceMessage } from "eventsource-parser";
import { parseRetryAfter } from "../lib/retry-after.ts";
import { isRecord } from "../lib/zod-kinds.ts";
import { findRefusal, isRetryableType, isUsedUp } from "./error-body.ts";
import { readEventStream } from "./event-stream.ts";
import { isRetryableStatus, toErrorType, UpstreamFailure } from "./failure.ts";

/** An error body is read this far. */
const MAX_ERROR_BODY_BYTES = 64 * 1024;

/** So is an answer in JSON: a list of tokens may be long. */
const MAX_JSON_BYTES = 16 * 1024 ** 2;

export interface Posting {
  headers: HeadersInit;
  body: unknown;
}

/**
 * POSTs `body` as JSON and yields the answer's events, piece by piece (see `readEventStream`). The
 * request is sent when the first piece is asked for.
 *
 * Throws `UpstreamFailure` for whatever the far side does wrong, and the reason of `signal` once
 * that has aborted.
 */
export async function* openEventStream(
  url: string,
  posting: Posting,
  signal: AbortSignal,
): AsyncGenerator<EventSourceMessage[], void, void> {
  const { response, secrets } = await post(url, posting, "text/event-stream", signal);
  if (!isEventStream(response)) throw await readFailure(response, secrets, signal);
  try {
    yield* readEventStream(response.body);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UpstreamFailure) throw error;
    throw new UpstreamFailure("api_error", "The upstream's connection broke off.", {
      retryable: true,
    });
  }
}

/** POSTs `body` as JSON and reads the JSON that is the answer. Fails as `openEventStream` does. */
export async function postJson(
  url: string,
  posting: Posting,
  signal: AbortSignal,
): Promise<unknown> {
  const { response, secrets } = await post(url, posting, "application/json", signal);
  if (!response.ok) throw await readFailure(response, secrets, signal);
  const json = parseJson(await readStart(response, MAX_JSON_BYTES));
  signal.throwIfAborted();
  if (json !== undefined) return json;
  throw new UpstreamFailure("api_error", "The upstream answered with something that is not JSON.");
}

async function post(url: string, { headers, body }: Posting, accept: string, signal: AbortSignal) {
  const sent = new Headers(headers);
  sent.set("accept", accept);
  sent.set("content-type", "application/json");
  const init: RequestInit = { method: "POST", headers: sent, body: JSON.stringify(body), signal };
  const response = await fetch(url, { ...init, redirect: "manual" }).catch(() => {
    signal.throwIfAborted();
    // Why it could not be reached names hosts and ports of ours: nothing a caller should read.
    throw new UpstreamFailure("api_error", "The upstream could not be reached.", {
      retryable: true,
    });
  });
  return { response, secrets: secretsOf(sent) };
}

/** Text as a header may carry it: what is not printable ASCII is percent-encoded. */
export function toHeaderValue(text: string): string {
  return text.toWellFormed().replace(/[^ -~]/gu, encodeURIComponent);
}

function isEventStream(
  response: Response,
): response is Response & { body: ReadableStream<Uint8Array> } {
  return response.ok && response.body !== null && mediaType(response) === "text/event-stream";
}

function mediaType(response: Response): string {
  return (response.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

async function readFailure(
  response: Response,
  secrets: string[],
  signal: AbortSignal,
): Promise<UpstreamFailure> {
  const text = await readStart(response, MAX_ERROR_BODY_BYTES);
  signal.throwIfAborted();
  return toFailure(response, text, secrets);
}

/** What an answer that is not the one asked for means. */
function toFailure(response: Response, text: string, secrets: string[]): UpstreamFailure {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    return new UpstreamFailure("api_error", `The upstream answered with a redirect (${status}).`);
  }
  const json = parseJson(text);
  const found = findRefusal(json);
  const message = found.message && withoutSecrets(found.message, secrets);
  if (response.ok && message === undefined) {
    const came = mediaType(response) || "no content type";
    const expected = "instead of an event stream";
    return new UpstreamFailure("api_error", `The upstream answered with ${came} ${expected}.`);
  }
  const type = found.type ?? toErrorType(status);
  const mayPass = response.ok ? isRetryableType(type) : isRetryableStatus(status);
  const judged = mayPass && !(isRecord(json) && isUsedUp(json.error));
  const told = headers.get("x-should-retry");
  return new UpstreamFailure(type, message ?? `The upstream answered with status ${status}.`, {
    retryable: told === "true" || (told !== "false" && judged),
    retryAfterSeconds: parseRetryAfter(headers, Date.now()),
  });
}

/** Some servers repeat the key they refuse. */
function withoutSecrets(message: string, secrets: string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, "[key]"), message);
}

function secretsOf(headers: Headers): string[] {
  const bearer = headers.get("authorization")?.replace(/^Bearer /i, "");
  return [bearer, headers.get("x-api-key")].flatMap((secret) => secret || []);
}

/** The first bytes of a body as text. A body that breaks is as good as what came of it. */
async function readStart(response: Response, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    while (reader && bytes < maxBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // Said above.
  }
  await reader?.cancel().catch(() => {});
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
