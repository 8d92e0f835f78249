// Ids that cannot be, messages that are not, paths and methods that do not exist.

import { describe, expect, test } from "vitest";
import { ended, prompt, send, start, status, uniqueId } from "../support/client.ts";
import { bare, json, KEY, placesOf, refusal } from "../support/http.ts";
import { remains } from "../support/storage.ts";

const ASYNC = "/v1/messages/async";
const GOOD = json(prompt("simulated-1@0"));

/** Everything that can be asked of a message. */
const ROUTES: [method: string, path: string][] = [
  ["GET", ""],
  ["DELETE", ""],
  ["DELETE", "/delete"],
  ["GET", "/stream"],
  ["GET", "/events"],
  ["GET", "/status"],
  ["POST", "/cancel"],
  ["POST", "/tokens"],
  ["DELETE", "/tokens"],
];

/** Ids that nobody can choose, as they stand in an address. */
const BAD_IDS: [name: string, id: string][] = [
  ["129 characters", "a".repeat(129)],
  ["a slash", "a%2Fb"],
  ["a slash at the start", "%2Fa"],
  ["another tenant's name", "..%2Fglobex%2Fa"],
  ["a space", "a%20b"],
  ["only a space", "%20"],
  ["a plus", "a%2Bb"],
  ["a letter of another script", "%D0%B6"],
  ["a letter with an accent", "%C3%A9"],
  ["an emoji", "%F0%9F%98%80"],
  ["bytes that are no UTF-8", "%FF%FE"],
  ["a percent sign", "a%25b"],
  ["a percent sign that begins nothing", "a%zzb"],
  ["a line feed", "a%0Ab"],
  ["a carriage return at the end", "a%0D"],
  ["a null", "a%00"],
  ["a quote", "a%22"],
  ["a bracket", "%3Ca%3E"],
];

describe("an id that cannot be", () => {
  test.for([["none at all", ""], ["a dot", "."], ["two dots", ".."], ...BAD_IDS])(
    "is refused where it is chosen: %s",
    async ([, id]) => {
      for (const path of [ASYNC, "/v1/messages"]) {
        const response = await bare("POST", `${path}?message_id=${id}`, GOOD);
        const refused = await refusal(response, 422, "invalid_request_error");
        expect(placesOf(refused)).toEqual(["query.message_id"]);
      }
    },
  );

  test.for(BAD_IDS)("is refused where it is asked for: %s", async ([, id]) => {
    for (const [method, path] of ROUTES) {
      const response = await bare(method, `${ASYNC}/${id}${path}`, { headers: KEY });
      const refused = await refusal(response, 422, "invalid_request_error");
      expect(placesOf(refused)).toEqual(["path.message_id"]);
    }
  });

  test.for(["", ".", "..", "%2E", "%2e%2E", "%2e."])(
    "leaves no address of a message: %j",
    async (id) => {
      for (const [method, path] of ROUTES) {
        const response = await bare(method, `${ASYNC}/${id}${path}`, { headers: KEY });
        expect([404, 405]).toContain(response.status);
        await response.text();
      }
    },
  );
});

test.for<[name: string, id: string]>([
  ["1 character", "a"],
  ["128 characters", "z".repeat(128)],
  ["a dot and more", "..."],
  ["all that is allowed", "AZaz09_-.:"],
  ["digits", "0"],
  ["a word of ours", "status"],
  ["the name of a route", "delete"],
])("an id may be %s", async ([, id]) => {
  const response = await bare("POST", `${ASYNC}?message_id=${id}`, GOOD);
  expect(await response.json()).toMatchObject({ message_id: id });
  expect((await ended(id)).message_id).toBe(id);
  expect((await bare("GET", `${ASYNC}/${id}`, { headers: KEY })).status).toBe(200);
  expect((await bare("DELETE", `${ASYNC}/${id}/delete`, { headers: KEY })).status).toBe(204);
  expect((await status(id)).code).toBe(404);
});

describe("a message that is not there", () => {
  test.for(ROUTES)("404 that names it: %s /{id}%s", async ([method, path]) => {
    const id = uniqueId();
    const response = await send(method, `${ASYNC}/${id}${path}`);
    const { detail, error } = await refusal(response, 404, "not_found_error");
    expect([detail, error.message]).toEqual([
      expect.stringContaining(id),
      expect.stringContaining(id),
    ]);
    expect(await remains(id)).toEqual({ tables: [], alarm: null });
  });

  test("404 for a WebSocket, which is not opened, whatever its position", async () => {
    for (const query of ["", "?starting_after=7", "?from=then"]) {
      const headers = { upgrade: "websocket" };
      const response = await send("GET", `${ASYNC}/${uniqueId()}/stream${query}`, { headers });
      expect(response.webSocket ?? null).toBeNull();
      await refusal(response, 404, "not_found_error");
    }
  });

  test("it is found under its exact name only", async () => {
    const id = `Case_${uniqueId()}`;
    await start(prompt("simulated-1@0"), { id });
    const others = [id.toLowerCase(), id.toUpperCase(), `${id}.`, id.slice(0, -1), `:${id}`];
    for (const other of others) expect((await status(other)).code).toBe(404);
    expect((await status(id)).code).toBe(200);
  });
});

test.for([
  "starting_after=x",
  "starting_after=-1",
  "starting_after=1.5",
  "starting_after=7",
  "starting_after=",
  "starting_after=0x1",
  "starting_after=1e0",
  "starting_after=%201",
  "starting_after=99999999999999999999",
  "from=then",
  "from=",
])("422 with the place for a position that cannot be: %s", async (query) => {
  const id = uniqueId();
  await start(prompt("simulated-1@0"), { id });
  await ended(id);
  const response = await send("GET", `${ASYNC}/${id}/stream?${query}`);
  const refused = await refusal(response, 422, "invalid_request_error");
  expect(placesOf(refused)).toEqual([`query.${query.split("=")[0]}`]);
});

test.for<[path: string, allow: string]>([
  [ASYNC, "POST"],
  [`${ASYNC}/x`, "GET, DELETE"],
  [`${ASYNC}/x/stream`, "GET"],
  [`${ASYNC}/x/events`, "GET"],
  [`${ASYNC}/x/status`, "GET"],
  [`${ASYNC}/x/cancel`, "POST"],
  [`${ASYNC}/x/tokens`, "POST, DELETE"],
  [`${ASYNC}/x/delete`, "DELETE"],
  ["/v1/messages", "POST"],
  ["/v1/messages/validate", "POST"],
  ["/v1/messages/count_tokens", "POST"],
  ["/v1/models", "GET"],
  ["/v1/models/simulated", "GET"],
])("405 that says what would do: %s takes %s", async ([path, allow]) => {
  const taken = new Set([...allow.split(", "), ...(allow.includes("GET") ? ["HEAD"] : [])]);
  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const response = await send(method, path);
    expect([method, response.status === 405]).toEqual([method, !taken.has(method)]);
    if (taken.has(method) || method === "HEAD") continue;
    expect(response.headers.get("allow")).toBe(allow);
    const { detail } = await refusal(response, 405, "invalid_request_error");
    expect(detail).toContain(method);
  }
});

test.for([
  "/",
  "/v1",
  "/v1/",
  "/v1/message",
  "/v1/messages/",
  "/v1/messages/nothing",
  "/v1/messages/async/",
  "/v1/messages/async/x/nothing",
  "/v1/messages/async/x/stream/more",
  "/v1/models/",
  "/v2/messages",
  "/V1/messages",
  "/healthy",
])("404 that names the path: %s", async (path) => {
  for (const method of ["GET", "POST", "DELETE"]) {
    const { detail } = await refusal(await send(method, path), 404, "not_found_error");
    expect(detail).toContain(path);
  }
});

test("HEAD answers what GET would, without the body", async () => {
  const id = uniqueId();
  await start(prompt("simulated-1@0"), { id });
  for (const path of ["", "/status", "/stream", "/events"]) {
    const response = await send("HEAD", `${ASYNC}/${id}${path}`);
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("request-id")).toMatch(/^req_/);
  }
  expect((await send("HEAD", `${ASYNC}/${uniqueId()}/status`)).status).toBe(404);
});

test("every answer has a request id of its own, never the caller's", async () => {
  const id = uniqueId();
  await start(prompt("simulated-1@0"), { id });
  await ended(id);
  const headers = { ...KEY, "request-id": "mine" };
  const responses = [
    await bare("GET", "/health", { headers }),
    await bare("GET", "/nothing", { headers }),
    await bare("GET", "/v1/models"),
    await bare("GET", "/v1/models", { headers }),
    await bare("POST", ASYNC, json(prompt("simulated-1@0"), { "request-id": "mine" })),
    await bare("POST", "/v1/messages", json(prompt("simulated-1@0"), { "request-id": "mine" })),
    await bare("POST", "/v1/messages/validate", GOOD),
    await bare("GET", `${ASYNC}/${id}`, { headers }),
    await bare("GET", `${ASYNC}/${id}/status`, { headers }),
    await bare("GET", `${ASYNC}/${id}/stream`, { headers }),
    await bare("GET", `${ASYNC}/${id}/stream?from=now`, { headers }),
    await bare("GET", `${ASYNC}/${id}/stream?from=then`, { headers }),
    await bare("GET", `${ASYNC}/${id}/stream`, { headers: { ...headers, upgrade: "websocket" } }),
    await bare("GET", `${ASYNC}/${id}/events`, { headers }),
    await bare("GET", `${ASYNC}/${id}/events`, { headers: { ...headers, "if-none-match": "*" } }),
    await bare("GET", `${ASYNC}/${id}/events?offset=x`, { headers }),
    await bare("DELETE", `${ASYNC}/${id}`, { headers }),
    await bare("DELETE", `${ASYNC}/${id}`, { headers }),
  ];
  expect(responses.map((response) => response.status)).toEqual([
    200, 404, 401, 200, 200, 200, 200, 200, 200, 200, 204, 422, 101, 200, 304, 400, 204, 404,
  ]);
  const ids = responses.map((response) => response.headers.get("request-id") ?? "");
  for (const one of ids) expect(one).toMatch(/^req_[0-9a-f]{32}$/);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { body, webSocket } of responses) {
    await body?.cancel();
    webSocket?.accept();
    webSocket?.close();
  }
});

test("whether the service lives is told without a key", async () => {
  const response = await bare("GET", "/health");
  expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
});
