// What else the official SDK does with the service: models, tools it runs itself, keys, and messages
// that somebody else has started.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createScript, openGate, toPrompt } from "../support/script.ts";
import { ANSWERS } from "./support/answers.ts";
import { type Anthropic, ask, CASES, SDKS } from "./support/sdk.ts";
import { KEY, KEYS, startWorld } from "./support/upstreams.ts";

const world = await startWorld({ API_KEYS: KEYS });
const { url } = world.service;
const JSON_TYPE = { "content-type": "application/json" };
after(() => world.stop());

for (const { version, Anthropic } of SDKS) {
  const client = new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0 });

  describe(`SDK ${version}`, { concurrency: true, timeout: 30_000 }, () => {
    test("models.list() and retrieve() know the configured names", async () => {
      const names: string[] = [];
      for await (const { id, type } of client.models.list({ limit: 1 })) {
        assert.equal(type, "model");
        names.push(id);
      }
      assert.deepEqual(names, ["script-anthropic", "script-openai", "simulated"]);
      assert.equal((await client.models.retrieve("script-openai")).id, "script-openai");
      assert.equal((await client.models.retrieve("claude-any")).id, "claude-any");
      await assert.rejects(client.models.retrieve("unheard-of"), Anthropic.NotFoundError);
    });

    test("messages.countTokens() tells what the upstream counts, or that it cannot", async () => {
      const answer = { steps: [{ send: '{"input_tokens": 42}' }], headers: JSON_TYPE };
      const count = (model: string, content: string) =>
        client.messages.countTokens({ model, messages: [{ role: "user", content }] });
      const scripted = await count("script-anthropic", toPrompt(createScript(answer)));
      assert.equal(scripted.input_tokens, 42);
      assert.equal((await count("simulated", "How many?")).input_tokens, 2);
      await assert.rejects(count("script-openai", "How many?"), (error) => {
        return error instanceof Anthropic.BadRequestError && /count_tokens/.test(error.message);
      });
    });

    const CREDENTIALS = {
      apiKey: { options: { apiKey: KEY }, header: version < "1" ? "x-api-key" : "authorization" },
      authToken: { options: { apiKey: null, authToken: KEY }, header: "authorization" },
    };
    for (const [name, { options, header }] of Object.entries(CREDENTIALS)) {
      test(`${name} lets in, as the header ${header}`, async () => {
        const sent: string[] = [];
        const caller = new Anthropic({
          ...options,
          baseURL: url,
          fetch: (input, init) => {
            sent.push(...new Headers(init?.headers).keys());
            return fetch(input, init);
          },
        });
        const message = await caller.messages.create(ask("simulated-3@0", "Hello"));
        assert.equal(message.stop_reason, "end_turn");
        assert.deepEqual(
          sent.filter((key) => key === "authorization" || key === "x-api-key"),
          [header],
        );
      });
    }

    test("a wrong key is an AuthenticationError, for any call", async () => {
      const stranger = new Anthropic({ baseURL: url, apiKey: "wrong", maxRetries: 0 });
      const calls = [
        () => stranger.messages.create(ask("simulated", "Hello")),
        () => stranger.models.list(),
      ];
      for (const call of calls) {
        await assert.rejects(
          async () => await call(),
          (error) => {
            assert.ok(error instanceof Anthropic.AuthenticationError);
            assert.deepEqual([error.status, error.type], [401, "authentication_error"]);
            return true;
          },
        );
      }
    });
  });
}

for (const { title, version, Anthropic, MessageStream, Stream, betaTool, ...upstream } of CASES) {
  describe(title, { concurrency: true, timeout: 30_000 }, () => {
    test("toolRunner runs the caller's tools and comes to the answer, without threads", async () => {
      const statuses: number[] = [];
      const client = new Anthropic({
        baseURL: url,
        apiKey: KEY,
        maxRetries: 0,
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          statuses.push(response.status);
          return response;
        },
      });
      const asked: string[] = [];
      const weather = betaTool({
        name: "get_weather",
        description: "The weather of a city",
        inputSchema: { type: "object", properties: { city: { type: "string" } } },
        run: ({ city = "" }) => {
          asked.push(city);
          return "18 degrees";
        },
      });
      const answer = await client.beta.messages.toolRunner({
        ...ask(upstream.model, "@tools"),
        tools: [weather],
      });
      assert.deepEqual(asked.sort(), ["Paris", "Rome"]);
      assert.equal(answer.stop_reason, "end_turn");
      assert.deepEqual(
        answer.content.map((block) => block.type === "text" && block.text),
        ["Paris has 18 degrees, Rome 24."],
      );
      // 1.x asks for a thread first, is told that there is none, and goes on as 0.x always does.
      assert.deepEqual(statuses, version < "1" ? [200, 200] : [400, 200, 200]);
    });

    test("MessageStream folds what somebody else started, also for one who joins late", async () => {
      const { dialect, script } = upstream;
      const steps = ANSWERS[dialect](["Half ", "of it, ", { gate: "late" }, "and the ", "rest."]);
      const playing = createScript(steps);
      const id = await start(ask(script, toPrompt(playing)));

      /** Resolves with the first text that comes, and then with the whole message. */
      const watch = async (): Promise<{ first: string; whole: Promise<Anthropic.Message> }> => {
        const controller = new AbortController();
        const headers = { authorization: `Bearer ${KEY}` };
        const response = await fetch(`${url}/v1/messages/async/${id}/stream`, { headers });
        const events = Stream.fromSSEResponse(response, controller).toReadableStream();
        const stream = MessageStream.fromReadableStream(events);
        const first = Promise.withResolvers<string>();
        stream.on("text", (text) => first.resolve(text));
        return { first: await first.promise, whole: stream.finalMessage() };
      };

      const early = await watch();
      const late = await watch();
      assert.deepEqual([early.first, late.first], ["Half ", "Half "]);
      await openGate(world.emulator, playing.id, "late");
      const [message, same] = await Promise.all([early.whole, late.whole]);
      assert.deepEqual(same, message);
      assert.equal(message.id, id);
      assert.equal(message.stop_reason, "end_turn");
      assert.deepEqual(
        message.content.map((block) => block.type === "text" && block.text),
        ["Half of it, and the rest."],
      );
    });
  });
}

/** Starts a message as one would without an SDK; answers its id. */
async function start(body: unknown): Promise<string> {
  const response = await fetch(`${url}/v1/messages/async`, {
    method: "POST",
    headers: { "x-api-key": KEY, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200);
  return ((await response.json()) as { message_id: string }).message_id;
}
