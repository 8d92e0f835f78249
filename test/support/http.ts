// The Worker as HTTP sees it: requests with nothing added, settings that a test varies, and what
// every refusal has in common.

import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import { app } from "../../src/http/app.ts";
import type { Refusal } from "./client.ts";

export const ORIGIN = "https://api.example";
export const KEY = { authorization: "Bearer acme-key" };
export const JSON_TYPE = { "content-type": "application/json" };

export type Settings = Record<string, unknown>;

/** One request with these headers and no others. */
export function bare(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(ORIGIN + path, { ...init, method });
}

/** The same, to a Worker with other settings. */
export async function under(
  settings: Settings,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const request = new Request(ORIGIN + path, { ...init, method });
  return app.fetch(request, { ...env, ...settings }, createExecutionContext());
}

/** What a request with JSON needs: a key, the content type and the body. */
export function json(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { headers: { ...KEY, ...JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

/** The body of a refusal, once it is certain that it has the form that every refusal has. */
export async function refusal(response: Response, status: number, type: string): Promise<Refusal> {
  const text = await response.text();
  expect([response.status, text]).toEqual([status, expect.any(String)]);
  expect(response.headers.get("content-type")).toMatch(/^application\/json\b/);
  const body = JSON.parse(text) as Refusal;
  expect(Object.keys(body).sort()).toEqual(["detail", "error", "request_id", "type"]);
  expect([body.type, body.error.type]).toEqual(["error", type]);
  expect(body.error.message).not.toBe("");
  expect(body.request_id).toMatch(/^req_[0-9a-f]{32}$/);
  expect(response.headers.get("request-id")).toBe(body.request_id);
  return body;
}

/** Where the faults of a 422 are, as paths with dots. */
export function placesOf({ detail }: Refusal): string[] {
  if (typeof detail === "string") throw new Error(`a sentence instead of a list: ${detail}`);
  for (const { msg, type } of detail) expect([msg, type]).not.toContain("");
  return detail.map(({ loc }) => loc.join("."));
}
