// Making tokens and taking them back: what can be asked for, and which settings that takes.

import { describe, expect, test } from "vitest";
import { decodeToken } from "../../src/protocol/token.ts";
import {
  mint,
  prompt,
  remove,
  revoke,
  start,
  status,
  tokenFor,
  uniqueId,
} from "../support/client.ts";
import { bare, json, KEY, placesOf, refusal, type Settings, under } from "../support/http.ts";
import { remains } from "../support/storage.ts";

const ASYNC = "/v1/messages/async";
const LOCAL = { API_KEYS: undefined, LOCAL_ACCESS: "open", TOKEN_SECRET: undefined };

async function started(): Promise<string> {
  const id = uniqueId();
  await start(prompt("simulated-500@50"), { id });
  return id;
}

function withBearer(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}

describe("a token", () => {
  test.for<[wish: object, seconds: number]>([
    [{}, 3_600],
    [{ expires_in: 1 }, 1],
    [{ expires_in: 86_400, scope: "control", hide: ["tool_input", "thinking"] }, 86_400],
  ])("is made for %j, and ends after %i seconds", async ([wish, seconds]) => {
    const id = await started();
    const before = Date.now();
    const { code, headers, body } = await mint(id, wish);
    expect([code, Object.keys(body).sort()]).toEqual([200, ["expires_at", "token"]]);
    expect(body.token).toMatch(/^obs1\.[\w-]+\.[\w-]+$/);
    expect(body.expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const endsAt = Date.parse(body.expires_at) - seconds * 1000;
    expect(endsAt).toBeGreaterThanOrEqual(before);
    expect(endsAt).toBeLessThanOrEqual(Date.now());
    expect(headers.get("cache-control")).toBe("no-store");
  });

  test("is made without a body: to observe, everything, for an hour", async () => {
    const id = await started();
    const response = await bare("POST", `${ASYNC}/${id}/tokens`, { headers: KEY });
    const { token } = (await response.json()) as { token: string };
    expect((await status(id, { key: token })).code).toBe(200);
  });

  test.for<[place: string, wish: unknown]>([
    ["body", null],
    ["body", []],
    ["body", "observe"],
    ["body", { scope: "observe", hidden: ["thinking"] }],
    ["body", { expires: 60 }],
    ["body.scope", { scope: "delete" }],
    ["body.scope", { scope: null }],
    ["body.scope", { scope: ["observe", "control"] }],
    ["body.hide", { hide: "thinking" }],
    ["body.hide", { hide: ["thinking", "tool_input", "thinking"] }],
    ["body.hide.1", { hide: ["thinking", "text"] }],
    ["body.expires_in", { expires_in: 0 }],
    ["body.expires_in", { expires_in: -60 }],
    ["body.expires_in", { expires_in: 86_401 }],
    ["body.expires_in", { expires_in: 1.5 }],
    ["body.expires_in", { expires_in: "60" }],
    ["body.expires_in", { expires_in: 1e308 }],
  ])("is not made, and the fault is at %s: %j", async ([place, wish]) => {
    const id = await started();
    const response = await bare("POST", `${ASYNC}/${id}/tokens`, json(wish));
    const refused = await refusal(response, 422, "invalid_request_error");
    expect(new Set(placesOf(refused))).toEqual(new Set([place]));
  });

  test("is not made for a message that is not there, which leaves no trace", async () => {
    const id = uniqueId();
    expect([(await mint(id)).code, (await revoke(id)).code]).toEqual([404, 404]);
    expect(await remains(id)).toEqual({ tables: [], alarm: null });
    await start(prompt("simulated-1@0"), { id, key: "globex-key" });
    expect([(await mint(id)).code, (await revoke(id)).code]).toEqual([404, 404]);
    expect((await mint(id, {}, { key: "globex-key" })).code).toBe(200);
  });
});

test("taking back is 204 with nothing in it, as often as it is asked for", async () => {
  const id = await started();
  await tokenFor(id);
  for (const _ of [1, 2]) {
    const { code, body } = await revoke(id);
    expect([code, body]).toEqual([204, undefined]);
  }
});

test("what is taken back are this message's tokens, made until then", async () => {
  const [id, other] = [await started(), await started()];
  const [first, second] = [await tokenFor(id), await tokenFor(id, { scope: "control" })];
  const others = await tokenFor(other);
  await revoke(id);
  const third = await tokenFor(id);
  const codes = [first, second, third].map(async (key) => (await status(id, { key })).code);
  expect(await Promise.all(codes)).toEqual([401, 401, 200]);
  expect((await status(other, { key: others })).code).toBe(200);
});

describe("with the message it ends:", () => {
  test("404 once that is deleted, and 401 where its id is used anew", async () => {
    const id = await started();
    const key = await tokenFor(id);
    await remove(id);
    expect((await status(id, { key })).code).toBe(404);
    await start(prompt("simulated-500@50"), { id });
    expect((await status(id, { key })).code).toBe(401);
  });
});

describe("by the settings", () => {
  const makeUnder = (settings: Settings, id: string) =>
    under(settings, "POST", `${ASYNC}/${id}/tokens`, json({}));
  const readUnder = async (settings: Settings, id: string, token: string) => {
    const response = await under(settings, "GET", `${ASYNC}/${id}/status`, withBearer(token));
    await response.text();
    return response.status;
  };

  test("without a secret none is made, with a sentence that names it, and none is taken", async () => {
    const id = await started();
    const token = await tokenFor(id);
    const settings = { TOKEN_SECRET: undefined };
    const response = await makeUnder(settings, id);
    const { error } = await refusal(response, 500, "api_error");
    expect(error.message).toMatch(/^Setting TOKEN_SECRET: .*not set/);
    expect(await readUnder(settings, id, token)).toBe(401);
    expect(
      (await under(settings, "DELETE", `${ASYNC}/${id}/tokens`, { headers: KEY })).status,
    ).toBe(204);
  });

  test("with another secret a token is nothing", async () => {
    const id = await started();
    const token = await tokenFor(id);
    expect(await readUnder({ TOKEN_SECRET: "x".repeat(32) }, id, token)).toBe(401);
  });

  test("the development command needs no secret, and what it makes holds nowhere else", async () => {
    const id = uniqueId();
    await under(LOCAL, "POST", `${ASYNC}?message_id=${id}`, json(prompt("simulated-500@50")));
    const response = await makeUnder(LOCAL, id);
    const { token } = (await response.json()) as { token: string };
    expect(await readUnder(LOCAL, id, token)).toBe(200);
    for (const elsewhere of [
      {},
      { TOKEN_SECRET: undefined },
      { ...LOCAL, LOCAL_ACCESS: undefined },
      { ...LOCAL, LOCAL_ACCESS: "closed" },
      { ...LOCAL, TOKEN_SECRET: "x".repeat(32) },
    ]) {
      expect(await readUnder(elsewhere, id, token)).toBe(401);
    }
    for (const guess of ["local", "open", "undefined", "TOKEN_SECRET"]) {
      expect(await decodeToken(token, guess)).toBeUndefined();
    }
  });

  test("an open service still keeps to what a token says", async () => {
    const id = uniqueId();
    await under(LOCAL, "POST", `${ASYNC}?message_id=${id}`, json(prompt("simulated-500@50")));
    const { token } = (await (await makeUnder(LOCAL, id)).json()) as { token: string };
    const ask = async (method: string, path: string, init: RequestInit) =>
      (await under(LOCAL, method, path, init)).status;
    expect(await ask("DELETE", `${ASYNC}/${id}`, withBearer(token))).toBe(403);
    expect(await ask("GET", `${ASYNC}/${id}?token=nonsense`, {})).toBe(401);
    expect(await ask("GET", `${ASYNC}/${id}`, {})).toBe(200);
  });

  test.for<[string, Settings]>([
    ["nobody has a key", { API_KEYS: undefined }],
    ["it is not known any more", { API_KEYS: { globex: "0".repeat(64) } }],
    ["it has no key any more", { API_KEYS: { acme: [], globex: "0".repeat(64) } }],
    ["the service is open and keyless", { API_KEYS: undefined, LOCAL_ACCESS: "open" }],
  ])("a tenant's tokens end with the tenant: %s", async ([, settings]) => {
    const id = await started();
    expect(await readUnder(settings, id, await tokenFor(id))).toBe(401);
  });
});
