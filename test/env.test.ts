// Settings: mistakes are answered with a sentence that names the setting and keeps its value.

import { describe, expect, test } from "vitest";
import { type Env, secretOf, settingsOf } from "../src/env.ts";
import { sha256Hex } from "../src/lib/digest.ts";
import { ApiError } from "../src/protocol/errors.ts";
import { KEY, refusal, under } from "./support/http.ts";

/** What no answer may hold. */
const SECRET = "hunter2-hunter2";
const KEY_BYTES = new TextEncoder().encode(SECRET.repeat(2));
const DIGEST = await sha256Hex("acme-key");

const MISTAKES: [name: string, value: unknown][] = [
  ["API_KEYS", `${SECRET} is not JSON`],
  ["API_KEYS", SECRET],
  ["API_KEYS", `"${SECRET}"`],
  ["API_KEYS", `["${SECRET}"]`],
  ["API_KEYS", "null"],
  ["API_KEYS", ""],
  ["API_KEYS", { acme: SECRET }],
  ["API_KEYS", { acme: [DIGEST, SECRET] }],
  ["API_KEYS", { acme: DIGEST.toUpperCase() }],
  ["API_KEYS", { acme: DIGEST.slice(1) }],
  ["API_KEYS", { acme: `${DIGEST}\n` }],
  ["API_KEYS", { acme: { digest: DIGEST } }],
  ["API_KEYS", { acme: DIGEST, globex: null }],
  ["API_KEYS", { "a/b": DIGEST }],
  ["API_KEYS", { "": DIGEST }],
  ["API_KEYS", { ["a".repeat(65)]: DIGEST }],
  ["API_KEYS", { [SECRET]: "acme" }],
  ["API_KEYS", { [`${SECRET}!`]: "acme" }],
  ["TOKEN_SECRET", SECRET],
  ["TOKEN_SECRET", ""],
  ["TOKEN_SECRET", "x".repeat(31)],
  ["TOKEN_SECRET", 10 ** 40],
  ["MODELS", undefined],
  ["MODELS", `{"a": ${SECRET}`],
  ["MODELS", "[]"],
  ["MODELS", { a: SECRET }],
  ["MODELS", { a: [] }],
  ["MODELS", { "": { provider: "simulated" } }],
  ["MODELS", { a: { provider: SECRET } }],
  ["MODELS", { a: { model: "b" } }],
  ["MODELS", { a: { provider: "simulated", api_key: SECRET } }],
  ["MODELS", { a: { provider: "simulated", model: 5 } }],
  ["MODELS", { a: { provider: "openai", base_url: SECRET } }],
  ["MODELS", { a: { provider: "openai", base_url: `ftp://me:${SECRET}@example.com` } }],
  ["MODELS", { a: [{ provider: "simulated" }, { provider: "nobody", options: SECRET }] }],
  ["LOCAL_ACCESS", "yes"],
  ["LOCAL_ACCESS", true],
  ["LOCAL_ACCESS", ""],
  ["FLUSH_INTERVAL_MS", "abc"],
  ["FLUSH_INTERVAL_MS", ""],
  ["FLUSH_INTERVAL_MS", "-1"],
  ["FLUSH_INTERVAL_MS", 1_001],
  ["FLUSH_INTERVAL_MS", "Infinity"],
  ["FLUSH_INTERVAL_MS", {}],
  ["UNWATCHED_FLUSH_INTERVAL_MS", 60_001],
  ["RETENTION_SECONDS", "0"],
  ["RETENTION_SECONDS", "1.5"],
  ["RETENTION_SECONDS", "a day"],
  ["MAX_RETENTION_SECONDS", "-5"],
  ["STALL_TIMEOUT_SECONDS", "0"],
  ["RUN_DEADLINE_SECONDS", "soon"],
  ["MAX_RETRIES", "-1"],
  ["MAX_RETRIES", "11"],
  ["MAX_RETRIES", "2.5"],
  ["MAX_OBSERVERS", "0"],
  ["MAX_OBSERVERS", "1e9"],
  ["JURISDICTIONS", "mars"],
  ["JURISDICTIONS", "eu us"],
  ["JURISDICTIONS", ["eu"]],
  ["WEBHOOK_SECRET", SECRET],
  ["WEBHOOK_SECRET", `whsec_${SECRET}`],
  ["WEBHOOK_SECRET", `whsec_${btoa(SECRET)}`], // too short
  ["WEBHOOK_SECRET", `whsec_${btoa(SECRET.repeat(5))}`], // too long
  ["WEBHOOK_SECRET", `whsec_${btoa(SECRET.repeat(2))},whsec_${btoa(SECRET.repeat(2))}`],
  ["WEBHOOK_SECRET", [`whsec_${btoa(SECRET.repeat(2))}`]],
  ["CORS_ORIGINS", 5],
  ["CORS_ORIGINS", ["https://a.example"]],
];

describe("a mistake", () => {
  test.for(MISTAKES)("in %s is told, and its value is not: %j", async ([name, value]) => {
    for (const path of ["/v1/models", "/v1/messages/async/x/status", "/v1/nothing"]) {
      const response = await under({ [name]: value }, "GET", path, { headers: KEY });
      const refused = await refusal(response, 500, "api_error");
      expect(refused.error.message).toMatch(new RegExp(`^Setting ${name}\\b.*: .*\\w`, "s"));
      expect(JSON.stringify([refused, [...response.headers]])).not.toContain(SECRET);
    }
  });

  test("is told for a request without a key as well: nobody gets in by a mistake", async () => {
    const response = await under({ API_KEYS: "{" }, "GET", "/v1/models");
    expect((await refusal(response, 500, "api_error")).error.message).toContain("API_KEYS");
  });

  test("does not make the service look dead", async () => {
    expect((await under({ MODELS: "{" }, "GET", "/health")).status).toBe(200);
  });
});

describe("a setting", () => {
  const parse = (settings: Record<string, unknown>) =>
    settingsOf({ MODELS: { a: { provider: "simulated" } }, ...settings } as unknown as Env);

  test.for<[name: string, value: unknown, parsed: unknown]>([
    ["API_KEYS", undefined, {}],
    ["API_KEYS", { a: DIGEST }, { a: [DIGEST] }],
    ["API_KEYS", JSON.stringify({ a: DIGEST }), { a: [DIGEST] }],
    ["API_KEYS", { a: [DIGEST, DIGEST], "b.c-d_1": [] }, { a: [DIGEST, DIGEST], "b.c-d_1": [] }],
    ["TOKEN_SECRET", undefined, undefined],
    ["TOKEN_SECRET", "x".repeat(32), "x".repeat(32)],
    ["LOCAL_ACCESS", undefined, "closed"],
    ["LOCAL_ACCESS", "open", "open"],
    ["RETENTION_SECONDS", undefined, 86_400],
    ["MAX_RETENTION_SECONDS", undefined, 604_800],
    ["FLUSH_INTERVAL_MS", undefined, 20],
    ["FLUSH_INTERVAL_MS", 0, 0],
    ["FLUSH_INTERVAL_MS", "0", 0],
    ["FLUSH_INTERVAL_MS", "2.5", 2.5],
    ["FLUSH_INTERVAL_MS", " 50 ", 50],
    ["UNWATCHED_FLUSH_INTERVAL_MS", undefined, 2_500],
    ["STALL_TIMEOUT_SECONDS", undefined, 120],
    ["STALL_TIMEOUT_SECONDS", "0.5", 0.5],
    ["RUN_DEADLINE_SECONDS", undefined, 3_600],
    ["MAX_RETRIES", undefined, 2],
    ["MAX_RETRIES", "0", 0],
    ["MAX_OBSERVERS", undefined, 2_000],
    ["MAX_OBSERVERS", "32768", 32_768],
    ["WEBHOOK_SECRET", undefined, []],
    ["WEBHOOK_SECRET", "", []],
    ["WEBHOOK_SECRET", `whsec_${btoa(SECRET.repeat(2))}`, [KEY_BYTES]],
    [
      "WEBHOOK_SECRET",
      ` whsec_${btoa(SECRET.repeat(2))}  whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`,
      [KEY_BYTES, new Uint8Array(24)],
    ],
    ["CORS_ORIGINS", undefined, []],
    ["CORS_ORIGINS", "", []],
    ["CORS_ORIGINS", "*", ["*"]],
    [
      "CORS_ORIGINS",
      " https://a.example, ,https://b.example,",
      ["https://a.example", "https://b.example"],
    ],
    ["MODELS", { a: { provider: "simulated" } }, { a: [{ provider: "simulated", options: {} }] }],
    ["MODELS", '{"a":[{"provider":"simulated"}]}', { a: [{ provider: "simulated", options: {} }] }],
    ["MODELS", {}, {}],
  ])("%s: %j means %j", ([name, value, parsed]) => {
    expect(parse({ [name]: value })).toMatchObject({ [name]: parsed });
    expect(Object.entries(parse({ [name]: value }))).toContainEqual([name, parsed]);
  });

  test("is read once for each deployment", () => {
    const env = { MODELS: {} } as unknown as Env;
    expect(settingsOf(env)).toBe(settingsOf(env));
  });
});

test.for<[string, unknown]>([
  ["absent", undefined],
  ["empty", ""],
  ["no text", { key: SECRET }],
])("a secret that is %s is named", ([, value]) => {
  const ask = () => secretOf({ UPSTREAM_KEY: value } as unknown as Env, "UPSTREAM_KEY");
  expect(ask).toThrow(ApiError);
  const problem = { reason: "bad_setting", setting: "UPSTREAM_KEY" };
  expect(ask).toThrow(expect.objectContaining({ problem: expect.objectContaining(problem) }));
});

test("a secret is what it is", () => {
  expect(secretOf({ UPSTREAM_KEY: " k " } as unknown as Env, "UPSTREAM_KEY")).toBe(" k ");
});
