// One attempt, on a real connection: what comes of it, and what is left of it.

import { afterEach, expect, inject, test, vi } from "vitest";
import { deliver } from "../../src/webhooks/delivery.ts";
import { type Answer, createEndpoint, receivedAt } from "../support/receiver.ts";
import { watchTimers } from "../support/timers.ts";

const SECRETS = [new Uint8Array(32)];

afterEach(() => {
  vi.restoreAllMocks();
});

function attempt(url: string, { timeoutMs = 5_000, signal = new AbortController().signal } = {}) {
  return deliver({ url, id: "evt_1", body: "{}", secrets: SECRETS, timeoutMs, signal });
}

const endpointFor = (answer: Answer) => createEndpoint(inject("receiver"), answer);

test.for<[Answer, outcome: unknown]>([
  ["200", { status: 200 }],
  ["302", { status: 302 }],
  ["503+60", { status: 503, retryAfterSeconds: 60 }],
  ["flood", { status: 200 }],
  ["cut", "unreachable"],
])("%s", async ([answer, outcome]) => {
  const pending = watchTimers();
  const url = endpointFor(answer);
  expect(await attempt(url)).toEqual(outcome);
  const [delivery, ...more] = await receivedAt(url, 1);
  expect(more).toEqual([]);
  expect(delivery?.body).toBe("{}");
  expect(pending()).toEqual([]);
});

test("an answer without an end is not read", async () => {
  const url = endpointFor("flood");
  await attempt(url);
  await expect.poll(async () => (await receivedAt(url, 1))[0]?.isLeft).toBe(true);
});

test("a receiver that does not answer is left", async () => {
  const url = endpointFor("hang");
  expect(await attempt(url, { timeoutMs: 100 })).toBe("unreachable");
  await expect.poll(async () => (await receivedAt(url, 1))[0]?.isLeft).toBe(true);
});

test("so is one that is no longer to be told", async () => {
  const url = endpointFor("hang");
  const stop = new AbortController();
  const answer = attempt(url, { signal: stop.signal });
  await receivedAt(url, 1);
  stop.abort();
  expect(await answer).toBe("unreachable");
});

test.for(["http://127.0.0.1:1/", "https://nobody.invalid/"])("nobody is there: %s", async (url) => {
  expect(await attempt(url)).toBe("unreachable");
});

test("a receiver that speaks no TLS", async () => {
  expect(await attempt(endpointFor("200").replace("http:", "https:"))).toBe("unreachable");
});
