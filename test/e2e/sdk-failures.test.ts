// What the official SDK throws when an upstream fails: the error it knows, never a bare end.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createScript, requested, seen, toPrompt } from "../support/script.ts";
import { ANSWERS } from "./support/answers.ts";
import { type Anthropic, ask, CASES } from "./support/sdk.ts";
import { fetchKept, KEY, KEYS, startWorld } from "./support/upstreams.ts";

/** Refusals of an upstream, by the type each dialect gives them, and what they are to the SDK. */
const REFUSALS = [
  { status: 400, openai: "invalid_request_error", anthropic: "invalid_request_error", attempts: 1 },
  { status: 429, openai: "requests", anthropic: "rate_limit_error", attempts: 2 },
  { status: 500, openai: "server_error", anthropic: "api_error", attempts: 2 },
  { status: 529, openai: "overloaded", anthropic: "overloaded_error", attempts: 2 },
] as const;
const ERRORS = {
  400: "BadRequestError",
  429: "RateLimitError",
  500: "InternalServerError",
  529: "InternalServerError",
} as const;

const world = await startWorld({ API_KEYS: KEYS, MAX_RETRIES: 1 });
after(() => world.stop());

describe("the official SDK", { concurrency: true, timeout: 60_000 }, () => {
  for (const each of CASES) describe(each.title, { concurrency: true }, () => failuresOf(each));
});

function failuresOf({ Anthropic, dialect, model, script }: (typeof CASES)[number]): void {
  const client = new Anthropic({ baseURL: world.service.url, apiKey: KEY, maxRetries: 0 });

  /** Every way to ask, to its end. */
  const ways: Record<string, (params: Anthropic.MessageCreateParamsNonStreaming) => Promise<void>> =
    {
      create: async (params) => void (await client.messages.create(params)),
      "create({stream: true})": async (params) => {
        for await (const _ of await client.messages.create({ ...params, stream: true }));
      },
      "stream().finalMessage()": async (params) =>
        void (await client.messages.stream(params).finalMessage()),
    };

  for (const [way, get] of Object.entries(ways)) {
    for (const { status, attempts, ...types } of REFUSALS) {
      const error = ERRORS[status];
      test(`${way}: ${status} to ${attempts} attempts before any event is ${error}`, async () => {
        const body = { error: { type: types[dialect], message: `emulated ${status}` } };
        const steps = [{ send: JSON.stringify(body) }];
        const headers = status === 429 ? { "retry-after": "1" } : undefined;
        const refusal = createScript({ steps, status, ...(headers && { headers }) });
        const thrown = await failure(get(ask(script, toPrompt(refusal))));
        assert.ok(thrown instanceof Anthropic[error]);
        assert.ok(thrown instanceof Anthropic.APIError);
        assert.deepEqual([thrown.status, thrown.type], [status, types.anthropic]);
        assert.match(thrown.message, RegExp(`emulated ${status}`));
        assert.match(thrown.requestID ?? "", /^req_/);
        assert.equal(thrown.headers?.get("retry-after"), headers?.["retry-after"] ?? null);
        const { requests } = await seen(world.emulator, refusal.id);
        assert.equal(requests.length, attempts);
      });
    }
  }

  test("an upstream that fails once is asked again, and nobody notices", async () => {
    const flaky = createScript({ steps: [], status: 529 }, ANSWERS[dialect](["Here", " I am"]));
    const message = await client.messages.create(ask(script, toPrompt(flaky)));
    assert.deepEqual(message.content.map(textOf), ["Here I am"]);
    await requested(world.emulator, flaky.id, 2);
  });

  test("a connection cut in the middle throws, and the text so far is kept", async () => {
    const { data, response, request_id } = await client.messages
      .create({ ...ask(model, "@cut"), stream: true })
      .withResponse();
    let text = "";
    const reading = (async () => {
      for await (const event of data) {
        if (event.type === "content_block_delta") text += textOf(event.delta);
      }
    })();
    const thrown = await failure(reading);
    assert.ok(thrown instanceof Anthropic.APIError);
    assert.equal(thrown.type, "api_error");
    assert.equal(thrown.requestID, request_id);
    assert.ok(text.length > 0 && "The quick brown fox jumps over".startsWith(text), text);

    const kept = await fetchKept(world, response.headers.get("message-id"));
    assert.equal(kept.status, "error");
    assert.deepEqual(kept.content.map(textOf), [text]);
  });

  test("the same in one piece is a 500 with the same error", async () => {
    const thrown = await failure(client.messages.create(ask(model, "@cut")));
    assert.ok(thrown instanceof Anthropic.InternalServerError);
    assert.deepEqual([thrown.status, thrown.type], [500, "api_error"]);
    const kept = await fetchKept(world, thrown.headers?.get("message-id"));
    assert.equal(kept.status, "error");
  });
}

/** What `promise` rejects with. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  const { status, reason } = await promise.then(
    () => ({ status: "fulfilled", reason: undefined }),
    (reason: unknown) => ({ status: "rejected", reason }),
  );
  assert.equal(status, "rejected");
  return reason;
}

function textOf(part: { type: string; text?: string }): string {
  return part.text ?? "";
}
