// Starting a message: what is answered, which id it has, what counts as the same one, what is kept.

import { describe, expect, test } from "vitest";
import { ended, prompt, send, start, status, uniqueId } from "../support/client.ts";
import { bare, JSON_TYPE, json, KEY, refusal, under } from "../support/http.ts";
import { play, prepare } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";
import { alarmOf, remains } from "../support/storage.ts";

const ASYNC = "/v1/messages/async";

function post(body: string, id: string): Promise<Response> {
  return bare("POST", `${ASYNC}?message_id=${id}`, { headers: { ...KEY, ...JSON_TYPE }, body });
}

describe("the answer", () => {
  test("is the id, where the message stands, and a sentence", async () => {
    const { code, headers, body } = await start(prompt("simulated-1@0"));
    expect([code, headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(body).toEqual({
      message_id: expect.stringMatching(/^msg_/),
      status: "pending",
      message: "Message started.",
    });
  });

  test("names ids that nobody can guess, and never one twice", async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => start(prompt("simulated-1@0"))));
    const ids = all.map(({ body }) => body.message_id);
    for (const id of ids) expect(id).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("names the caller's own id", async () => {
    const id = uniqueId();
    expect((await start(prompt("simulated-1@0"), { id })).body.message_id).toBe(id);
    expect((await status(id)).body.message_id).toBe(id);
  });

  test("names the model that is meant where none is named", async () => {
    const { model: _, ...body } = prompt("");
    const id = uniqueId();
    expect((await start(body, { id })).code).toBe(200);
    expect((await status(id)).body.metadata.model).toBe("default");
  });
});

const FIRST = `{"model": "simulated-1@0", "messages": [{"role": "user", "content": "Tell me"}],
  "temperature": 1, "metadata": {"a": 1, "b": [1, 2]}, "stop_sequences": ["x", "y"]}`;

function change(from: string, to: string): string {
  const changed = FIRST.replace(from, to);
  if (changed === FIRST) throw new Error(`${from} is not there`);
  return changed;
}

describe("the same id again", () => {
  test.for<[string, string]>([
    ["the same bytes", FIRST],
    ["less space", JSON.stringify(JSON.parse(FIRST))],
    ["more space", JSON.stringify(JSON.parse(FIRST), null, "\t")],
    ["the fields turned around", turnAround(FIRST)],
    ["fields of fields turned around", change('"a": 1, "b": [1, 2]', '"b": [1, 2], "a": 1')],
    ["1.0 for 1", change('"temperature": 1', '"temperature": 1.0')],
    ["1e0 for 1", change('"temperature": 1', '"temperature": 1e0')],
    ["0.1e1 inside", change('"a": 1', '"a": 0.1e1')],
    ["a letter by its number", change("Tell me", "\\u0054ell me")],
    [
      "nulls",
      change('"temperature"', '"system": null, "tools": null, "top_p": null, "temperature"'),
    ],
    ["a null that nobody knows", change('"temperature"', '"unheard_of": null, "temperature"')],
    [
      "a field twice, the last one good",
      change('"temperature"', '"temperature": 2, "temperature"'),
    ],
  ])("is the same message, with %s", async ([, body]) => {
    const id = uniqueId();
    expect((await post(FIRST, id)).status).toBe(200);
    expect((await ended(id)).status).toBe("completed");
    const response = await post(body, id);
    expect([response.status, await response.json()]).toEqual([
      200,
      { message_id: id, status: "completed", message: "Message was started before." },
    ]);
    expect((await status(id)).body.metadata.attempts).toBe(1);
  });

  test.for<[string, string]>([
    ["model", change("simulated-1@0", "simulated-2@0")],
    ["text", change("Tell me", "tell me")],
    ["text by a space", change("Tell me", "Tell me ")],
    ["number", change('"temperature": 1', '"temperature": 0.9')],
    ["field less", change('"temperature": 1,', "")],
    ["field more", change('"temperature"', '"top_p": 1, "temperature"')],
    ["field more that nobody knows", change('"temperature"', '"new": 0, "temperature"')],
    ["order of a list", change('["x", "y"]', '["y", "x"]')],
    ["kind of value", change('"a": 1', '"a": "1"')],
    ["false for absent", change('"temperature"', '"stream": false, "temperature"')],
  ])("is refused with another body, which changes nothing: another %s", async ([, body]) => {
    const id = uniqueId();
    await post(FIRST, id);
    const before = await ended(id);
    const response = await post(body, id);
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { detail } = await refusal(response, 409, "conflict_error");
    expect(detail).toContain(id);
    expect((await status(id)).body).toEqual(before);
  });

  test("tells where the message stands meanwhile", async () => {
    const { id, body, open, requested } = await play([{ gate: "on" }, ...anthropicText(["a"])]);
    await requested();
    expect((await start(body, { id })).body.status).toBe("processing");
    await open("on");
    await ended(id);
    expect((await start(body, { id })).body.status).toBe("completed");
  });

  test("tells of a failure, and does not try again", async () => {
    const error = { type: "error", error: { type: "invalid_request_error", message: "no" } };
    const refused = { status: 400, steps: [{ send: JSON.stringify(error) }] };
    const { id, body, requests } = await play(refused, anthropicText(["a"]));
    await ended(id);
    expect((await start(body, { id })).body.status).toBe("error");
    expect(await requests()).toBe(1);
  });
});

function turnAround(body: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).reverse()));
}

test("a correlation id is told at the start, in the status and upstream", async () => {
  const correlation_id = `~ "${"x".repeat(250)}" ~`;
  const { id, body, requested } = prepare(anthropicText(["a"]));
  const { headers } = await start({ ...body, correlation_id }, { id });
  expect(headers.get("x-correlation-id")).toBe(correlation_id);
  const seen = await requested();
  expect(seen.requests[0]?.headers["x-correlation-id"]).toBe(correlation_id);
  const told = await status(id);
  expect(told.headers.get("x-correlation-id")).toBe(correlation_id);
  expect(told.body.metadata.correlation_id).toBe(correlation_id);
});

test("without a correlation id there is no header for it", async () => {
  const id = uniqueId();
  const { headers } = await start(prompt("simulated-1@0"), { id });
  expect([
    headers.get("x-correlation-id"),
    (await status(id)).headers.get("x-correlation-id"),
  ]).toEqual([null, null]);
});

test.for<[string, Record<string, number>, number | undefined, number]>([
  ["as long as it asks", { MAX_RETENTION_SECONDS: 100 }, 99, 99],
  ["no longer than the deployment allows", { MAX_RETENTION_SECONDS: 100 }, 101, 100],
  ["no longer, however long it asks", { MAX_RETENTION_SECONDS: 100 }, 2 ** 50, 100],
  ["as long as the deployment says", { RETENTION_SECONDS: 70 }, undefined, 70],
  ["longer than that where it asks", { RETENTION_SECONDS: 70 }, 80, 80],
  [
    "no longer than allowed by itself",
    { RETENTION_SECONDS: 9, MAX_RETENTION_SECONDS: 5 },
    undefined,
    5,
  ],
])("a message is kept after its end %s", async ([, settings, expires_after, seconds]) => {
  const id = uniqueId();
  const init = json({ ...prompt("simulated-1@0"), ...(expires_after && { expires_after }) });
  expect((await under(settings, "POST", `${ASYNC}?message_id=${id}`, init)).status).toBe(200);
  const { completed_at } = await ended(id);
  expect((await alarmOf(id)) ?? 0).toBe(Date.parse(completed_at ?? "") + seconds * 1000);
});

describe("too many at once", () => {
  /** A rate limit that says no, and what it was asked. */
  function refusing() {
    const asked: unknown[] = [];
    const limit = async (options: unknown) => {
      asked.push(options);
      return { success: false };
    };
    return { asked, STARTS: { limit } };
  }

  test.for([ASYNC, "/v1/messages"])("429 that says when to come back: POST %s", async (path) => {
    const { asked, STARTS } = refusing();
    const id = uniqueId();
    const init = json(prompt("simulated-1@0"));
    const response = await under({ STARTS }, "POST", `${path}?message_id=${id}`, init);
    expect(response.headers.get("retry-after")).toBe("60");
    await refusal(response, 429, "rate_limit_error");
    expect(asked).toEqual([{ key: "acme" }]);
    expect(await remains(id)).toEqual({ tables: [], alarm: null });
  });

  test("is counted for each tenant", async () => {
    const { asked, STARTS } = refusing();
    const init = json(prompt("simulated-1@0"), { authorization: "Bearer globex-key" });
    await refusal(await under({ STARTS }, "POST", ASYNC, init), 429, "rate_limit_error");
    expect(asked).toEqual([{ key: "globex" }]);
  });

  test("is not counted by what starts nothing", async () => {
    const { asked, STARTS } = refusing();
    const codes = [
      under({ STARTS }, "POST", ASYNC, json({ messages: [] })),
      under({ STARTS }, "POST", ASYNC, json(prompt("nobody"))),
      under({ STARTS }, "POST", ASYNC, json(prompt("simulated"), { authorization: "wrong" })),
      under({ STARTS }, "POST", "/v1/messages/validate", json(prompt("simulated"))),
      under({ STARTS }, "GET", `${ASYNC}/${uniqueId()}/status`, { headers: KEY }),
      under({ STARTS }, "GET", "/v1/models", { headers: KEY }),
    ].map(async (response) => (await response).status);
    expect(await Promise.all(codes)).toEqual([422, 422, 401, 200, 404, 200]);
    expect(asked).toEqual([]);
  });

  test.for<[string, unknown]>([
    ["there is room", { limit: async () => ({ success: true }) }],
    ["there is no limit", undefined],
  ])("starts where %s", async ([, STARTS]) => {
    const init = json(prompt("simulated-1@0"));
    expect((await under({ STARTS }, "POST", ASYNC, init)).status).toBe(200);
  });
});

test("what is not for this endpoint to do is no fault: `stream` is the other one's", async () => {
  const response = await send("POST", ASYNC, json({ ...prompt("simulated-1@0"), stream: true }));
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "application/json",
  ]);
});
