// What a client asks of the service, and how often.

import { describe, expect, expectTypeOf, test } from "vitest";
import {
  AsyncMessagesError,
  type Fetch,
  type MessageStatus,
  type StartRequest,
} from "../../src/client/client.ts";
import type { MessageStatus as Answered } from "../../src/message/status.ts";
import { type Problem, toResponse } from "../../src/protocol/errors.ts";
import { ended, status, uniqueId } from "../support/client.ts";
import { LINGER, prepare } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";
import { ask, createClient, here } from "./here.ts";

const client = createClient();

/** A line over which the answers to the first `count` requests get lost, and how many there were. */
function losing(count: number, lose: (response: Response) => Response | Promise<never>) {
  const requests: string[] = [];
  const fetch: Fetch = async (url, init) => {
    requests.push(`${init.method} ${url} ${init.body}`);
    const response = await here(url, init);
    return requests.length > count ? response : lose(response);
  };
  return { fetch, requests };
}

const cut = (): Promise<never> => Promise.reject(new TypeError("fetch failed"));
const cutWithin = (response: Response): Response => {
  const body = new ReadableStream({ start: (controller) => controller.error(new Error("cut")) });
  return new Response(body, response);
};
const says = (problem: Problem) => (): Response => toResponse(problem, "req_test");

describe("each operation", () => {
  test("start, status, message, cancel and delete", async () => {
    const { id, body, requested } = prepare(LINGER);
    const started = await client.start(body as StartRequest, { messageId: id });
    expect(started).toEqual({ message_id: id, status: "pending", message: "Message started." });
    await requested();
    expect(await client.status(id)).toMatchObject({ message_id: id, completed_at: null });
    expect(await client.message(id)).toMatchObject({ id, content: [], stop_reason: null });
    expect(await client.cancel(id)).toMatchObject({ message_id: id, status: "cancelled" });
    expect(await client.message(id)).toMatchObject({ id, status: "cancelled" });
    expect(await client.delete(id)).toBeUndefined();
    await expect(client.status(id)).rejects.toMatchObject({ status: 404 });
  });

  test("the status is what its type says", async () => {
    const { message_id } = await client.start(ask("simulated-1@0"));
    await ended(message_id);
    const { metadata } = await client.status(message_id);
    expect(metadata).toMatchObject({ last_event_id: 6, stop_reason: "end_turn" });
    type Body = Omit<Answered, "metadata">;
    expectTypeOf<Body>().toExtend<Omit<MessageStatus, "metadata">>();
  });

  test("an id is made where none is given, another one each time", async () => {
    const [one, other] = await Promise.all([
      client.start(ask("simulated-1@0")),
      client.start(ask("simulated-1@0")),
    ]);
    expect(one.message_id).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(other.message_id).not.toBe(one.message_id);
  });

  test("an id is never read as a part of the path", async () => {
    const id = `a:b.${uniqueId()}`;
    await client.start(ask("simulated-1@0"), { messageId: id });
    expect((await client.status(id)).message_id).toBe(id);
    const asked: string[] = [];
    const watched = createClient({
      fetch: (url, init) => {
        asked.push(new URL(url).pathname);
        return here(url, init);
      },
    });
    for (const odd of ["../models", "a/b", "a?b#c"]) {
      await expect(watched.status(odd)).rejects.toMatchObject({ status: 422 });
      expect(asked.pop()).toBe(`/v1/messages/async/${encodeURIComponent(odd)}/status`);
    }
  });
});

test("a fetch that will not be anything's method, such as a browser's own", async () => {
  const fetch: Fetch = function (this: unknown, url, init) {
    if (this !== undefined) throw new TypeError("Illegal invocation");
    return here(url, init);
  };
  const unbound = createClient({ fetch });
  const { message_id } = await unbound.start(ask("simulated-1@0"));
  expect(await unbound.observe(message_id).text()).not.toBe("");
});

describe("an answer that gets lost", () => {
  test.for([
    ["all of it", cut],
    ["in the middle", cutWithin],
  ] as const)("%s: the message is started once", async ([, lose]) => {
    const { id, body, requests } = prepare(anthropicText(["once"]));
    const line = losing(2, lose);
    const started = await createClient(line).start(body as StartRequest, { messageId: id });
    expect(started).toMatchObject({ message_id: id, message: "Message was started before." });
    expect(new Set(line.requests).size).toBe(1);
    expect(line.requests).toHaveLength(3);
    await ended(id);
    expect(await requests()).toBe(1);
  });

  test("an id made by the client is the same in every attempt", async () => {
    const line = losing(1, cut);
    const { message_id } = await createClient(line).start(ask("simulated-1@0"));
    expect(line.requests).toEqual([
      expect.stringContaining(`message_id=${message_id} `),
      expect.stringContaining(`message_id=${message_id} `),
    ]);
  });

  test("what has been erased is not missed", async () => {
    const { message_id } = await client.start(ask("simulated-1@0"));
    expect(await createClient(losing(1, cut)).delete(message_id)).toBeUndefined();
    expect((await status(message_id)).code).toBe(404);
  });
});

describe("refusals", () => {
  test.for<[type: string, status: number, ask: () => Promise<unknown>]>([
    ["authentication_error", 401, () => createClient({}, "wrong").status("x")],
    ["not_found_error", 404, () => client.status(uniqueId())],
    ["not_found_error", 404, () => client.cancel(uniqueId())],
    ["not_found_error", 404, () => client.delete(uniqueId())],
    ["invalid_request_error", 422, () => client.start({ messages: [] })],
  ])("%s %i, at once", async ([type, status, ask]) => {
    const error = await ask().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(AsyncMessagesError);
    expect(error).toMatchObject({ type, status, requestId: expect.stringMatching(/^req_/) });
  });

  test("a 4xx is not asked again", async () => {
    const line = losing(0, cut);
    await expect(createClient(line).start({ messages: [] })).rejects.toMatchObject({
      message: expect.stringContaining("body.messages"),
    });
    const id = uniqueId();
    await client.start(ask("simulated-1@0"), { messageId: id });
    const another = createClient(line).start(ask("simulated-2@0"), { messageId: id });
    await expect(another).rejects.toMatchObject({ status: 409, type: "conflict_error" });
    expect(line.requests).toHaveLength(2);
  });

  test.for<[number, Problem]>([
    [429, { reason: "too_many_observers", limit: 1, retryAfterSeconds: 1 }],
    [503, { reason: "unavailable", retryAfterSeconds: 1 }],
  ])("a %i is asked again, no sooner than it says", async ([, problem]) => {
    const line = losing(1, says(problem));
    const before = Date.now();
    const started = await createClient(line).start(ask("simulated-1@0"));
    expect(Date.now() - before).toBeGreaterThanOrEqual(1000);
    expect(started.message).toBe("Message was started before.");
  });

  test("one that says much later is handed on with what it says", async () => {
    const line = losing(9, says({ reason: "unavailable", retryAfterSeconds: 61 }));
    await expect(createClient(line).status("x")).rejects.toMatchObject({ retryAfterMs: 61_000 });
    expect(line.requests).toHaveLength(1);
  });

  test("one that lasts is handed on after five attempts", async () => {
    const line = losing(9, cut);
    await expect(createClient(line).status("x")).rejects.toMatchObject({
      type: "connection_error",
      message: expect.stringContaining("fetch failed"),
    });
    expect(line.requests).toHaveLength(5);
  });
});

test("a signal calls off the request, and the wait for the next", async () => {
  const reason = new Error("no longer");
  const gone = AbortSignal.abort(reason);
  await expect(client.status("x", { signal: gone })).rejects.toBe(reason);
  const leaving = new AbortController();
  const line = losing(9, says({ reason: "unavailable", retryAfterSeconds: 60 }));
  const asked = createClient(line).status("x", { signal: leaving.signal });
  await expect.poll(() => line.requests.length, { interval: 1 }).toBe(1);
  leaving.abort(reason);
  await expect(asked).rejects.toBe(reason);
});
