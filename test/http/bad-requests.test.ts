// Bodies with faults, posted: each fault is named with its path, and nothing is kept of any.

import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { BAD_REQUESTS } from "../support/bad-requests.ts";
import { prompt, send, start, status, uniqueId } from "../support/client.ts";
import { json, placesOf, refusal } from "../support/http.ts";
import { remains } from "../support/storage.ts";

const ASYNC = "/v1/messages/async";

async function isStored(id: string): Promise<boolean> {
  const name = env.MESSAGES.idFromName(`acme/${id}`).toString();
  const ids = await listDurableObjectIds(env.MESSAGES);
  return ids.some((stored) => stored.toString() === name);
}

test("there are faults to look for", () => {
  expect(BAD_REQUESTS.length).toBeGreaterThanOrEqual(200);
});

test.for(BAD_REQUESTS.map((one) => [one.name, one] as const))(
  "422 with the place, and no trace: %s",
  async ([, { body, loc }]) => {
    const id = uniqueId();
    const response = await send("POST", `${ASYNC}?message_id=${id}`, json(body));
    const refused = await refusal(response, 422, "invalid_request_error");
    expect(placesOf(refused).sort()).toEqual([...loc].sort());
    expect(response.headers.get("message-id")).toBeNull();
    expect(await isStored(id)).toBe(false);
    expect((await status(id)).code).toBe(404);
    expect(await remains(id)).toEqual({ tables: [], alarm: null });
  },
);

test("what is kept of a good body would have been found", async () => {
  const id = uniqueId();
  expect((await start(prompt("simulated-1@0"), { id })).code).toBe(200);
  expect(await isStored(id)).toBe(true);
  expect((await remains(id)).tables).toContain("message");
});

test("an id that was refused with a faulty body is free for a good one", async () => {
  const id = uniqueId();
  expect((await start({ messages: [] }, { id })).code).toBe(422);
  expect((await start(prompt("simulated-1@0"), { id })).code).toBe(200);
});

test("the message of the error tells every fault, for clients that read no `detail`", async () => {
  const body = { messages: [], temperature: 9 };
  const refused = await refusal(
    await send("POST", ASYNC, json(body)),
    422,
    "invalid_request_error",
  );
  expect(refused.error.message).toMatch(/^body\.messages: .+; body\.temperature: .+$/);
});

test("a good body in place of the message is untouched by a faulty one under its id", async () => {
  const id = uniqueId();
  await start(prompt("simulated-1@0"), { id });
  expect((await start({ messages: [] }, { id })).code).toBe(422);
  expect((await status(id)).code).toBe(200);
});

test("a model that is not configured is a fault of the body at once", async () => {
  const id = uniqueId();
  const { code, body } = await start(prompt("nobody-9"), { id });
  expect(code).toBe(422);
  expect(placesOf(body)).toEqual(["body.model"]);
  expect(await isStored(id)).toBe(false);
});

test.for(["__proto__", "constructor", "toString", "hasOwnProperty", "simulate", "Simulated"])(
  "no model is called %s",
  async (model) => {
    const { code, body } = await start(prompt(model));
    expect([code, placesOf(body)]).toEqual([422, ["body.model"]]);
  },
);

test.for<[string, unknown]>([
  ["an id", "thread_1"],
  ["an object", { id: "thread_1" }],
  ["an empty text", ""],
  ["false", false],
])(
  "`thread` is refused with the code that the official SDK falls back on: %s",
  async ([, thread]) => {
    for (const path of [
      `${ASYNC}?message_id=${uniqueId()}`,
      "/v1/messages",
      "/v1/messages/validate",
    ]) {
      const response = await send("POST", path, json({ ...prompt("simulated-1@0"), thread }));
      const { error } = await refusal(response, 400, "invalid_request_error");
      expect(error).toMatchObject({ details: { error_code: "thread_unsupported_request" } });
    }
  },
);

test("a `thread` of null is an absent one", async () => {
  const { code } = await start({ ...prompt("simulated-1@0"), thread: null });
  expect(code).toBe(200);
});
