// POST /v1/messages/count_tokens: what is sent upstream and what comes of it, wherever it leads.

import { describe, expect, inject, test } from "vitest";
import { BAD_REQUESTS } from "../support/bad-requests.ts";
import { prompt } from "../support/client.ts";
import { bare, json, placesOf, refusal, type Settings, under } from "../support/http.ts";
import { prepare } from "../support/play.ts";
import type { Answer, Step } from "../support/script.ts";

const COUNT = "/v1/messages/count_tokens";
const emulator = inject("emulator");
const anthropic = { provider: "anthropic", base_url: `${emulator}/anthropic` };
const openai = { provider: "openai", base_url: `${emulator}/openai/v1` };
const vllm = { ...openai, options: { tokenize: "/tokenize" } };

function count(body: unknown, routes?: unknown, settings: Settings = {}): Promise<Response> {
  const models = routes === undefined ? {} : { MODELS: { m: routes } };
  return under({ ...models, ...settings }, "POST", COUNT, json(body));
}

/** An answer in JSON. */
function says(body: unknown, answer: Partial<Answer> = {}): Answer {
  const headers = { "content-type": "application/json", ...answer.headers };
  return { ...answer, headers, steps: [{ send: JSON.stringify(body) }] };
}

/** A body for model `m`, and what the emulator saw of it. */
function ask(first: Answer | Step[], ...later: Answer[]) {
  const { body, requested } = prepare(first, ...later);
  const seen = async (times?: number) => (await requested(times)).requests;
  return { body: { ...body, model: "m" }, seen };
}

describe("an Anthropic-compatible upstream", () => {
  test("is asked for what has a part in the input, and for no more", async () => {
    const { body, seen } = ask(says({ input_tokens: 42, novelty: 1 }));
    const counted = {
      messages: body.messages,
      system: [{ type: "text", text: "Be brief." }],
      tools: [{ name: "look", input_schema: { type: "object" } }],
      tool_choice: { type: "auto" },
      thinking: { type: "adaptive" },
      output_config: { effort: "low" },
      cache_control: { type: "ephemeral" },
      novelty: true,
    };
    const more = {
      ...{ max_tokens: 5, stream: true, stop_sequences: ["x"], temperature: 1, top_p: 1, top_k: 1 },
      ...{ metadata: { user_id: "u" }, service_tier: "auto", inference_geo: "eu", container: "c" },
      ...{ seed: 1, priority: 1, min_p: 0.5, correlation_id: "c-1", expires_after: 9 },
    };
    const route = { ...anthropic, model: "inner", key: "SECRET", options: { extra_fields: true } };
    const response = await count({ ...body, ...counted, ...more }, route, { SECRET: "sk-1" });
    expect([response.status, await response.json()]).toEqual([200, { input_tokens: 42 }]);
    expect(response.headers.get("x-correlation-id")).toBe("c-1");
    const [request] = await seen();
    expect(request).toMatchObject({
      path: "/anthropic/v1/messages/count_tokens",
      headers: { "x-api-key": "sk-1", "x-correlation-id": "c-1" },
      body: { ...counted, model: "inner" },
    });
    expect(Object.keys(request?.body ?? {}).sort()).toEqual(
      ["model", ...Object.keys(counted)].sort(),
    );
  });

  test("is asked about calls that ran on our side as it would be told of them", async () => {
    const { body, seen } = ask(says({ input_tokens: 1 }));
    const use = { id: "t", name: "look", input: {} };
    const done = { type: "server_tool_result", tool_use_id: "t", content: "done" };
    const said = [{ type: "server_tool_use", ...use }, done];
    const messages = [
      { role: "user", content: "Look." },
      { role: "assistant", content: said },
      ...body.messages,
    ];
    expect((await count({ ...body, messages }, anthropic)).status).toBe(200);
    const [request] = await seen();
    expect(request?.body.messages).toMatchObject([
      messages[0],
      { role: "assistant", content: [{ type: "tool_use", ...use }] },
      { role: "user", content: [{ type: "tool_result" }, { type: "text" }] },
    ]);
  });

  test("edits the context itself", async () => {
    const edits = [{ type: "clear_tool_uses_20250919" }];
    const told = { input_tokens: 5, context_management: { original_input_tokens: 9 } };
    const { body, seen } = ask(says(told));
    const response = await count({ ...body, context_management: { edits } }, anthropic);
    expect(await response.json()).toEqual(told);
    const [request] = await seen();
    expect(request?.headers["anthropic-beta"]).toBe("context-management-2025-06-27");
    expect(request?.body.context_management).toEqual({ edits });
  });

  test.for<[status: number, type: string, answered: number]>([
    [400, "invalid_request_error", 400],
    [401, "authentication_error", 401],
    [429, "rate_limit_error", 429],
    [529, "overloaded_error", 529],
  ])("that refuses with %i is answered so", async ([status, type, answered]) => {
    const error = { type: "error", error: { type, message: "The key sk-1 is bad." } };
    const { body, seen } = ask(says(error, { status, headers: { "retry-after": "7" } }));
    const response = await count(body, { ...anthropic, key: "SECRET" }, { SECRET: "sk-1" });
    expect(response.headers.get("retry-after")).toBe("7");
    const refused = await refusal(response, answered, type);
    expect(refused.error.message).toBe("The key [key] is bad.");
    expect(await seen()).toHaveLength(1);
  });

  test.for<[name: string, answer: Answer, status: number, type: string]>([
    ["without a count", says({ input_tokens: "5" }), 500, "api_error"],
    ["in something else than JSON", { steps: [{ send: "data: {}\n\n" }] }, 500, "api_error"],
    ["with a broken connection", { steps: [{ send: "" }, { cut: true }] }, 500, "api_error"],
    ["with a redirect", says({}, { status: 302, headers: { location: "/" } }), 500, "api_error"],
    ["not at all", { steps: [{ gate: "never" }] }, 504, "timeout_error"],
  ])("that answers %s is a failure", async ([, answer, status, type]) => {
    const { body } = ask(answer);
    await refusal(await count(body, anthropic, { STALL_TIMEOUT_SECONDS: 0.5 }), status, type);
  });

  test("that is not there is a failure", async () => {
    const route = { provider: "anthropic", base_url: "http://127.0.0.1:1" };
    await refusal(await count({ ...prompt("m") }, route), 500, "api_error");
  });
});

describe("an OpenAI-compatible upstream", () => {
  test("is asked at the address that its route names", async () => {
    const { body, seen } = ask(says({ count: 17, max_model_len: 4096, tokens: [1, 2] }));
    const tools = [{ name: "look", input_schema: { type: "object" } }];
    const response = await count({ ...body, system: "Be brief.", tools, temperature: 1 }, vllm);
    expect([response.status, await response.json()]).toEqual([200, { input_tokens: 17 }]);
    const [request] = await seen();
    expect(request?.path).toBe("/tokenize");
    expect(request?.body).toEqual({
      model: "m",
      messages: [{ role: "system", content: "Be brief." }, ...body.messages],
      tools: [{ type: "function", function: { name: "look", parameters: { type: "object" } } }],
    });
  });

  test.for<[name: string, route: unknown, answer: unknown]>([
    ["without a count", vllm, { tokens: [] }],
    ["at an address that is none", { ...openai, options: { tokenize: "http://[" } }, {}],
  ])("%s is a failure", async ([, route, answer]) => {
    await refusal(await count(ask(says(answer)).body, route), 500, "api_error");
  });

  test("has the context edited here, and counted before and after", async () => {
    const { body, seen } = ask(says({ count: 200_000 }), says({ count: 150 }));
    const call = { type: "tool_use", id: "t", name: "look", input: {} };
    const result = { type: "tool_result", tool_use_id: "t", content: "much" };
    const messages = [
      { role: "user", content: "Look." },
      { role: "assistant", content: [call] },
      { role: "user", content: [result] },
      ...body.messages,
    ];
    const edit = { type: "clear_tool_uses_20250919", keep: { type: "tool_uses", value: 0 } };
    const asked = { ...body, messages, context_management: { edits: [edit] } };
    expect(await (await count(asked, vllm)).json()).toEqual({
      input_tokens: 150,
      context_management: { original_input_tokens: 200_000 },
    });
    const [whole, edited] = await seen(2);
    expect(JSON.stringify(whole?.body)).toContain("much");
    expect(JSON.stringify(edited?.body)).not.toContain("much");
  });
});

test("the simulated model counts words", async () => {
  const response = await count({ ...prompt("simulated", "How many are these?"), system: "Count." });
  expect(await response.json()).toEqual({ input_tokens: 5 });
});

test("the first route that can be asked is asked", async () => {
  const { body, seen } = ask(says({ input_tokens: 3 }));
  const response = await count(body, [openai, { provider: "workers-ai" }, anthropic]);
  expect(await response.json()).toEqual({ input_tokens: 3 });
  expect((await seen()).map(({ path }) => path)).toEqual(["/anthropic/v1/messages/count_tokens"]);
});

test.for<[unknown]>([[openai], [{ provider: "workers-ai" }]])(
  "400 where nobody can be asked: %j",
  async ([route]) => {
    const refused = await refusal(await count(prompt("m"), route), 400, "invalid_request_error");
    expect(refused.error.message).toContain("Model m does not support count_tokens");
  },
);

test("what could not be started is not counted", async () => {
  for (const { name, body, loc } of BAD_REQUESTS) {
    const response = await bare("POST", COUNT, json(body));
    const refused = await refusal(response, 422, "invalid_request_error");
    expect([name, placesOf(refused).sort()]).toEqual([name, [...loc].sort()]);
  }
  const thread = { ...prompt("simulated"), thread: { type: "create" } };
  expect((await bare("POST", COUNT, json(thread))).status).toBe(400);
  expect((await bare("POST", COUNT, json(prompt("nobody")))).status).toBe(422);
});
