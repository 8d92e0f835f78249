// POST /v1/messages/validate: all that starting would say of a body, and nothing that it would do.

import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { BAD_REQUESTS } from "../support/bad-requests.ts";
import { prompt, send } from "../support/client.ts";
import { bare, json, placesOf, refusal } from "../support/http.ts";
import { prepare } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

interface Verdict {
  valid: boolean;
  errors: string[] | null;
}

async function validate(body: unknown): Promise<Verdict> {
  const response = await bare("POST", "/v1/messages/validate", json(body));
  expect(response.status).toBe(200);
  return response.json();
}

test.for<[string, unknown]>([
  ["the least there can be", { messages: [{ role: "user", content: "Hello" }] }],
  ["a stream", { ...prompt("simulated"), stream: true }],
  ["a model by its pattern", prompt("claude-of-tomorrow")],
  ["fields that nobody knows", { ...prompt("simulated"), unheard_of: { of: 1 } }],
  ["nulls", { ...prompt("simulated"), system: null, tools: null, thread: null }],
])("valid, without errors: %s", async ([, body]) => {
  expect(await validate(body)).toEqual({ valid: true, errors: null });
});

test("a model that is not configured makes a body invalid", async () => {
  const { valid, errors } = await validate(prompt("nobody"));
  expect([valid, errors]).toEqual([false, [expect.stringMatching(/^body\.model: ./)]]);
});

test("it says of each faulty body what starting says, in sentences", async () => {
  for (const { name, body } of BAD_REQUESTS) {
    const started = await send("POST", "/v1/messages/async", json(body));
    const refused = await refusal(started, 422, "invalid_request_error");
    const sentences = placesOf(refused).map((place) => expect.stringContaining(`${place}: `));
    const { valid, errors } = await validate(body);
    expect([name, valid, errors]).toEqual([name, false, sentences]);
    expect(errors?.join("; ")).toBe(refused.error.message);
  }
});

test("it runs nothing and keeps nothing, whatever the body and the query", async () => {
  const { body, requests } = prepare(anthropicText(["never"]));
  const before = await listDurableObjectIds(env.MESSAGES);
  for (const path of ["/v1/messages/validate", "/v1/messages/validate?message_id=mine"]) {
    expect(await (await bare("POST", path, json(body))).json()).toMatchObject({ valid: true });
  }
  await validate({ ...body, messages: [] });
  expect((await listDurableObjectIds(env.MESSAGES)).map(String)).toEqual(before.map(String));
  expect(await requests()).toBe(0);
});
