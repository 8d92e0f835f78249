// Who may do what: with a key, with a token of either scope, and with nothing; and what is tried
// against tokens from outside.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { decodeBase64Url } from "../../src/lib/base64url.ts";
import {
  objectOf,
  prompt,
  remove,
  revoke,
  start,
  status,
  tokenFor,
  uniqueId,
} from "../support/client.ts";
import { lines, said } from "../support/console.ts";
import { bare, JSON_TYPE, json, KEY, refusal, under } from "../support/http.ts";
import { Observation } from "../support/observation.ts";
import { remains } from "../support/storage.ts";

const ASYNC = "/v1/messages/async";
const BODY = JSON.stringify(prompt("simulated-1@0"));

afterEach(() => {
  vi.useRealTimers();
});

async function started(caller = {}): Promise<string> {
  const id = uniqueId();
  await start({ ...prompt("simulated-500@50"), metadata: { user_id: "u" } }, { id, ...caller });
  return id;
}

/** Sends it and reads the answer as far as it ends by itself. */
async function ask(method: string, path: string, headers: Record<string, string>) {
  const body = method === "POST" && !path.endsWith("/cancel") ? BODY : null;
  const response = await bare(method, path, { headers: { ...JSON_TYPE, ...headers }, body });
  const { status, webSocket } = response;
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  if (method === "HEAD") return status;
  if (webSocket || isStream) await new Observation(response).close();
  else if (status === 401) await refusal(response, 401, "authentication_error");
  else if (status === 403) await refusal(response, 403, "permission_error");
  else await response.text();
  return status;
}

/** What a token of scope observe lets through. */
const READS = ["", "/stream", "/status"];

type Who = "observe" | "control";

/** What follows `/v1/messages/async/{id}`, or a whole path; and which tokens are let through. */
const CALLS: [method: string, path: string, who: Who[]][] = [
  ["GET", "", ["observe", "control"]],
  ["HEAD", "", ["observe", "control"]],
  ["GET", "/stream", ["observe", "control"]],
  ["HEAD", "/stream", ["observe", "control"]],
  ["GET", "/stream?from=now", ["observe", "control"]],
  ["GET", "/events", ["observe", "control"]],
  ["HEAD", "/events", ["observe", "control"]],
  ["GET", "/status", ["observe", "control"]],
  ["HEAD", "/status", ["observe", "control"]],
  ["POST", "/cancel", ["control"]],
  ["DELETE", "", []],
  ["DELETE", "/delete", []],
  ["POST", "/tokens", []],
  ["DELETE", "/tokens", []],
  ["GET", "/tokens", []],
  ["POST", "", []],
  ["PUT", "/stream", []],
  ["POST", "/stream", []],
  ["POST", "/events", []],
  ["POST", "/status", []],
  ["GET", "/cancel", []],
  ["OPTIONS", "/stream", []],
  ["GET", "/", []],
  ["GET", "/nothing", []],
  ["GET", "/stream/", []],
  ["GET", "/stream/more", []],
  ["POST", ASYNC, []],
  ["GET", ASYNC, []],
  ["POST", "/v1/messages", []],
  ["POST", "/v1/messages/validate", []],
  ["POST", "/v1/messages/count_tokens", []],
  ["GET", "/v1/models", []],
  ["GET", "/v1/models/simulated", []],
  ["GET", "/v1/nothing", []],
  ["GET", "/v1", []],
];

const CALLERS = ["key", "none", "observe", "control"] as const;

async function headersOf(caller: (typeof CALLERS)[number], id: string) {
  if (caller === "key") return KEY;
  if (caller === "none") return {};
  return { authorization: `Bearer ${await tokenFor(id, { scope: caller })}` };
}

test.for(CALLS)("%s %s: who is let through", async ([method, path, who]) => {
  const answers: Record<string, number> = {};
  for (const caller of CALLERS) {
    const id = await started();
    const whole = path.startsWith("/v1") ? path : `${ASYNC}/${id}${path}`;
    const code = await ask(method, whole, await headersOf(caller, id));
    if (code === 401 || code === 403) expect((await status(id)).body.completed_at).toBeNull();
    answers[caller] = code;
  }
  const { key } = answers;
  expect([401, 403]).not.toContain(key);
  expect(answers).toEqual({
    key,
    none: 401,
    observe: who.includes("observe") ? key : 403,
    control: who.includes("control") ? key : 403,
  });
});

test("a token starts nothing, whichever id it asks for", async () => {
  const id = await started();
  const authorization = `Bearer ${await tokenFor(id, { scope: "control" })}`;
  const other = uniqueId();
  for (const path of [ASYNC, "/v1/messages"]) {
    for (const query of ["", `?message_id=${id}`, `?message_id=${other}`]) {
      expect(await ask("POST", path + query, { authorization })).toBe(403);
    }
  }
  expect(await remains(other)).toEqual({ tables: [], alarm: null });
});

test("no cache may keep what a token is told", async () => {
  const id = await started();
  const token = await tokenFor(id);
  for (const path of READS) {
    const response = await bare("GET", `${ASYNC}/${id}${path}?token=${token}`);
    expect(response.headers.get("cache-control")).toContain("no-store");
    await response.body?.cancel();
  }
});

test("what the caller noted for itself is not told to a token", async () => {
  const id = await started();
  const key = await tokenFor(id, { scope: "control" });
  const [own, shown] = [await status(id), await status(id, { key })];
  expect(own.body.metadata.request_metadata).toEqual({ user_id: "u" });
  expect(shown.body.metadata).toMatchObject({ request_metadata: null, model: "simulated-500@50" });
  expect(Object.keys(shown.body)).toEqual(Object.keys(own.body));
});

/** Where a token may stand. */
const PLACES: Record<
  string,
  (token: string) => { headers?: Record<string, string>; query?: string }
> = {
  bearer: (token) => ({ headers: { authorization: `Bearer ${token}` } }),
  "bearer in small letters": (token) => ({ headers: { authorization: `bearer  ${token}` } }),
  address: (token) => ({ query: `?token=${encodeURIComponent(token)}` }),
  "address, among others": (token) => ({ query: `?from=now&token=${token}&starting_after=0` }),
  subprotocol: (token) => ({ headers: { "sec-websocket-protocol": `bearer, ${token}` } }),
  "subprotocol without a space": (token) => ({
    headers: { "sec-websocket-protocol": `bearer,${token}` },
  }),
};

describe.each(Object.entries(PLACES))("as %s", (place, put) => {
  test("it is taken, over SSE and over a WebSocket", async () => {
    const id = await started();
    const { headers, query = "" } = put(await tokenFor(id));
    const path = `${ASYNC}/${id}/stream${query}`;
    const stream = await bare("GET", path, { headers: headers ?? {} });
    const upgrade = { headers: { ...headers, upgrade: "websocket" } };
    const socket = await bare("GET", path, upgrade);
    expect([stream.status, socket.status]).toEqual([200, 101]);
    const protocol = place.startsWith("subprotocol") ? "bearer" : null;
    expect(socket.headers.get("sec-websocket-protocol")).toBe(protocol);
    expect(stream.headers.get("sec-websocket-protocol")).toBeNull();
    for (const response of [stream, socket]) {
      const observation = new Observation(response);
      expect((await observation.take(1))[0]?.id).toBe(1);
      await observation.close();
    }
  });

  test("it decides alone, whatever key stands beside it", async () => {
    const id = await started();
    const { headers, query = "" } = put(await tokenFor(id));
    const beside = { "x-api-key": "acme-key", ...headers };
    expect(await ask("DELETE", `${ASYNC}/${id}${query}`, beside)).toBe(403);
    await revoke(id);
    expect(await ask("GET", `${ASYNC}/${id}/status${query}`, beside)).toBe(401);
  });

  test("a key is not taken there, nor nothing", async () => {
    if (place.startsWith("bearer")) return;
    const id = await started();
    for (const text of ["acme-key", "", "obs1..", "a b"]) {
      const { headers = {}, query = "" } = put(text);
      expect(await ask("GET", `${ASYNC}/${id}/stream${query}`, headers)).toBe(401);
    }
  });
});

test("the object is told what a caller may, and no credential", async () => {
  const id = await started();
  const token = await tokenFor(id);
  const asked: string[] = [];
  await runInDurableObject(objectOf(id), (object) => {
    const fetch = object.fetch.bind(object);
    object.fetch = (request) => {
      asked.push(JSON.stringify([request.url, [...request.headers]]));
      return fetch(request);
    };
  });
  for (const { headers = {}, query = "" } of Object.values(PLACES).map((put) => put(token))) {
    for (const path of ["", "/stream"]) await ask("GET", `${ASYNC}/${id}${path}${query}`, headers);
  }
  await ask("GET", `${ASYNC}/${id}`, KEY);
  await ask("GET", `${ASYNC}/${id}`, { "x-api-key": "acme-key" });
  expect(asked).toHaveLength(2 * Object.keys(PLACES).length + 2);
  const [, , signature = ""] = token.split(".");
  for (const text of asked) {
    expect(text).not.toContain(signature);
    expect(text).not.toContain("acme-key");
  }
});

test.for<[string, (token: string) => Record<string, string>]>([
  ["x-api-key", (token) => ({ "x-api-key": token })],
  ["another scheme", (token) => ({ authorization: `Basic ${token}` })],
  ["a cookie", (token) => ({ cookie: `token=${token}` })],
  ["another subprotocol", (token) => ({ "sec-websocket-protocol": `token, ${token}` })],
  ["a subprotocol alone", (token) => ({ "sec-websocket-protocol": token })],
  ["a subprotocol before its name", (token) => ({ "sec-websocket-protocol": `${token}, bearer` })],
])("it is not taken as %s", async ([, put]) => {
  const id = await started();
  expect(await ask("GET", `${ASYNC}/${id}/stream`, put(await tokenFor(id)))).toBe(401);
});

async function answers(id: string, token: string): Promise<number[]> {
  const headers = { authorization: `Bearer ${token}` };
  const asked = READS.map((path) => ask("GET", `${ASYNC}/${id}${path}`, headers));
  const upgrade = { ...headers, upgrade: "websocket" };
  return Promise.all([...asked, ask("GET", `${ASYNC}/${id}/stream`, upgrade)]);
}

const ALL_401 = [...READS, "upgrade"].map(() => 401);

describe("401 for a token", () => {
  test("for another message", async () => {
    const [mine, other] = [await started(), await started()];
    const token = await tokenFor(mine, { scope: "control" });
    expect(await answers(other, token)).toEqual(ALL_401);
    expect(await answers(uniqueId(), token)).toEqual(ALL_401);
    const headers = { authorization: `Bearer ${token}` };
    expect(await ask("POST", `${ASYNC}/${other}/cancel`, headers)).toBe(401);
    expect((await status(other)).body.completed_at).toBeNull();
  });

  test("that has expired", async () => {
    const id = await started();
    const token = await tokenFor(id, { expires_in: 60 });
    const mintedAt = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: mintedAt + 50_000 });
    expect((await status(id, { key: token })).code).toBe(200);
    vi.setSystemTime(mintedAt + 60_000);
    expect(await answers(id, token)).toEqual(ALL_401);
    const headers = { authorization: `Bearer ${token}` };
    expect(await ask("DELETE", `${ASYNC}/${id}`, headers)).toBe(401);
  });

  test("that was revoked", async () => {
    const id = await started();
    const token = await tokenFor(id, { scope: "control" });
    await revoke(id);
    expect(await answers(id, token)).toEqual(ALL_401);
    const headers = { authorization: `Bearer ${token}` };
    expect(await ask("POST", `${ASYNC}/${id}/cancel`, headers)).toBe(401);
    expect((await status(id)).body.completed_at).toBeNull();
  });

  test("of an earlier message with the same id", async () => {
    const id = await started();
    const token = await tokenFor(id);
    await remove(id);
    await start(prompt("simulated-500@50"), { id });
    expect(await answers(id, token)).toEqual(ALL_401);
  });

  test("that was tampered with", async () => {
    const id = await started();
    const token = await tokenFor(id);
    for (let at = 0; at < token.length; at += 7) {
      const other = token[at] === "A" ? "B" : "A";
      const tampered = token.slice(0, at) + other + token.slice(at + 1);
      expect(await ask("GET", `${ASYNC}/${id}/status?token=${tampered}`, {})).toBe(401);
    }
  });
});

test("a token never leads to another tenant's message of the same id", async () => {
  const id = await started();
  await start(prompt("simulated-7@0"), { id, key: "globex-key" });
  const key = await tokenFor(id);
  expect((await status(id, { key })).body.metadata.model).toBe("simulated-500@50");
  await remove(id);
  expect((await status(id, { key })).code).toBe(404);
  expect((await status(id, { key: "globex-key" })).code).toBe(200);
});

test("a message is told by its name however that is written, and no other is", async () => {
  const id = `a:b.${uniqueId()}`;
  await start(prompt("simulated-5@0"), { id });
  const headers = { authorization: `Bearer ${await tokenFor(id)}` };
  for (const path of [encodeURIComponent(id), id.replace("a", "%61")]) {
    expect(await ask("GET", `${ASYNC}/${path}/status`, headers)).toBe(200);
  }
  for (const path of [`${id}%20`, `x%2F..%2F${id}`, `..%2Facme%2F${id}`, `.%2F${id}`, "%FF"]) {
    expect([401, 403, 422]).toContain(await ask("GET", `${ASYNC}/${path}/status`, headers));
  }
});

test("no caller can say for itself what it may: not in the header that tells the object", async () => {
  const id = await started();
  const revoked = await tokenFor(id);
  await revoke(id);
  const [, claims = ""] = (await tokenFor(id)).split(".");
  const [, , , , expiresAt, epoch] = JSON.parse(decodeBase64Url(claims));
  const grant = JSON.stringify({ scope: "control", hide: [], expiresAt, epoch });
  const ask = (headers: Record<string, string>) => bare("GET", `${ASYNC}/${id}`, { headers });
  await refusal(await ask({ grant }), 401, "authentication_error");
  const authorization = `Bearer ${revoked}`;
  await refusal(await ask({ grant, authorization }), 401, "authentication_error");
  expect((await ask({ ...KEY, grant: "nonsense" })).status).toBe(200);
});

describe("from a page of another origin", () => {
  const ORIGINS = { CORS_ORIGINS: "https://page.example" };
  const origin = "https://page.example";

  test("a preflight lets it send a token, and the token is taken in a header and in an address", async () => {
    const id = await started();
    const token = await tokenFor(id, { scope: "control" });
    for (const [path, method] of [
      ["/stream", "GET"],
      ["/status", "GET"],
      ["/cancel", "POST"],
    ] as const) {
      const whole = `${ASYNC}/${id}${path}`;
      const preflight = await under(ORIGINS, "OPTIONS", whole, {
        headers: {
          origin,
          "access-control-request-method": method,
          "access-control-request-headers": "authorization,last-event-id",
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
      expect(preflight.headers.get("access-control-allow-methods")).toContain(method);
      for (const response of [
        await under(ORIGINS, method, whole, {
          headers: { origin, authorization: `Bearer ${token}` },
        }),
        await under(ORIGINS, method, `${whole}?token=${token}`, { headers: { origin } }),
      ]) {
        expect(response.status).toBe(200);
        expect(response.headers.get("access-control-allow-origin")).toBe(origin);
        await response.body?.cancel();
      }
    }
  });

  test("it can read that its token is refused", async () => {
    const id = await started();
    const path = `${ASYNC}/${id}/stream?token=obs1.a.b`;
    const response = await under(ORIGINS, "GET", path, { headers: { origin } });
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
    await refusal(response, 401, "authentication_error");
  });
});

test("no token is logged, wherever it stands and whatever becomes of it", async () => {
  const id = await started();
  const token = await tokenFor(id, { scope: "control" });
  const places = Object.values(PLACES).map((put) => put(token));
  const paths = ["", "/stream", "/status", "/tokens", "/nothing"].map(
    (path) => `${ASYNC}/${id}${path}`,
  );
  const ask = async (method: string, path: string, init: RequestInit, settings = {}) => {
    const response = await under(settings, method, path, init);
    if (response.status >= 400) refused += 1;
    if (response.webSocket) await new Observation(response).close();
    else await response.body?.cancel();
  };
  let refused = 0;
  for (const { headers = {}, query = "" } of places) {
    for (const path of [...paths, ASYNC, "/v1/models", "/v1/nothing", "/nothing"]) {
      await ask("GET", path + query, { headers });
    }
    await ask("GET", `${ASYNC}/${id}/stream${query}`, {
      headers: { ...headers, upgrade: "websocket" },
    });
    await ask("POST", `${ASYNC}/${id}/tokens${query}`, json({ scope: token }, headers));
    // What is logged as an error, with all that is known of it.
    await ask("GET", `${ASYNC}/${id}${query}`, { headers }, { MODELS: "{" });
  }
  expect(refused).toBeGreaterThan(places.length);
  expect(lines("request").length).toBeGreaterThanOrEqual(refused);
  const [, claims = "", signature = ""] = token.split(".");
  for (const text of said()) {
    expect(text).not.toContain(claims);
    expect(text).not.toContain(signature);
  }
});
