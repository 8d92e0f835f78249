// Settings that are absent or wrong: the service stays closed, or says which one it is.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BARE_COMMAND, startService } from "./support/service.ts";

const CALLS = [
  ["GET", "/v1/models"],
  ["POST", "/v1/messages"],
  ["POST", "/v1/messages/async"],
  ["POST", "/v1/messages/validate"],
  ["GET", "/v1/messages/async/some/stream"],
  ["DELETE", "/v1/messages/async/some"],
  ["GET", "/v1/nothing-here"],
] as const;

/** Settings that are wrong, and what the answer says of each. */
const MISTAKES = [
  ["MODELS", "{nonsense", /Setting MODELS: not JSON/],
  ["API_KEYS", '{"me": "my-key"}', /Setting API_KEYS: /],
  ["FLUSH_INTERVAL_MS", "soon", /Setting FLUSH_INTERVAL_MS: /],
] as const;

describe("started in another way than by the development command", { timeout: 60_000 }, () => {
  test("without keys everything under /v1 is 401, and nothing else is", async (t) => {
    const service = await startService({ command: BARE_COMMAND });
    t.after(() => service.stop());
    for (const [method, path] of CALLS) {
      for (const headers of [{}, { "x-api-key": "any" }, { authorization: "Bearer any" }]) {
        const response = await fetch(`${service.url}${path}`, { method, headers });
        const { error } = (await response.json()) as { error: { type: string } };
        assert.deepEqual(
          [method, path, response.status, error.type],
          [method, path, 401, "authentication_error"],
        );
      }
    }
    assert.equal((await fetch(`${service.url}/health`)).status, 200);
  });
});

describe("a setting that is wrong", { concurrency: true, timeout: 60_000 }, () => {
  for (const [name, value, sentence] of MISTAKES) {
    test(`${name}:${value} is answered with a sentence that names it`, async (t) => {
      const service = await startService({ vars: { [name]: value } });
      t.after(() => service.stop());
      for (const path of ["/v1/models", "/v1/messages/async/some/status"]) {
        const response = await fetch(`${service.url}${path}`);
        const { error } = (await response.json()) as { error: { type: string; message: string } };
        assert.deepEqual([response.status, error.type], [500, "api_error"]);
        assert.match(error.message, sentence);
      }
      assert.equal((await fetch(`${service.url}/health`)).status, 200);
    });
  }
});
