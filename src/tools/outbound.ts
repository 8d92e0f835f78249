// The one way in which tools fetch an address that a request or a model named: judged before every
// hop, bounded in bytes and time, without cookies or credentials. What the bytes mean is for others.

import { concat } from "../lib/bytes.ts";
import { createTimeLimit } from "../lib/time-limit.ts";

const MAX_REDIRECTS = 5;

/** Says who is there, so that a site can keep it out. */
const USER_AGENT = "async-messages/0.1 (a tool of a language model)";

/** What a fetch is undone from; a body in any other encoding would reach us as it is. */
const DECODED = new Set(["", "identity", "gzip", "br"]);

/** Why an address must not be reached, as a sentence without its subject; undefined: it may. */
export type Judge = (address: string) => string | undefined;

export interface OutboundRules {
  judge: Judge;
  /** Of a body, after decompression. */
  maxBytes: number;
  /** For everything: redirects, headers and body. */
  timeoutMs: number;
}

export interface Visit {
  /** The `accept` header. */
  accept: string;
  signal: AbortSignal;
  /** What the caller has against an address, beside what the rules have. */
  judge?: Judge;
}

export interface Fetched {
  /** Where the last redirect led. */
  url: string;
  /** The header; empty where there is none. */
  contentType: string;
  bytes: Uint8Array;
}

export type Refusal =
  | { reason: "forbidden"; why: string; isRedirect: boolean }
  | { reason: "unreachable" }
  | { reason: "too_slow"; seconds: number }
  | { reason: "broken" }
  | { reason: "status"; status: number }
  | { reason: "too_many_redirects" }
  | { reason: "too_large"; maxBytes: number }
  | { reason: "encoding" };

export type Reply = { ok: true; fetched: Fetched } | { ok: false; refusal: Refusal };

/** Fetches `address`. Throws only when the visit's signal has aborted, its reason. */
export type Outbound = (address: string, visit: Visit) => Promise<Reply>;

/** What a model reads of a refusal: nothing of the address, which may be long or secret. */
export function toSentence(refusal: Refusal): string {
  switch (refusal.reason) {
    case "forbidden":
      return refusal.isRedirect
        ? `It redirects to an address that cannot be fetched: that ${refusal.why}.`
        : `The address cannot be fetched: it ${refusal.why}.`;
    case "unreachable":
      return "The server could not be reached.";
    case "too_slow":
      return `The server took longer than ${refusal.seconds} seconds.`;
    case "broken":
      return "The connection broke off, or what came cannot be decompressed.";
    case "status":
      return `The server answered with status ${refusal.status}.`;
    case "too_many_redirects":
      return `It redirects more than ${MAX_REDIRECTS} times.`;
    case "too_large":
      return `It is larger than ${Math.floor(refusal.maxBytes / 1024)} KB.`;
    case "encoding":
      return "It is compressed in a way that is not understood here.";
  }
}

export function createOutbound(rules: OutboundRules): Outbound {
  return async (address, visit) => {
    visit.signal.throwIfAborted();
    const limit = createTimeLimit(rules.timeoutMs);
    const signal = AbortSignal.any([visit.signal, limit.signal]);
    try {
      return await follow(address, { ...visit, signal }, rules);
    } catch (error) {
      visit.signal.throwIfAborted();
      // Why it failed names hosts and ports: nothing for a model to read.
      if (limit.signal.aborted) {
        return refused({ reason: "too_slow", seconds: rules.timeoutMs / 1000 });
      }
      return refused({ reason: error instanceof BrokenBody ? "broken" : "unreachable" });
    } finally {
      limit.stop();
    }
  };
}

class BrokenBody extends Error {}

async function follow(address: string, visit: Visit, rules: OutboundRules): Promise<Reply> {
  let next = address;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const why = rules.judge(next) ?? visit.judge?.(next);
    if (why !== undefined) {
      return refused({ reason: "forbidden", why, isRedirect: redirects > 0 });
    }
    // What is reached is what was judged, whoever parses it.
    const { href } = new URL(next);
    const response = await fetch(href, {
      redirect: "manual",
      cache: "no-store",
      headers: { accept: visit.accept, "user-agent": USER_AGENT },
      signal: visit.signal,
    });
    const target = redirectOf(response, href);
    if (target === undefined) return read(response, href, rules);
    await response.body?.cancel();
    next = target;
  }
  return refused({ reason: "too_many_redirects" });
}

function redirectOf({ status, headers }: Response, base: string): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const location = headers.get("location");
  return location === null ? undefined : URL.parse(location, base)?.href;
}

async function read(response: Response, url: string, { maxBytes }: OutboundRules): Promise<Reply> {
  const { status, ok, headers, body } = response;
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (!ok || !DECODED.has(encoding)) {
    await body?.cancel();
    return refused(ok ? { reason: "encoding" } : { reason: "status", status });
  }
  const bytes = body ? await readBytes(body, maxBytes) : new Uint8Array();
  if (!bytes) return refused({ reason: "too_large", maxBytes });
  return { ok: true, fetched: { url, contentType: headers.get("content-type") ?? "", bytes } };
}

/** Undefined as soon as there are more than `maxBytes`, whatever is still to come. */
async function readBytes(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new BrokenBody();
    });
    if (done) return concat(pieces);
    pieces.push(value);
    size += value.byteLength;
    if (size > maxBytes) break;
  }
  await reader.cancel();
  return undefined;
}

function refused(refusal: Refusal): Reply {
  return { ok: false, refusal };
}
