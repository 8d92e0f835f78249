// POST /v1/messages: the answer itself, as JSON or as a stream, on the same message and log.

import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { ended, message, observe, prompt, start, status } from "../support/client.ts";
import { runLine } from "../support/console.ts";
import { bare, json, refusal } from "../support/http.ts";
import { expectWhole, textOf } from "../support/laws.ts";
import { Observation } from "../support/observation.ts";
import { LINGER, prepare } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

const SYNC = "/v1/messages";

function ask(body: unknown, id?: string): Promise<Response> {
  return bare("POST", id === undefined ? SYNC : `${SYNC}?message_id=${id}`, json(body));
}

function idOf(response: Response): string {
  return response.headers.get("message-id") ?? "";
}

describe("as JSON", () => {
  test.for([undefined, false, null])(
    "the whole message, under its id (stream: %s)",
    async (stream) => {
      const response = await ask({
        ...prompt("simulated-7@0"),
        ...(stream !== undefined && { stream }),
      });
      expect([response.status, response.headers.get("content-type")]).toEqual([
        200,
        "application/json",
      ]);
      const answer = await response.json();
      expect(answer).toMatchObject({
        id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
        type: "message",
        role: "assistant",
        model: "simulated-7@0",
        stop_reason: "end_turn",
        usage: { output_tokens: 7 },
      });
      expect(answer).toMatchObject({ id: idOf(response) });
      expect((await message(idOf(response))).body).toEqual({
        ...(answer as object),
        status: "completed",
      });
    },
  );

  test("only when it is whole", async () => {
    const { id, body, open, requested } = prepare(anthropicText(["a", { gate: "on" }, "b"]));
    let answered = false;
    const response = ask(body, id).finally(() => {
      answered = true;
    });
    await requested();
    await (await observe("sse", id)).take(3);
    expect(answered).toBe(false);
    await open("on");
    expect(await (await response).json()).toMatchObject({ id, content: [{ text: "ab" }] });
  });

  test("also of one that somebody cancels meanwhile: what there is of it", async () => {
    const { id, body, aborted } = prepare(anthropicText(["a", { gate: "never" }]));
    const response = ask(body, id);
    await expect
      .poll(async () => (await status(id)).body.metadata?.last_event_id, { interval: 5 })
      .toBe(3);
    await bare("POST", `${SYNC}/async/${id}/cancel`, json({}));
    await aborted();
    const answer = await (await response).json();
    expect(answer).toMatchObject({ content: [{ text: "a" }], stop_reason: "cancelled" });
  });
});

describe("an object that is lost before it has answered is asked again", () => {
  const LOST = [{ gate: "never" }];

  /** As the platform takes an object away: who has called it is told that. */
  async function loseAll(): Promise<void> {
    for (const id of await listDurableObjectIds(env.MESSAGES)) {
      const losing = runInDurableObject(env.MESSAGES.get(id), (_, ctx) => ctx.abort("lost"));
      await expect(losing).rejects.toThrow("lost");
    }
  }

  test.for([false, true])("and the message is one (stream: %s)", async (stream) => {
    const { body, requested, requests } = prepare(LOST, anthropicText(["whole"]));
    const response = ask({ ...body, stream, on_interrupt: "restart" });
    await requested();
    await loseAll();
    const answered = await response;
    expect(answered.status).toBe(200);
    const id = idOf(answered);
    if (stream) expect(textOf(await new Observation(answered).rest())).toBe("whole");
    else expect(await answered.json()).toMatchObject({ id, content: [{ text: "whole" }] });
    expect((await ended(id)).metadata.attempts).toBe(2);
    expect(await requests()).toBe(2);
  });

  test("and who leaves then still takes along what only it could name", async () => {
    const { id, body, requested, aborted } = prepare(LOST, LINGER);
    const leaving = new AbortController();
    const asked = { ...body, on_interrupt: "restart", correlation_id: id };
    const init = { ...json(asked), signal: leaving.signal };
    const response = bare("POST", SYNC, init);
    await requested();
    await loseAll();
    await requested(2);
    leaving.abort();
    await expect(response).rejects.toThrow();
    await aborted();
    expect((await runLine(id)).outcome).toBe("cancelled");
  });
});

describe("as a stream", () => {
  test("the very events that observers get, under the id in the header", async () => {
    const response = await ask({ ...prompt("simulated-20@400"), stream: true });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const id = idOf(response);
    expect(id).toMatch(/^msg_[0-9a-f]{32}$/);
    const others = ["sse", "websocket"] as const;
    const [log = [], ...seen] = await Promise.all([
      new Observation(response).rest(),
      ...others.map(async (transport) => (await observe(transport, id)).rest()),
    ]);
    expectWhole(log);
    expect(log).toHaveLength(25);
    expect(JSON.parse(log[0]?.data ?? "")).toMatchObject({ message: { id } });
    expect(seen).toEqual([log, log]);
  });

  test("begins with the first event, not with the last", async () => {
    const { id, body, open } = prepare(anthropicText(["a", { gate: "on" }, "b"]));
    const observation = new Observation(await ask({ ...body, stream: true }, id));
    expect(textOf(await observation.take(3))).toBe("a");
    expect((await status(id)).body.status).toBe("processing");
    await open("on");
    expectWhole(await observation.rest(), 3);
  });

  test("cut off, it goes on elsewhere from the last id", async () => {
    const { id, body, open } = prepare(anthropicText(["a", { gate: "on" }, "b"]));
    const observation = new Observation(await ask({ ...body, stream: true }, id));
    await observation.take(3);
    await observation.close();
    await open("on");
    for (const transport of ["sse", "websocket"] as const) {
      const rest = await (await observe(transport, id, { after: 3 })).rest();
      expectWhole(rest, 3);
      expect(textOf(rest)).toBe("b");
    }
  });
});

describe("the same id again", () => {
  test("is the same message, run once: JSON, at once and later", async () => {
    const { id, body, requests } = prepare(anthropicText(["only"]));
    const both = await Promise.all([ask(body, id), ask(body, id)]);
    const [one, two, later] = await Promise.all(
      [...both, await ask(body, id)].map((response) => response.json()),
    );
    expect(one).toMatchObject({ id, content: [{ text: "only" }] });
    expect([two, later]).toEqual([one, one]);
    expect(await requests()).toBe(1);
  });

  test("is the same message, run once: a stream, at once and later", async () => {
    const { id, body, requests } = prepare(anthropicText(["on", "ly"]));
    const streamed = { ...body, stream: true };
    const both = await Promise.all([ask(streamed, id), ask(streamed, id)]);
    const all = [...both, await ask(streamed, id)];
    const [one, two, later] = await Promise.all(all.map((response) => response.text()));
    expect(one).toContain("message_stop");
    expect([two, later]).toEqual([one, one]);
    expect(await requests()).toBe(1);
  });

  test("is the message that was started asynchronously", async () => {
    const { id, body, requests } = prepare(anthropicText(["only"]));
    await start(body, { id });
    expect(await (await ask(body, id)).json()).toMatchObject({ id, content: [{ text: "only" }] });
    expect((await start(body, { id })).body.message).toBe("Message was started before.");
    expect(await requests()).toBe(1);
  });

  test("is refused with another body", async () => {
    const { id, body } = prepare(anthropicText(["only"]));
    await ask(body, id);
    const response = await ask({ ...body, stream: true }, id);
    expect(response.headers.get("x-should-retry")).toBe("false");
    await refusal(response, 409, "conflict_error");
  });
});

test("a message that was answered is one like any other", async () => {
  const response = await ask(prompt("simulated-3@0"));
  const id = idOf(response);
  await response.text();
  expect((await ended(id)).metadata).toMatchObject({ last_event_id: 8, attempts: 1 });
  expect((await bare("DELETE", `${SYNC}/async/${id}`, json({}))).status).toBe(204);
  expect((await status(id)).code).toBe(404);
});

test("one that cannot be started names no message; one that is long is started", async () => {
  const { id, body } = prepare(anthropicText(["Once"]));
  expect(idOf(await ask({ ...body, model: "nobody" }, id))).toBe("");
  const said = { role: "user", content: "long ".repeat(2_500_000) };
  const long = await ask({ ...body, messages: [said, ...body.messages] }, id);
  expect(await long.json()).toMatchObject({ id, content: [{ text: "Once" }] });
  const taken = await ask(body, id);
  expect(idOf(taken)).toBe("");
  await refusal(taken, 409, "conflict_error");
});
