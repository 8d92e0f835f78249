// Which pages of which origins may call the API, and what their scripts may read.

import { describe, expect, test } from "vitest";
import { ended, prompt, start, uniqueId } from "../support/client.ts";
import { bare, json, KEY, under } from "../support/http.ts";
import { expectWhole } from "../support/laws.ts";
import { Observation } from "../support/observation.ts";

const ASYNC = "/v1/messages/async";
const ONE = "https://one.example";
const TWO = "http://localhost:5173";
const SOME = { CORS_ORIGINS: `${ONE}, ${TWO}` };
const ALL = { CORS_ORIGINS: "*" };
const EXPOSED = [
  ...["request-id", "message-id", "x-correlation-id", "retry-after"],
  ...["etag", "stream-next-offset", "stream-up-to-date", "stream-closed", "stream-cursor"],
];

const origin = (of: string) => ({ headers: { ...KEY, origin: of } });

/** The answer that a page gets to read, or null. */
function allowed({ headers }: Response): string | null {
  return headers.get("access-control-allow-origin");
}

function corsHeaders({ headers }: Response): string[] {
  return [...headers.keys()].filter((name) => name.startsWith("access-control-"));
}

const PREFLIGHT = {
  headers: {
    origin: ONE,
    "access-control-request-method": "DELETE",
    "access-control-request-headers": "authorization,content-type,last-event-id,x-api-key",
  },
};

describe("with no origin configured", () => {
  test("no page is allowed anything", async () => {
    for (const path of ["/v1/models", "/v1/nothing", "/health"]) {
      expect(corsHeaders(await bare("GET", path, origin(ONE)))).toEqual([]);
    }
  });

  test("a preflight is refused as any request without a key", async () => {
    const response = await bare("OPTIONS", "/v1/models", PREFLIGHT);
    expect([response.status, corsHeaders(response)]).toEqual([401, []]);
  });
});

describe("with origins configured", () => {
  test("their pages are allowed, and no others", async () => {
    for (const of of [ONE, TWO]) {
      const response = await under(SOME, "GET", "/v1/models", origin(of));
      expect([response.status, allowed(response)]).toEqual([200, of]);
    }
    for (const of of [
      "https://two.example",
      "http://one.example",
      `${ONE}.evil`,
      "null",
      `${ONE}/`,
    ]) {
      expect(allowed(await under(SOME, "GET", "/v1/models", origin(of)))).toBeNull();
    }
  });

  test("caches are told that the answer is for that origin", async () => {
    for (const of of [ONE, "https://two.example"]) {
      const { headers } = await under(SOME, "GET", "/v1/models", origin(of));
      expect(headers.get("vary")?.toLowerCase()).toContain("origin");
    }
  });

  test("a preflight needs no key, and allows what the API takes", async () => {
    for (const path of ["/v1/models", `${ASYNC}/x`, `${ASYNC}/x/stream`, "/v1/messages"]) {
      const response = await under(SOME, "OPTIONS", path, PREFLIGHT);
      expect([response.status, await response.text(), allowed(response)]).toEqual([204, "", ONE]);
      const { headers } = response;
      expect(headers.get("access-control-allow-methods")?.split(/, */)).toEqual(
        expect.arrayContaining(["GET", "POST", "DELETE"]),
      );
      const may = headers.get("access-control-allow-headers")?.toLowerCase().split(/, */);
      expect(may).toEqual(
        expect.arrayContaining(["authorization", "content-type", "last-event-id", "x-api-key"]),
      );
      expect(headers.get("request-id")).toMatch(/^req_/);
    }
  });

  test("a preflight of another origin is allowed nothing", async () => {
    const headers = { ...PREFLIGHT.headers, origin: "https://two.example" };
    expect(allowed(await under(SOME, "OPTIONS", "/v1/models", { headers }))).toBeNull();
  });

  test("what lies outside /v1 is for no page of another origin", async () => {
    expect(corsHeaders(await under(ALL, "GET", "/health", origin(ONE)))).toEqual([]);
  });
});

describe.each([
  ["one origin", SOME, ONE],
  ["all origins", ALL, "*"],
] as const)("a page may read, with %s configured,", (_, settings, expected) => {
  function expectReadable(response: Response): void {
    expect(allowed(response)).toBe(expected);
    const exposed = response.headers.get("access-control-expose-headers")?.split(/, */);
    expect(exposed?.toSorted()).toEqual(EXPOSED.toSorted());
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  }

  test.for<[status: number, method: string, path: string, init: RequestInit]>([
    [200, "GET", "/v1/models", origin(ONE)],
    [200, "POST", ASYNC, json(prompt("simulated-1@0"), { origin: ONE })],
    [200, "POST", "/v1/messages", json(prompt("simulated-1@0"), { origin: ONE })],
    [
      200,
      "POST",
      "/v1/messages",
      json({ ...prompt("simulated-1@0"), stream: true }, { origin: ONE }),
    ],
    [400, "POST", "/v1/messages", json({ thread: 1 }, { origin: ONE })],
    [401, "GET", "/v1/models", { headers: { origin: ONE } }],
    [404, "GET", "/v1/nothing", origin(ONE)],
    [404, "GET", `${ASYNC}/nobody/stream`, origin(ONE)],
    [405, "GET", "/v1/messages", origin(ONE)],
    [422, "POST", ASYNC, json({}, { origin: ONE })],
    [422, "GET", `${ASYNC}/a%20b`, origin(ONE)],
    [529, "POST", "/v1/messages", json(prompt("simulated!overloaded"), { origin: ONE })],
  ])("an answer with %i: %s %s", async ([status, method, path, init]) => {
    const response = await under(settings, method, path, init);
    expect([response.status, await response.text()]).toEqual([status, expect.any(String)]);
    expectReadable(response);
    expect(response.headers.get("request-id")).toMatch(/^req_/);
  });

  test("a stream, a socket, and that a stream has ended", async () => {
    const id = uniqueId();
    await start(prompt("simulated-5@0"), { id });
    await ended(id);
    const stream = `${ASYNC}/${id}/stream`;
    const upgrade = { headers: { ...KEY, origin: ONE, upgrade: "websocket" } };
    const sse = await under(settings, "GET", stream, origin(ONE));
    expect(sse.headers.get("content-type")).toContain("text/event-stream");
    const socket = await under(settings, "GET", stream, upgrade);
    expect(socket.status).toBe(101);
    const [log = [], same] = await Promise.all(
      [sse, socket].map((response) => new Observation(response).rest()),
    );
    expectWhole(log);
    expect(same).toEqual(log);
    const over = await under(settings, "GET", `${stream}?from=now`, origin(ONE));
    expect(over.status).toBe(204);
    for (const response of [sse, socket, over]) expectReadable(response);
  });

  test("that a message has been deleted", async () => {
    const id = uniqueId();
    await start(prompt("simulated-5@0"), { id });
    const response = await under(settings, "DELETE", `${ASYNC}/${id}`, origin(ONE));
    expect(response.status).toBe(204);
    expectReadable(response);
  });
});
