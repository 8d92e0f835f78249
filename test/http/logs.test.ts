// What is logged: a line of JSON for each refusal, each change and each run, with what operators need.

import { describe, expect, test } from "vitest";
import { cancel, ended, observe, prompt, remove, start, uniqueId } from "../support/client.ts";
import { type Line, lines, runLine, said } from "../support/console.ts";
import { bare, json, KEY } from "../support/http.ts";
import { prepare } from "../support/play.ts";

const ASYNC = "/v1/messages/async";

describe("a request", () => {
  const anything = expect.anything();
  const id = uniqueId();

  test.for<[method: string, path: string, init: RequestInit, line: Line]>([
    ["GET", "/nothing?a=b", {}, { path: "/nothing", status: 404 }],
    ["GET", "/v1/models", {}, { status: 401 }],
    ["POST", "/v1/messages/validate", json({}), { status: 200, tenant: "acme" }],
    ["POST", ASYNC, json({}), { status: 422, tenant: "acme" }],
    [
      "GET",
      `${ASYNC}/nobody`,
      { headers: KEY },
      { status: 404, tenant: "acme", message_id: "nobody" },
    ],
    ["GET", `${ASYNC}/a%20b`, { headers: KEY }, { path: anything, status: 422, tenant: "acme" }],
    ["PUT", ASYNC, { headers: KEY }, { status: 405, tenant: "acme" }],
    [
      "PUT",
      `/v1/containers/${id}/files/a`,
      { headers: KEY, body: "text" },
      { status: 201, tenant: "acme" },
    ],
    ["DELETE", `/v1/containers/${id}`, { headers: KEY }, { status: 204, tenant: "acme" }],
  ])("is one line: %s %s", async ([method, path, init, line]) => {
    const response = await bare(method, path, init);
    await response.text();
    const [written, ...more] = lines("request");
    expect(more).toEqual([]);
    expect(written).toEqual({
      event: "request",
      request_id: response.headers.get("request-id"),
      method,
      path,
      duration_ms: expect.any(Number),
      ...line,
    });
  });

  test("to stop a message and to erase it are a line each", async () => {
    const { id, body, requested } = prepare([{ gate: "never" }]);
    await start(body, { id });
    await requested();
    await cancel(id);
    await remove(id);
    const told = lines("request").map(({ method, status, message_id }) => [
      method,
      status,
      message_id,
    ]);
    expect(told).toEqual([
      ["POST", 200, id],
      ["DELETE", 204, id],
    ]);
  });

  test("is none where its run has one, or nothing has changed", async () => {
    const id = uniqueId();
    const body = prompt("simulated-50@0");
    await start(body, { id });
    for (const transport of ["sse", "websocket"] as const) {
      await (await observe(transport, id)).rest();
    }
    await start(body, { id });
    const twin = await bare("POST", "/v1/messages", json(body));
    expect(twin.status).toBe(200);
    await twin.text();
    for (const path of ["/health", "/v1/models", `${ASYNC}/${id}`, `${ASYNC}/${id}/status`]) {
      const response = await bare("GET", path, { headers: KEY });
      expect([path, response.status]).toEqual([path, 200]);
      await response.text();
    }
    await runLine(id);
    expect(lines("request")).toEqual([]);
  });
});

test("a correlation id is in every line of what it was sent with, and with every answer", async () => {
  const id = uniqueId();
  const correlation_id = "trace-8";
  const body = { ...prompt("simulated-1@0"), correlation_id };
  const calls: [method: string, path: string, init: RequestInit, code: number][] = [
    ["POST", `${ASYNC}?message_id=${id}`, json(body), 200],
    ["POST", `${ASYNC}?message_id=${id}`, json({ ...body, seed: 1 }), 409],
    ["POST", "/v1/messages", json(body), 200],
    ["POST", "/v1/messages", json({ ...body, stream: true }), 200],
    ["POST", "/v1/messages/count_tokens", json(body), 200],
    ["GET", `${ASYNC}/${id}/status`, { headers: KEY }, 200],
    ["GET", `${ASYNC}/${id}/stream`, { headers: KEY }, 200],
    ["GET", `${ASYNC}/${id}/events?offset=-1`, { headers: KEY }, 200],
    ["GET", `${ASYNC}/${id}`, { headers: KEY }, 200],
  ];
  for (const [method, path, init, code] of calls) {
    const response = await bare(method, path, init);
    await response.text();
    const header = response.headers.get("x-correlation-id");
    expect([path, response.status, header]).toEqual([path, code, correlation_id]);
  }
  await runLine(id);
  const told = [...lines("request"), ...lines("run")].map((line) => line.correlation_id);
  // The conflict, the count, and the three runs.
  expect(told).toEqual(Array.from({ length: 5 }, () => correlation_id));
});

describe("a run", () => {
  const FIELDS = {
    event: "run",
    request_id: expect.stringMatching(/^req_/),
    tenant: "acme",
    correlation_id: null,
    error: null,
    attempts: 1,
    turns: 1,
    tools: [],
    queue_ms: expect.any(Number),
    ttft_ms: expect.any(Number),
    duration_ms: expect.any(Number),
    input_tokens: expect.any(Number),
    output_tokens: expect.any(Number),
    rows: expect.any(Number),
  };

  test("is one line, however many its events", async () => {
    const id = uniqueId();
    const body = { ...prompt("simulated-500@0"), correlation_id: "trace-7" };
    const { headers } = await start(body, { id });
    expect(await runLine(id)).toEqual({
      ...FIELDS,
      request_id: headers.get("request-id"),
      message_id: id,
      correlation_id: "trace-7",
      model: "simulated-500@0",
      provider: "simulated",
      upstream_model: "simulated-500@0",
      outcome: "completed",
      stop_reason: "end_turn",
      output_tokens: 500,
      events: 505,
    });
    expect(said()).toHaveLength(1);
  });

  test("tells how it failed", async () => {
    const id = uniqueId();
    await start(prompt("simulated-6@0!error"), { id });
    expect(await runLine(id)).toMatchObject({
      outcome: "error",
      error: expect.stringMatching(/\w/),
    });
  });

  test("tells that it was cancelled, once", async () => {
    const { id, body, requested, aborted } = prepare([{ gate: "never" }]);
    await start(body, { id });
    await requested();
    await Promise.all([cancel(id), cancel(id)]);
    await aborted();
    expect(await runLine(id)).toMatchObject({ outcome: "cancelled", stop_reason: "cancelled" });
    expect(lines("run")).toHaveLength(1);
  });

  test("is not told again when it is asked for again", async () => {
    const id = uniqueId();
    for (const _ of [1, 2]) {
      await start(prompt("simulated-5@0"), { id });
      await ended(id);
    }
    await runLine(id);
    expect(lines("run")).toHaveLength(1);
  });
});
