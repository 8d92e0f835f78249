// Who gets in: with which header, with which key, under which settings; and what the others learn.

import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/lib/digest.ts";
import { prompt, start, status, uniqueId } from "../support/client.ts";
import { bare, json, refusal, type Settings, under } from "../support/http.ts";
import { remains } from "../support/storage.ts";

const ASYNC = "/v1/messages/async";

const PATHS: [method: string, path: string][] = [
  ["POST", ASYNC],
  ["GET", ASYNC],
  ["GET", `${ASYNC}/x`],
  ["DELETE", `${ASYNC}/x`],
  ["DELETE", `${ASYNC}/x/delete`],
  ["GET", `${ASYNC}/x/stream`],
  ["GET", `${ASYNC}/x/status`],
  ["POST", `${ASYNC}/x/cancel`],
  ["POST", `${ASYNC}/x/tokens`],
  ["DELETE", `${ASYNC}/x/tokens`],
  ["GET", `${ASYNC}/a%20b/status`],
  ["POST", "/v1/messages"],
  ["PUT", "/v1/messages"],
  ["POST", "/v1/messages/validate"],
  ["GET", "/v1/models"],
  ["GET", "/v1/models/simulated"],
  ["GET", "/v1/nothing"],
  ["GET", "/v1"],
  ["OPTIONS", "/v1/messages"],
];

async function expectRefused(response: Response): Promise<void> {
  expect(response.headers.get("www-authenticate")).toBe("Bearer");
  const { detail } = await refusal(response, 401, "authentication_error");
  expect(detail).toBe("A valid API key is required.");
}

describe("without a good key", () => {
  test.for(PATHS)("401 that says nothing else: %s %s", async ([method, path]) => {
    for (const headers of [{}, { authorization: "Bearer wrong" }, { "x-api-key": "wrong" }]) {
      await expectRefused(await bare(method, path, { headers }));
    }
  });

  test("no WebSocket is opened", async () => {
    const response = await bare("GET", `${ASYNC}/x/stream`, { headers: { upgrade: "websocket" } });
    expect(response.webSocket ?? null).toBeNull();
    await expectRefused(response);
  });

  test("nothing of the body is looked at, and nothing is started", async () => {
    const id = uniqueId();
    const headers = { "content-type": "application/json", authorization: "Bearer wrong" };
    for (const body of ["nonsense", JSON.stringify(prompt("simulated-1@0"))]) {
      await expectRefused(await bare("POST", `${ASYNC}?message_id=${id}`, { headers, body }));
    }
    expect(await remains(id)).toEqual({ tables: [], alarm: null });
  });
});

const GOOD_HEADERS: [name: string, headers: Record<string, string>][] = [
  ["Bearer", { authorization: "Bearer acme-key" }],
  ["bearer in small letters", { authorization: "bearer acme-key" }],
  ["bearer in capitals", { authorization: "BEARER acme-key" }],
  ["two spaces", { authorization: "Bearer  acme-key" }],
  ["x-api-key", { "x-api-key": "acme-key" }],
  ["both", { authorization: "Bearer acme-key", "x-api-key": "acme-key" }],
  ["a wrong bearer beside it", { authorization: "Bearer wrong", "x-api-key": "acme-key" }],
  ["a wrong x-api-key beside it", { authorization: "Bearer acme-key", "x-api-key": "wrong" }],
  ["another scheme beside it", { authorization: "Basic YTpi", "x-api-key": "acme-key" }],
];

test.for(GOOD_HEADERS)("a key is taken: %s", async ([, headers]) => {
  expect((await bare("GET", "/v1/models", { headers })).status).toBe(200);
});

const BAD_HEADERS: [name: string, headers: Record<string, string>][] = [
  ["no scheme", { authorization: "acme-key" }],
  ["only a scheme", { authorization: "Bearer" }],
  ["a scheme and a space", { authorization: "Bearer " }],
  ["no space", { authorization: "Beareracme-key" }],
  ["Basic", { authorization: `Basic ${btoa("acme-key:")}` }],
  ["Basic with the key", { authorization: "Basic acme-key" }],
  ["two keys", { authorization: "Bearer acme-key, Bearer acme-key" }],
  ["more after the key", { authorization: "Bearer acme-key more" }],
  ["the key in quotes", { authorization: 'Bearer "acme-key"' }],
  ["the key in capitals", { "x-api-key": "ACME-KEY" }],
  ["half the key", { "x-api-key": "acme" }],
  ["more than the key", { "x-api-key": "acme-key1" }],
  ["nothing", { "x-api-key": "" }],
  ["the tenant's name", { "x-api-key": "acme" }],
  ["a scheme in x-api-key", { "x-api-key": "Bearer acme-key" }],
  ["the key under another name", { "api-key": "acme-key" }],
  ["the key as a cookie", { cookie: "x-api-key=acme-key" }],
  ["a long one", { authorization: `Bearer ${"x".repeat(100_000)}` }],
  ["a long one of spaces", { authorization: `Bearer${" ".repeat(50_000)}x y` }],
  ["letters that are not ASCII", { authorization: "Bearer sch\u00fcssel" }],
  ["letters that are not ASCII, alone", { "x-api-key": "\u00e9\u00ff" }],
];

test.for(BAD_HEADERS)("a key is not taken: %s", async ([, headers]) => {
  await expectRefused(await bare("GET", "/v1/models", { headers }));
});

test("a digest is not the key to itself", async () => {
  await expectRefused(
    await bare("GET", "/v1/models", { headers: { "x-api-key": await sha256Hex("acme-key") } }),
  );
});

test("a key in the address is not taken", async () => {
  await expectRefused(await bare("GET", "/v1/models?key=acme-key&x-api-key=acme-key"));
});

describe("by the settings", () => {
  const ask = (settings: Settings, key?: string) =>
    under(
      settings,
      "GET",
      "/v1/models",
      key === undefined ? {} : { headers: { "x-api-key": key } },
    );

  test("each of a tenant's keys is good, and they are one tenant's", async () => {
    const [one, two, other] = await Promise.all(["one", "two", "other"].map(sha256Hex));
    const API_KEYS = { acme: [one, two], globex: [other] };
    const id = uniqueId();
    const init = json(prompt("simulated-1@0"), { authorization: "Bearer one" });
    expect((await under({ API_KEYS }, "POST", `${ASYNC}?message_id=${id}`, init)).status).toBe(200);
    const codes = ["one", "two", "other", "acme-key"].map(async (key) => {
      const headers = { "x-api-key": key };
      return (await under({ API_KEYS }, "GET", `${ASYNC}/${id}/status`, { headers })).status;
    });
    expect(await Promise.all(codes)).toEqual([200, 200, 404, 401]);
  });

  test.for<[string, Settings]>([
    ["nothing", { API_KEYS: undefined }],
    ["an empty object", { API_KEYS: {} }],
    ["an empty object as text", { API_KEYS: "{}" }],
    ["a tenant without keys", { API_KEYS: { acme: [] } }],
    ["nothing, and closed", { API_KEYS: undefined, LOCAL_ACCESS: "closed" }],
    ["a tenant without keys, and open", { API_KEYS: { acme: [] }, LOCAL_ACCESS: "open" }],
  ])("nobody gets in: %s", async ([, settings]) => {
    for (const key of [undefined, "", "acme-key", "wrong"]) {
      await expectRefused(await ask(settings, key));
    }
  });

  test("without keys, and opened by the development command, everybody gets in", async () => {
    const settings = { API_KEYS: undefined, LOCAL_ACCESS: "open" };
    for (const key of [undefined, "any"]) expect((await ask(settings, key)).status).toBe(200);
  });

  test("keys are enforced, opened or not", async () => {
    const settings = { LOCAL_ACCESS: "open" };
    await expectRefused(await ask(settings));
    await expectRefused(await ask(settings, "wrong"));
    expect((await ask(settings, "acme-key")).status).toBe(200);
  });
});

describe("another tenant's message", () => {
  test.for<[method: string, path: string]>([
    ["GET", "/status"],
    ["GET", "/stream"],
    ["GET", "/stream?starting_after=1"],
    ["GET", ""],
    ["POST", "/cancel"],
    ["POST", "/tokens"],
    ["DELETE", "/tokens"],
    ["DELETE", ""],
    ["DELETE", "/delete"],
  ])("looks like one that never was: %s /{id}%s", async ([method, path]) => {
    const mine = uniqueId();
    await start(prompt("simulated-500@100"), { id: mine });
    const headers = { authorization: "Bearer globex-key" };
    const [theirs, nobodys] = await Promise.all(
      [mine, uniqueId()].map(async (id) => {
        const response = await bare(method, `${ASYNC}/${id}${path}`, { headers });
        const { request_id, ...body } = await refusal(response, 404, "not_found_error");
        const sent = [...response.headers].filter(([name]) => name !== "content-length");
        const told = JSON.stringify([sent, body]).replaceAll(request_id, "");
        return told.replaceAll(id, "").replaceAll(/req_[0-9a-f]{32}/g, "");
      }),
    );
    expect(theirs).toBe(nobodys);
    expect((await status(mine)).body.completed_at).toBeNull();
  });

  test("one id is two messages under two tenants", async () => {
    const id = uniqueId();
    const bodies = { "acme-key": prompt("simulated-1@0"), "globex-key": prompt("simulated-2@0") };
    for (const [key, body] of Object.entries(bodies)) {
      const { code, body: told } = await start(body, { id, key });
      expect([code, told.message]).toEqual([200, "Message started."]);
    }
    for (const [key, { model }] of Object.entries(bodies)) {
      expect((await status(id, { key })).body.metadata.model).toBe(model);
    }
    await bare("DELETE", `${ASYNC}/${id}`, { headers: { "x-api-key": "globex-key" } });
    expect((await status(id, { key: "globex-key" })).code).toBe(404);
    expect((await status(id)).code).toBe(200);
  });
});
