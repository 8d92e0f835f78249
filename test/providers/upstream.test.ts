// One request upstream: what is sent, every way it can fail, and how it stops. Against a real
// server that does what each script says.

import type { EventSourceMessage } from "eventsource-parser";
import { describe, expect, inject, test } from "vitest";
import type { UpstreamFailure } from "../../src/providers/failure.ts";
import { openEventStream, toHeaderValue } from "../../src/providers/upstream.ts";
import {
  type Answer,
  aborted,
  createScript,
  openGate,
  requested,
  type Script,
  type Step,
  seen,
  toPrompt,
} from "../support/script.ts";

const emulator = inject("emulator");
const NEVER = new AbortController().signal;

function open(
  script: Script,
  signal: AbortSignal = NEVER,
  headers: HeadersInit = {},
): AsyncGenerator<EventSourceMessage[], void, void> {
  const body = { model: "m", messages: [{ role: "user", content: toPrompt(script) }] };
  return openEventStream(`${emulator}/any/path`, { headers, body }, signal);
}

async function failureOf(stream: AsyncIterable<unknown>): Promise<Partial<UpstreamFailure>> {
  try {
    for await (const _ of stream);
  } catch (error) {
    const { name, type, message, retryable, retryAfterSeconds } = error as UpstreamFailure;
    return { name: name as "UpstreamFailure", type, message, retryable, retryAfterSeconds };
  }
  throw new Error("it did not fail");
}

test("sends JSON, asks for events, and yields them as they come", async () => {
  const script = createScript([
    { send: "data: 1\n\ndata: 2\n\n" },
    { gate: "more" },
    { send: "data: 3\n\n" },
  ]);
  const data: string[] = [];
  for await (const piece of open(script, NEVER, { "x-api-key": "secret" })) {
    data.push(...piece.map((message) => message.data));
    if (data.length === 2) await openGate(emulator, script.id, "more");
  }
  expect(data).toEqual(["1", "2", "3"]);
  const { requests } = await seen(emulator, script.id);
  expect(requests).toMatchObject([
    {
      method: "POST",
      path: "/any/path",
      headers: {
        accept: "text/event-stream",
        "content-type": "application/json",
        "x-api-key": "secret",
      },
      body: { model: "m" },
      aborted: false,
    },
  ]);
});

test("a media type may have parameters and capitals", async () => {
  const headers = { "content-type": "Text/Event-Stream; charset=utf-8" };
  const script = createScript({ steps: [{ send: "data: 1\n\n" }], headers });
  const pieces = [];
  for await (const piece of open(script)) pieces.push(...piece);
  expect(pieces).toHaveLength(1);
});

const json = (value: unknown): Step[] => [{ send: JSON.stringify(value) }];
const refusal = (status: number, value: unknown, headers = {}): Answer => {
  return { status, headers, steps: json(value) };
};
const error = (type: string, message: string) => ({ type: "error", error: { type, message } });
const html = { "content-type": "text/html; charset=utf-8" };

/** What the upstream answers; type, message, retryable, seconds to wait. */
const FAILURES: Record<string, [Answer, string, string, boolean, number?]> = {
  "Anthropic's error": [
    refusal(400, error("invalid_request_error", "max_tokens: too large")),
    "invalid_request_error",
    "max_tokens: too large",
    false,
  ],
  "Anthropic's own type before the status": [
    refusal(400, error("not_found_error", "model: x")),
    "not_found_error",
    "model: x",
    false,
  ],
  "OpenAI's error": [
    refusal(404, { error: { message: "no such model", type: "model_error", code: "x" } }),
    "not_found_error",
    "no such model",
    false,
  ],
  "OpenAI's quota that is used up": [
    refusal(429, { error: { message: "no money", type: "insufficient_quota", code: null } }),
    "rate_limit_error",
    "no money",
    false,
  ],
  "FastAPI's detail": [
    refusal(401, { detail: "Not authenticated" }),
    "authentication_error",
    "Not authenticated",
    false,
  ],
  "FastAPI's list of details": [
    refusal(422, { detail: [{ loc: ["body", "seed"], msg: "too big" }, { msg: "odd" }] }),
    "invalid_request_error",
    "body.seed: too big; odd",
    false,
  ],
  "vLLM's error": [
    refusal(400, { object: "error", message: "unknown parameter", code: 400 }),
    "invalid_request_error",
    "unknown parameter",
    false,
  ],
  "Google's error, in a list": [
    refusal(400, [{ error: { code: 400, message: "No such field", status: "INVALID_ARGUMENT" } }]),
    "invalid_request_error",
    "No such field",
    false,
  ],
  "Cloudflare's errors": [
    refusal(400, { success: false, errors: [{ code: 5007, message: "No such model" }] }),
    "invalid_request_error",
    "No such model (5007)",
    false,
  ],
  "a gateway's message": [
    refusal(401, { message: "Unauthorized", request_id: "r" }),
    "authentication_error",
    "Unauthorized",
    false,
  ],
  "Ollama's error": [refusal(403, { error: "not yours" }), "permission_error", "not yours", false],
  "a body that says nothing": [
    refusal(413, {}),
    "request_too_large",
    "The upstream answered with status 413.",
    false,
  ],
  "a body that is not JSON": [
    { status: 502, headers: html, steps: [{ send: "<h1>Bad gateway at 10.0.0.7</h1>" }] },
    "api_error",
    "The upstream answered with status 502.",
    true,
  ],
  "no body": [
    { status: 503, steps: [] },
    "overloaded_error",
    "The upstream answered with status 503.",
    true,
  ],
  "a body without end": [
    { status: 500, steps: [{ send: "x".repeat(70_000) }, { gate: "never" }] },
    "api_error",
    "The upstream answered with status 500.",
    true,
  ],
  "a body that breaks off": [
    { status: 500, steps: [{ send: '{"error":' }, { cut: true }] },
    "api_error",
    "The upstream answered with status 500.",
    true,
  ],
  "a message that repeats the key": [
    refusal(401, error("authentication_error", "no such key: sk-secret, Bearer tok-secret")),
    "authentication_error",
    "no such key: [key], Bearer [key]",
    false,
  ],
  "too many requests": [
    refusal(429, error("rate_limit_error", "slow down"), { "retry-after": "7" }),
    "rate_limit_error",
    "slow down",
    true,
    7,
  ],
  "too many requests, in milliseconds": [
    refusal(429, error("rate_limit_error", "slow down"), { "retry-after-ms": "250" }),
    "rate_limit_error",
    "slow down",
    true,
    0.25,
  ],
  overload: [
    refusal(529, error("overloaded_error", "Overloaded")),
    "overloaded_error",
    "Overloaded",
    true,
  ],
  "an error that must not be retried": [
    refusal(529, error("overloaded_error", "Overloaded"), { "x-should-retry": "false" }),
    "overloaded_error",
    "Overloaded",
    false,
  ],
  "an error that should be retried": [
    refusal(409, error("conflict_error", "locked"), { "x-should-retry": "true" }),
    "invalid_request_error",
    "locked",
    true,
  ],
  "an error whose type and status disagree": [
    refusal(500, error("invalid_request_error", "odd")),
    "invalid_request_error",
    "odd",
    true,
  ],
  "a redirect": [
    { status: 307, headers: { location: "https://example.com/" }, steps: [] },
    "api_error",
    "The upstream answered with a redirect (307).",
    false,
  ],
  "JSON with an error, as 200": [
    {
      headers: { "content-type": "application/json" },
      steps: json(error("overloaded_error", "busy")),
    },
    "overloaded_error",
    "busy",
    true,
  ],
  "JSON with a caller's error, as 200": [
    {
      headers: { "content-type": "application/json" },
      steps: json(error("invalid_request_error", "no")),
    },
    "invalid_request_error",
    "no",
    false,
  ],
  "JSON without an error, as 200": [
    { headers: { "content-type": "application/json" }, steps: json({ type: "message" }) },
    "api_error",
    "The upstream answered with application/json instead of an event stream.",
    false,
  ],
  "a page, as 200": [
    { headers: html, steps: [{ send: "<h1>Log in</h1>" }] },
    "api_error",
    "The upstream answered with text/html instead of an event stream.",
    false,
  ],
  "nothing, as 204": [
    { status: 204, headers: { "content-type": "" }, steps: [] },
    "api_error",
    "The upstream answered with no content type instead of an event stream.",
    false,
  ],
  "a stream that breaks off": [
    { steps: [{ send: "data: 1\n\n" }, { cut: true }] },
    "api_error",
    "The upstream's connection broke off.",
    true,
  ],
  "a connection that breaks before it answers": [
    { steps: [{ cut: true }] },
    "api_error",
    "The upstream could not be reached.",
    true,
  ],
};

test.for(Object.entries(FAILURES))(
  "%s",
  async ([, [answer, type, message, retryable, seconds]]) => {
    const headers = { "x-api-key": "sk-secret", authorization: "Bearer tok-secret" };
    expect(await failureOf(open(createScript(answer), NEVER, headers))).toEqual({
      name: "UpstreamFailure",
      type,
      message,
      retryable,
      retryAfterSeconds: seconds,
    });
  },
);

test.for([
  "http://127.0.0.1:1/refused",
  "http://nowhere.invalid/",
  emulator.replace("http:", "https:"), // speaks no TLS
])("%s cannot be reached", async (url) => {
  expect(await failureOf(openEventStream(url, { headers: {}, body: {} }, NEVER))).toEqual({
    name: "UpstreamFailure",
    type: "api_error",
    message: "The upstream could not be reached.",
    retryable: true,
    retryAfterSeconds: undefined,
  });
});

describe("stopping", () => {
  const reason = new Error("cancelled");
  const held: Step[] = [{ send: "data: 1\n\n" }, { gate: "never" }];

  test("an abort while it streams reaches upstream and throws its reason", async () => {
    const controller = new AbortController();
    const script = createScript(held);
    const stream = open(script, controller.signal);
    expect((await stream.next()).value).toHaveLength(1);
    const next = stream.next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    await aborted(emulator, script.id);
  });

  test("an abort before the answer reaches upstream and throws its reason", async () => {
    const controller = new AbortController();
    const script = createScript([{ gate: "never" }]);
    const next = open(script, controller.signal).next();
    await requested(emulator, script.id);
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    await aborted(emulator, script.id);
  });

  test("an abort while an error is read throws its reason", async () => {
    const controller = new AbortController();
    const script = createScript({ status: 500, steps: [{ send: "{" }, { gate: "never" }] });
    const next = open(script, controller.signal).next();
    await requested(emulator, script.id);
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    await aborted(emulator, script.id);
  });

  test("an error body is left once enough of it is read", async () => {
    const steps: Step[] = [{ send: "x".repeat(70_000) }, { gate: "never" }];
    const script = createScript({ status: 500, steps });
    await failureOf(open(script));
    await aborted(emulator, script.id);
  });

  test("a signal that has aborted sends nothing", async () => {
    const script = createScript(held);
    await expect(open(script, AbortSignal.abort(reason)).next()).rejects.toBe(reason);
    expect((await seen(emulator, script.id)).requests).toEqual([]);
  });

  test("a consumer that stops reaches upstream", async () => {
    const script = createScript(held);
    for await (const _ of open(script)) break;
    await aborted(emulator, script.id);
  });
});

test.for([
  ["order 66", "order 66"],
  ["a\r\nx-evil: 1", "a%0D%0Ax-evil: 1"],
  ["größe", "gr%C3%B6%C3%9Fe"],
  ["\u{1F44B}\uD800", "%F0%9F%91%8B%EF%BF%BD"],
] as const)("%j is sent in a header as %s", ([text, value]) => {
  expect(toHeaderValue(text)).toBe(value);
  expect(new Headers({ x: toHeaderValue(text) }).get("x")).toBe(value);
});
