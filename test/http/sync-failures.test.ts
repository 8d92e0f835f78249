// POST /v1/messages when it fails: an HTTP error where nothing was said yet, an event afterwards.

import { describe, expect, test } from "vitest";
import { message, prompt, status } from "../support/client.ts";
import { bare, json, refusal } from "../support/http.ts";
import { expectWhole, textOf } from "../support/laws.ts";
import { Observation } from "../support/observation.ts";
import { prepare } from "../support/play.ts";
import { type Answer, anthropicEvent, anthropicText } from "../support/script.ts";

const SYNC = "/v1/messages";

function ask(body: unknown, id?: string): Promise<Response> {
  return bare("POST", id === undefined ? SYNC : `${SYNC}?message_id=${id}`, json(body));
}

function idOf(response: Response): string {
  return response.headers.get("message-id") ?? "";
}

/** An upstream that refuses, and says that there is no point in trying again. */
function refusing(status: number, type: string, headers: Record<string, string> = {}): Answer {
  const body = { type: "error", error: { type, message: `emulated ${status}` } };
  const steps = [{ send: JSON.stringify(body) }];
  return { status, steps, headers: { "x-should-retry": "false", ...headers } };
}

describe.each([false, true])("a failure before the first event (stream: %s)", (stream) => {
  test.for<[status: number, type: string, answered: number]>([
    [400, "invalid_request_error", 400],
    [401, "authentication_error", 401],
    [403, "permission_error", 403],
    [404, "not_found_error", 404],
    [413, "request_too_large", 413],
    [429, "rate_limit_error", 429],
    [500, "api_error", 500],
    [503, "overloaded_error", 529],
    [504, "timeout_error", 504],
    [529, "overloaded_error", 529],
    [418, "teapot_error", 400],
    [599, "teapot_error", 500],
  ])("is answered as upstream did: %i %s as %i", async ([code, type, answered]) => {
    const { id, body } = prepare(refusing(code, type));
    const response = await ask({ ...body, stream }, id);
    const told = { 418: "invalid_request_error", 599: "api_error" }[code] ?? type;
    expect(idOf(response)).toBe(id);
    expect(response.headers.get("www-authenticate")).toBeNull();
    const { error } = await refusal(response, answered, told);
    expect(error.message).toBe(`emulated ${code}`);
    expect((await status(id)).body).toMatchObject({
      status: "error",
      error_message: error.message,
    });
  });

  test("says when to come back, where upstream did, now and later", async () => {
    const { id, body } = prepare(refusing(429, "rate_limit_error", { "retry-after": "99" }));
    for (const _ of ["now", "later"]) {
      const response = await ask({ ...body, stream }, id);
      expect(response.headers.get("retry-after")).toBe("99");
      await refusal(response, 429, "rate_limit_error");
    }
  });

  test("is no failure where another try goes well", async () => {
    const again = { ...refusing(529, "overloaded_error"), headers: { "retry-after-ms": "1" } };
    const { id, body, requests } = prepare(again, anthropicText(["at last"]));
    const response = await ask({ ...body, stream }, id);
    expect([response.status, await requests()]).toEqual([200, 2]);
    expect(await response.text()).toContain("at last");
  });
});

describe("a failure in the middle", () => {
  const overloaded = { type: "overloaded_error", message: "emulated" };
  const broken = anthropicText([
    "Once",
    anthropicEvent({ type: "error", error: overloaded }),
    " upon",
  ]);

  test("is the last event of a stream", async () => {
    const { id, body } = prepare(broken);
    const log = await new Observation(await ask({ ...body, stream: true }, id)).rest();
    expectWhole(log);
    expect(textOf(log)).toBe("Once");
    expect(JSON.parse(log.at(-1)?.data ?? "")).toEqual({
      type: "error",
      error: overloaded,
      request_id: expect.stringMatching(/^req_[0-9a-f]{32}$/),
    });
  });

  test("is told again, as a stream, to one who asks again", async () => {
    const { id, body, requests } = prepare(broken);
    const streamed = { ...body, stream: true };
    const [first, again] = [await ask(streamed, id), await ask(streamed, id)];
    const told = await first.text();
    expect(told).toContain("event: error");
    expect(await again.text()).toBe(told);
    const late = await ask(streamed, id);
    expect([late.status, await late.text()]).toEqual([200, told]);
    expect(await requests()).toBe(1);
  });

  test("is the answer where JSON was asked for, and what there was is kept", async () => {
    const { id, body } = prepare(broken);
    const { error } = await refusal(await ask(body, id), 529, "overloaded_error");
    expect(error).toEqual(overloaded);
    expect((await message(id)).body).toMatchObject({
      status: "error",
      content: [{ text: "Once" }],
    });
  });
});

test("nothing of a faulty request is answered by an upstream, streamed or not", async () => {
  for (const stream of [false, true]) {
    const response = await ask({ ...prompt("simulated-1@0"), top_p: 7, stream });
    expect(idOf(response)).toBe("");
    await refusal(response, 422, "invalid_request_error");
  }
});

test("the correlation id is in the answer, streamed or not, refused or not", async () => {
  const refused = prepare(refusing(400, "invalid_request_error")).body;
  for (const stream of [false, true]) {
    for (const body of [prompt("simulated-1@0"), refused]) {
      const response = await ask({ ...body, stream, correlation_id: "trace-7" });
      expect(response.headers.get("x-correlation-id")).toBe("trace-7");
      await response.text();
    }
  }
});
