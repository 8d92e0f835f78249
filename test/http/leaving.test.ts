// A client of POST /v1/messages that goes away: it takes along a message that only it could name.

import { describe, expect, inject, test } from "vitest";
import { ended, observe, remove, status } from "../support/client.ts";
import { runLine } from "../support/console.ts";
import { bare, json, refusal } from "../support/http.ts";
import { expectInOrder, expectWhole, textOf } from "../support/laws.ts";
import { page, scripted } from "../support/mcp-script.ts";
import { Observation } from "../support/observation.ts";
import { prepare } from "../support/play.ts";
import { anthropicText, openGate, requested } from "../support/script.ts";

const SYNC = "/v1/messages";

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);
const SILENT = [{ gate: "on" }, ...anthropicText(["late"])];

function ask(body: unknown, { id, signal }: { id?: string; signal?: AbortSignal } = {}) {
  const path = id === undefined ? SYNC : `${SYNC}?message_id=${id}`;
  return bare("POST", path, { ...json(body), ...(signal && { signal }) });
}

describe("without an id of its own, upstream is left", () => {
  test.for([false, true])("before there is an answer (stream: %s)", async (stream) => {
    const { id, body, requested, aborted } = prepare(SILENT);
    const leaving = new AbortController();
    const asked = { ...body, stream, correlation_id: id };
    const response = ask(asked, { signal: leaving.signal });
    await requested();
    leaving.abort();
    await expect(response).rejects.toThrow();
    await aborted();
    expect((await runLine(id)).outcome).toBe("cancelled");
  });

  test.for([false, true])("before it has begun (stream: %s)", async (stream) => {
    const mcp = inject("mcp");
    const tools = page(["echo"]);
    const { id: server, url } = scripted(mcp, {
      "tools/list": [{ ...tools, steps: [{ gate: "on" }, ...tools.steps] }],
    });
    const [one, other] = [prepare(SILENT), prepare(SILENT)];
    const leaving = new AbortController();
    const { signal } = leaving;
    const asked = { ...one.body, stream, correlation_id: one.id };
    const responses = [
      ask({ ...asked, mcp_servers: [{ url, name: "slow" }] }, { signal }),
      ask(other.body, { signal }),
    ];
    await Promise.all([requested(mcp, server, 3), other.requested()]);
    leaving.abort();
    for (const response of responses) await expect(response).rejects.toThrow();
    await other.aborted(); // so the news has arrived
    await openGate(mcp, server, "on");
    expect((await runLine(one.id)).outcome).toBe("cancelled");
    expect(await one.requests()).toBe(0);
  });

  test("in the middle of a stream, and what there was is kept", async () => {
    const { body, aborted } = prepare(HELD);
    const response = await ask({ ...body, stream: true });
    const id = response.headers.get("message-id") ?? "";
    const observation = new Observation(response);
    await observation.take(3);
    await observation.close();
    await aborted();
    expect((await ended(id)).status).toBe("cancelled");
    const log = await (await observe("sse", id)).rest();
    expectWhole(log);
    expect(textOf(log)).toBe("Once");
  });

  test("in the middle of a stream, by abort", async () => {
    const { body, aborted } = prepare(HELD);
    const leaving = new AbortController();
    const response = await ask({ ...body, stream: true }, { signal: leaving.signal });
    const id = response.headers.get("message-id") ?? "";
    await new Observation(response).take(3);
    leaving.abort();
    await aborted();
    expect((await ended(id)).status).toBe("cancelled");
  });

  test("also where the length of its body was not known", async () => {
    const { id, body, requested, aborted } = prepare(SILENT);
    const leaving = new AbortController();
    const { headers, body: text } = json({ ...body, correlation_id: id });
    const init = { headers, body: new Response(text as string).body, signal: leaving.signal };
    const response = bare("POST", SYNC, init as RequestInit);
    await requested();
    leaving.abort();
    await expect(response).rejects.toThrow();
    await aborted();
    expect((await runLine(id)).outcome).toBe("cancelled");
  });

  test("not once it has everything: the end stands", async () => {
    const { body } = prepare(anthropicText(["whole"]));
    const response = await ask({ ...body, stream: true });
    const id = response.headers.get("message-id") ?? "";
    const observation = new Observation(response);
    await ended(id);
    await observation.take(2);
    await observation.close();
    expect((await status(id)).body.status).toBe("completed");
  });
});

describe("with an id of its own, the message goes on", () => {
  test.for([false, true])("left before there is an answer (stream: %s)", async (stream) => {
    const [own, other] = [prepare(SILENT), prepare(SILENT)];
    const leaving = new AbortController();
    const { signal } = leaving;
    const responses = [
      ask({ ...own.body, stream }, { id: own.id, signal }),
      ask({ ...other.body, stream }, { signal }),
    ];
    await Promise.all([own.requested(), other.requested()]);
    leaving.abort();
    for (const response of responses) await expect(response).rejects.toThrow();
    await other.aborted(); // so the news has arrived
    expect((await status(own.id)).body.status).toBe("processing");
    await own.open("on");
    const { status: state, metadata } = await ended(own.id);
    expect([state, metadata.observers]).toEqual(["completed", 0]);
  });

  test("left in the middle of a stream", async () => {
    const { id, body, open } = prepare(HELD);
    const observation = new Observation(await ask({ ...body, stream: true }, { id }));
    await observation.take(3);
    await observation.close();
    await expect
      .poll(async () => (await status(id)).body.metadata.observers, { interval: 5 })
      .toBe(0);
    await open("on");
    expect((await ended(id)).status).toBe("completed");
  });

  test("left by one of two", async () => {
    const { id, body, open } = prepare(HELD);
    const streamed = { ...body, stream: true };
    const one = new Observation(await ask(streamed, { id }));
    const two = new Observation(await ask(streamed, { id }));
    await Promise.all([one.take(3), two.take(3)]);
    await one.close();
    await open("on");
    expectWhole(await two.rest(), 3);
  });
});

describe("deleted meanwhile by somebody else", () => {
  test("a stream ends in order", async () => {
    const { id, body, aborted } = prepare(HELD);
    const observation = new Observation(await ask({ ...body, stream: true }, { id }));
    await observation.take(3);
    expect((await remove(id)).code).toBe(204);
    await aborted();
    expectInOrder(await observation.rest(), 3);
  });

  test.for([false, true])("one who waits is told that it is gone (stream: %s)", async (stream) => {
    const { id, body, requested } = prepare(SILENT);
    const response = ask({ ...body, stream }, { id });
    await requested();
    expect((await remove(id)).code).toBe(204);
    const { detail } = await refusal(await response, 404, "not_found_error");
    expect(detail).toContain(id);
  });
});
